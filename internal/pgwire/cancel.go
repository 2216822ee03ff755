package pgwire

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
)

// cancel passes a client's wish to stop on, if it knows the session's number and
// secret, which are ours and not the database's. There is no answer either way.
func (p *Port) cancel(ctx context.Context, body []byte) {
	if len(body) != 8 {
		return
	}
	p.mu.Lock()
	s := p.sessions[binary.BigEndian.Uint32(body)]
	p.mu.Unlock()
	if s == nil || subtle.ConstantTimeCompare(s.secret[:], body[4:]) != 1 {
		return
	}
	_ = s.db.cancel(ctx)
}
