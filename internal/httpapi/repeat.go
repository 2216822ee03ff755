package httpapi

// unrepeatable are the POST routes that take no Idempotency-Key, and why. A key that
// had no effect would let a caller believe that he may send again: it is refused.
var unrepeatable = map[string]string{
	// They spend a one-time code or a ceremony, or answer a secret. Nobody keeps the
	// answer, and what was spent is gone.
	"/v1/sessions":                spends,
	"/v1/sign-in/passkey/options": spends,
	"/v1/sign-in/passkey":         spends,
	"/v1/sign-in/password":        spends,
	"/v1/password":                spends,
	"/v1/passkeys/options":        spends,
	"/v1/passkeys":                spends,
	"/v1/step-up/options":         spends,
	"/v1/step-up":                 spends,
	"/v1/people/{id}/code":        spends,
	"/v1/tokens":                  spends,
	"/v1/postgres/logins":         spends,
	"/v1/ledger/samples":          spends,
	"/v1/ledger/forgettings":      spends,
	// Sent twice they do what they did once.
	"/v1/watermark-reports":          settles,
	"/v1/people/{id}/sessions":       settles,
	"/v1/postgres/enrolments":        settles,
	"/v1/postgres/enrolments/undo":   settles,
	"/v1/postgres/subjects":          settles,
	"/v1/postgres/logins/{name}/end": settles,
	"/v1/postgres/sessions/{id}/end": settles,
	// They change nothing.
	"/v1/postgres/checks":      asks,
	"/v1/questions/saw":        asks,
	"/v1/questions/changes":    asks,
	"/v1/questions/coverage":   asks,
	"/v1/questions/written":    asks,
	"/v1/found-files/matching": "The file is read as it comes: nobody knows its hash before.",
}

const (
	spends  = "It spends a one-time code or a ceremony, or answers a secret that nobody keeps: begin anew instead."
	settles = "Sent twice it does what it did once."
	asks    = "It changes nothing: ask again."
)

// repeatable reports whether the route takes an Idempotency-Key.
func (rt *route) repeatable() bool { return unrepeatable[rt.path] == "" }
