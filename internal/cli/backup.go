package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/goldbell/goldbell/internal/archive"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

func backupCommand(f *flags) action {
	places := f.Places()
	to, recipients := f.String("to", ""), f.Strings("recipient")
	return func(ctx context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		for flag, missing := range map[string]bool{"to": *to == "", "recipient": len(*recipients) == 0} {
			if missing {
				return usage("flag-missing", flag, "backup")
			}
		}
		keys, err := recipientKeys(*recipients)
		if err != nil {
			return err
		}
		bar := newProgress(c, "bar-backup", 0)
		made, err := server.Backup(ctx, server.BackupOptions{
			Places: p, To: *to, Recipients: keys, Clock: c.Clock, Progress: bar.set,
		})
		bar.end()
		if err != nil {
			return err
		}
		return c.answer(made, func(w io.Writer) {
			c.say(w, "backup-done", made.File, made.Bytes)
			c.say(w, "backup-holds", made.Entries, made.Origin, made.Rows)
			c.say(w, "backup-opens", made.OpensUntil)
			c.say(w, "backup-keys")
		})
	}
}

// recipientKeys reads keys that were given as text, or as files with one per line.
func recipientKeys(given []string) (string, error) {
	var all strings.Builder
	for _, g := range given {
		if !strings.HasPrefix(g, "age1") {
			b, err := os.ReadFile(g)
			if err != nil {
				return "", fault.New(fault.Invalid, "bad-recipient", "--recipient")
			}
			g = string(b)
		}
		all.WriteString(strings.TrimSpace(g) + "\n")
	}
	return all.String(), nil
}

// keyMade is what `backup key --json` prints; the secret is in the file only.
type keyMade struct {
	Identity  string `json:"identity"`
	Recipient string `json:"recipient"`
}

func backupKeyCommand(f *flags) action {
	to := f.String("to", "")
	return func(_ context.Context, c *call) error {
		if *to == "" {
			return usage("flag-missing", "to", "backup key")
		}
		secret, public, err := archive.NewIdentity()
		if err != nil {
			return err
		}
		made := keyMade{Identity: *to, Recipient: *to + ".pub"}
		for _, x := range []struct {
			file, text string
			mode       os.FileMode
		}{{made.Identity, secret, 0o600}, {made.Recipient, public, 0o644}} {
			if err := writeNewFile(x.file, x.text, x.mode); err != nil {
				return err
			}
		}
		return c.answer(made, func(w io.Writer) { c.say(w, "backup-key", made.Identity, made.Recipient) })
	}
}

func writeNewFile(name, text string, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if errors.Is(err, os.ErrExist) {
		return fault.New(fault.Conflict, "backup-exists", "--to")
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return fault.New(fault.Unavailable, "backup-unwritable", "--to")
	}
	return nil
}

func restoreCommand(f *flags) action {
	places := f.Places()
	identity, code := f.String("identity", ""), f.String("code", "")
	dsn, mirror := f.String("postgres", ""), f.String("mirror", "")
	checkpoints, policy := f.Strings("checkpoint"), f.String("policy", "")
	fresh := f.Bool("new-origin", false)
	return func(ctx context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		for flag, value := range map[string]string{"identity": *identity, "code": *code} {
			if value == "" {
				return usage("flag-missing", flag, "restore")
			}
		}
		secret, err := os.ReadFile(*identity)
		if err != nil {
			return fault.New(fault.Invalid, "bad-identity", "--identity")
		}
		if *dsn == "" {
			*dsn = c.Getenv("GOLDBELL_POSTGRES")
		}
		bars := restoreBars{c: c}
		done, err := server.Restore(ctx, server.RestoreOptions{
			Places: p, File: c.args[0], Identity: secret, Code: c.codeGiven(*code), DSN: *dsn, Checkpoints: *checkpoints,
			Policy: *policy, Mirror: *mirror, NewOrigin: *fresh, Clock: c.Clock, Progress: bars.set,
		})
		bars.bar.end()
		if err != nil {
			return err
		}
		return c.answer(done, func(w io.Writer) { c.sayRestored(w, done) })
	}
}

// restoreBars shows one bar per stage.
type restoreBars struct {
	c     *call
	stage string
	bar   *progress
}

func (b *restoreBars) set(stage string, done, total int64) {
	if stage != b.stage {
		b.bar.end()
		b.stage, b.bar = stage, newProgress(b.c, "bar-"+stage, total)
	}
	b.bar.set(done, total)
}

func (c *call) sayRestored(w io.Writer, r server.RestoreReport) {
	c.say(w, "restore-done", r.Data, r.Restored, r.Made.Format("2006-01-02 15:04:05Z"))
	for _, s := range r.Seen {
		c.say(w, "restore-seen", c.text("seen-"+s.From), s.Name, s.Size)
	}
	if len(r.Seen) == 0 {
		c.say(w, "restore-unseen")
	}
	if r.PutBack > 0 {
		c.say(w, "restore-put-back", r.PutBack)
	}
	if r.Missing > 0 {
		c.say(w, "restore-missing", r.Missing)
	}
	if r.NewOrigin {
		c.say(w, "restore-origin", r.Origin, r.Policy)
	}
	if r.Unopened > 0 {
		c.say(w, "restore-unopenable", r.Unopened)
	}
	c.say(w, "restore-entry", r.Entry)
	c.say(w, "restore-repeat")
	c.say(w, "token-next", r.NextCode)
}
