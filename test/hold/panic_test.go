package hold

func panicking(job) error { return nil }
func hardened() int       { return 0 }
