package server

import "runtime/debug"

// SpareCollector lets garbage grow, up to a heap of limit bytes, for work that makes
// much, keeps little and is over soon: an import spends a tenth of its time on it. It
// returns what puts the settings back.
func SpareCollector(limit int64) (restore func()) {
	percent, was := debug.SetGCPercent(400), debug.SetMemoryLimit(limit)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(was)
	}
}
