package witness

import "errors"

// FailWrites makes the server's disk refuse every write.
func (s *Server) FailWrites() {
	s.save = func(map[string]seen) error { return errors.New("no space") }
}

// Due reports whether a round should begin now.
func (c *Client) Due() bool { return c.due() }
