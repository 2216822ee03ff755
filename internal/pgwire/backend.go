package pgwire

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/goldbell/goldbell/internal/enrolment"
)

const keepIdle = 15 * time.Second

// pinned are settings that a session starts with and may not change: what the
// server reports of them is watched.
var pinned = map[string]string{"client_encoding": "UTF8", "standard_conforming_strings": "on"}

// backend is one connection to the enrolled database, as the role of a person.
type backend struct {
	conn     net.Conn
	hijacked *pgconn.HijackedConn
	settings map[string]string // as the server reported them
}

// dial connects as the role of a person.
func dial(ctx context.Context, dsn string, h hello) (*backend, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, problem{severity: fatal, state: "57P03", id: "pg-backend"}
	}
	if h.database != "" && h.database != config.Database && h.database != h.user {
		return nil, problem{severity: fatal, state: "3D000", id: "pg-database"}
	}
	config.RuntimeParams = map[string]string{}
	for name, value := range h.settings {
		config.RuntimeParams[name] = value
	}
	for name, value := range pinned {
		config.RuntimeParams[name] = value
	}
	config.RuntimeParams["search_path"] = enrolment.ViewSchema
	c, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, dialProblem(err)
	}
	if err := c.SyncConn(ctx); err != nil {
		_ = c.Close(ctx)
		return nil, problem{severity: fatal, state: "57P03", id: "pg-backend"}
	}
	hijacked, err := c.Hijack()
	if err != nil {
		_ = c.Close(ctx)
		return nil, problem{severity: fatal, state: "57P03", id: "pg-backend"}
	}
	for name, value := range pinned {
		if hijacked.ParameterStatuses[name] != value {
			_ = hijacked.Conn.Close()
			return nil, problem{severity: fatal, state: "57P03", id: "pg-backend"}
		}
	}
	return &backend{conn: hijacked.Conn, hijacked: hijacked, settings: hijacked.ParameterStatuses}, nil
}

// dialProblem keeps the class of a failure and drops its text, which names hosts and
// roles.
func dialProblem(err error) problem {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch {
		case refused.Code == "53300":
			return problem{severity: fatal, state: "53300", id: "pg-backend-full"}
		case strings.HasPrefix(refused.Code, "22"): // a start-up setting
			return problem{severity: fatal, state: "22023", id: "pg-startup"}
		}
	}
	return problem{severity: fatal, state: "57P03", id: "pg-backend"}
}

// cancel asks the server to stop what the connection is doing.
func (b *backend) cancel(ctx context.Context) error {
	c, err := pgconn.Construct(b.hijacked)
	if err != nil {
		return err
	}
	return c.CancelRequest(ctx)
}
