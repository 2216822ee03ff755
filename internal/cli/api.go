package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

// api talks to the server that owns a data directory. It is safe for concurrent use.
type api struct {
	client *server.Client
	token  string
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 20

// connect reaches the server of the data directory, or starts it in this process.
func (c *call) connect(ctx context.Context, p server.Places) (*api, error) {
	client, err := server.Connect(ctx, p)
	if err != nil {
		return nil, err
	}
	return &api{client: client, token: c.Getenv("GOLDBELL_TOKEN")}, nil
}

// withToken is connect for commands that act as somebody: without a token they are
// refused before anything is opened.
func (c *call) withToken(ctx context.Context, p server.Places) (*api, error) {
	if c.Getenv("GOLDBELL_TOKEN") == "" {
		return nil, fail(exitRefused, "no-token")
	}
	return c.connect(ctx, p)
}

// close ends the connection; a server in this process writes what it still holds,
// so its failure is the command's.
func (a *api) close(err *error) {
	if e := a.client.Close(); e != nil && *err == nil {
		*err = e
	}
}

// call posts an object and decodes the answer.
func (a *api) call(ctx context.Context, path, key string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fault.New(fault.Internal, "internal", "")
	}
	return a.post(ctx, path, key, body, out)
}

// post sends a body and decodes the answer into out; anything but success is a
// *problem. key is the Idempotency-Key, or "".
func (a *api) post(ctx context.Context, path, key string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.client.Base+path, bytes.NewReader(body))
	if err != nil {
		return fault.New(fault.Internal, "internal", "")
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return a.send(req, out)
}

func (a *api) send(req *http.Request, out any) error {
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := a.client.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fail(exitUnavailable, "server-silent")
	}
	if res.StatusCode/100 != 2 {
		p := &problem{Status: res.StatusCode}
		if json.Unmarshal(answer, p) != nil || p.Code == "" {
			p.Code = "internal"
		}
		p.Status = res.StatusCode
		return p
	}
	if out == nil {
		return nil
	}
	if json.Unmarshal(answer, out) != nil {
		return fail(exitUnavailable, "server-silent")
	}
	return nil
}

// pauses are the waits before a request is repeated when the server did not answer
// or could not record. Only requests with an Idempotency-Key may be repeated.
var pauses = []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second}

// retry posts until the server answers something else than "not now".
func (a *api) retry(ctx context.Context, path, key string, body []byte, out any) error {
	for n := 0; ; n++ {
		err := a.post(ctx, path, key, body, out)
		if n == len(pauses) || !isTransient(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pauses[n]):
		}
	}
}

func isTransient(err error) bool {
	if p, ok := err.(*problem); ok {
		return p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests || p.Code == "stale"
	}
	return isNetwork(err)
}
