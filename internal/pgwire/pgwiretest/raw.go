// Package pgwiretest plays statements and raw messages to a PostgreSQL port and
// keeps every byte that comes back, for tests that compare two worlds.
//
// It is for tests only, and speaks the protocol badly on purpose where a test asks.
package pgwiretest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// patience bounds every wait for the port.
const patience = 20 * time.Second

// Client is a connection that has signed in and speaks in raw messages.
type Client struct {
	Conn   net.Conn
	PID    uint32
	Secret []byte
	// Got is all that came back since the sign-in.
	Got []byte
}

// Dial signs in.
func Dial(dsn string) (*Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := c.SyncConn(ctx); err != nil {
		return nil, err
	}
	h, err := c.Hijack()
	if err != nil {
		return nil, err
	}
	return &Client{Conn: h.Conn, PID: h.PID, Secret: h.SecretKey}, nil
}

// Close ends the connection without a word.
func (c *Client) Close() { _ = c.Conn.Close() }

// Message makes a message of a type and its contents: strings end in a zero byte,
// int16, int32 and bytes go as they are.
func Message(kind byte, parts ...any) []byte {
	b := []byte{kind, 0, 0, 0, 0}
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(append(b, p...), 0)
		case int16:
			b = binary.BigEndian.AppendUint16(b, uint16(p))
		case int32:
			b = binary.BigEndian.AppendUint32(b, uint32(p))
		case byte:
			b = append(b, p)
		case []byte:
			b = append(b, p...)
		default:
			panic("pgwiretest: a part of no known type")
		}
	}
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)-1))
	return b
}

// Send writes messages as one.
func (c *Client) Send(messages ...[]byte) {
	var all []byte
	for _, m := range messages {
		all = append(all, m...)
	}
	_ = c.Conn.SetWriteDeadline(time.Now().Add(patience))
	_, _ = c.Conn.Write(all) // a port that hung up is seen when reading
}

// Until reads up to n messages of a type; false if the port hung up before.
func (c *Client) Until(kind byte, n int) bool {
	for n > 0 {
		m, err := c.Next()
		if err != nil {
			return false
		}
		if m[0] == kind {
			n--
		}
	}
	return true
}

// Next reads one message.
func (c *Client) Next() ([]byte, error) {
	_ = c.Conn.SetReadDeadline(time.Now().Add(patience))
	var head [5]byte
	if _, err := io.ReadFull(c.Conn, head[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.Got = append(c.Got, "\n[nothing came]"...)
		}
		return nil, err
	}
	m := make([]byte, int(binary.BigEndian.Uint32(head[1:]))+1)
	copy(m, head[:])
	if _, err := io.ReadFull(c.Conn, m[5:]); err != nil {
		return nil, err
	}
	c.Got = append(c.Got, m...)
	return m, nil
}

// Query plays one simple query.
func (c *Client) Query(sql string) bool {
	c.Send(Message('Q', sql))
	return c.Until('Z', 1)
}

// Level puts zeros where a RowDescription names tables by number and a notification the
// process it comes from: these depend on which sessions ran before.
func Level(got []byte) []byte {
	out := append([]byte(nil), got...)
	for m := out; len(m) >= 5; {
		size := int(binary.BigEndian.Uint32(m[1:])) + 1
		if size < 5 || size > len(m) {
			return out
		}
		if m[0] == 'T' && size >= 7 {
			level(m[7:size])
		}
		if m[0] == 'A' && size >= 9 {
			clear(m[5:9])
		}
		m = m[size:]
	}
	return out
}

// firstNormal is the first number that is given to what is not part of PostgreSQL.
const firstNormal = 16384

func level(columns []byte) {
	for {
		end := bytes.IndexByte(columns, 0)
		if end < 0 || len(columns) < end+19 {
			return
		}
		clear(columns[end+1 : end+5])
		if binary.BigEndian.Uint32(columns[end+7:]) >= firstNormal { // a type of the session's own
			clear(columns[end+7 : end+11])
		}
		columns = columns[end+19:]
	}
}
