package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/proof"
)

func initCommand(f *flags) action {
	places := f.Places()
	title, origin := f.String("title", ""), f.String("origin", "")
	dsn, schema := f.String("postgres", ""), f.String("schema", "")
	return func(ctx context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		fields, err := readSchema(*schema)
		if err != nil {
			return err
		}
		if *dsn == "" {
			*dsn = c.Getenv("GOLDBELL_POSTGRES")
		}
		made, err := server.Init(ctx, server.InitOptions{
			Places: p, Title: *title, Origin: *origin, DSN: *dsn, Schema: fields, Clock: c.Clock,
		})
		if err != nil {
			return err
		}
		return c.answer(made, func(w io.Writer) {
			c.say(w, "init-done", made.Data)
			c.say(w, "init-places", made.Keys, made.Keeper)
			c.say(w, "init-policy", made.Policy)
			c.say(w, "root-"+made.RootKey)
			c.say(w, "init-code", made.SetupCode)
		})
	}
}

// readSchema reads the company's own fields; "" means the registration fields.
func readSchema(path string) (pii.Schema, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fail(exitUsage, "file-unreadable")
	}
	var s pii.Schema
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if dec.Decode(&s) != nil || s.Check() != nil {
		return nil, fail(exitUsage, "bad-schema")
	}
	return s, nil
}

func serveCommand(f *flags) action {
	places := f.Places()
	listen, metrics := f.String("listen", "127.0.0.1:8470"), f.String("metrics", "")
	port, cert, key := f.String("pg-listen", ""), f.String("pg-cert", ""), f.String("pg-key", "")
	return func(ctx context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		log := slog.New(slog.NewJSONHandler(c.Stderr, nil))
		srv, err := server.Open(ctx, server.Options{Places: p, Clock: c.Clock, Log: log, Console: c.Console})
		if err != nil {
			return err
		}
		err = srv.Serve(ctx, server.ServeOptions{Listen: *listen, Metrics: *metrics, Port: server.PortOptions{
			Listen: *port, Certificate: *cert, Key: *key,
		}, Ready: func(addr string) {
			url := "http://" + addr
			_ = c.answer(map[string]string{"url": url, "root_key": rootKey}, func(w io.Writer) {
				c.say(w, "serve-ready", url)
				c.say(w, "root-"+rootKey)
			})
		}})
		return errors.Join(err, srv.Close())
	}
}

// rootKey is how the root key is held, which `serve` must say: so far in a file.
const rootKey = proof.RootKeyFile

func tokenCommand(f *flags) action {
	places := f.Places()
	name, scope, code := f.String("name", ""), f.String("scope", ""), f.String("code", "")
	return func(ctx context.Context, c *call) (err error) {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		for flag, value := range map[string]string{"name": *name, "scope": *scope, "code": *code} {
			if value == "" {
				return usage("flag-missing", flag, "token create")
			}
		}
		*code = c.codeGiven(*code)
		api, err := c.connect(ctx, p)
		if err != nil {
			return err
		}
		defer api.close(&err)
		api.token = "" // the code is what speaks, not whoever is signed in
		var made struct {
			Token    string `json:"token"`
			Person   string `json:"person"`
			Until    string `json:"until"`
			NextCode string `json:"next_code"`
		}
		in := map[string]string{"code": *code, "name": *name, "scope": *scope}
		if err := api.call(ctx, "/v1/tokens", "", in, &made); err != nil {
			return err
		}
		return c.answer(made, func(w io.Writer) {
			c.say(w, "token-done", made.Person, *scope, made.Until, made.Token)
			c.say(w, "token-next", made.NextCode)
		})
	}
}

// codeGiven is a one-time code from the command line, or with - from standard input.
func (c *call) codeGiven(code string) string {
	if code != "-" {
		return code
	}
	line, _ := bufio.NewReader(io.LimitReader(c.Stdin, 256)).ReadString('\n')
	return strings.TrimSpace(line)
}
