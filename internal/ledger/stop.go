package ledger

// Stop refuses every Append from now on with err, until the process ends. Whoever
// calls it sees to it that the next process is stopped too.
func (l *Ledger) Stop(err error) { l.halt(err) }

// Hold refuses every Append with err until it is called with nil. It does not undo
// a Stop.
func (l *Ledger) Hold(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = err
}
