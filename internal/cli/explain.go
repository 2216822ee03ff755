package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/accesslog"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/trace"
	"github.com/goldbell/goldbell/proof"
)

// failure is why a command ended, as it is shown: one sentence in both languages,
// and the place it is about. With --json it is printed on standard error as
// {"error":{"id","zh","en","where"}}; standard output then holds nothing.
type failure struct {
	ID    string `json:"id"`
	Zh    string `json:"zh"`
	En    string `json:"en"`
	Where string `json:"where,omitempty"`
	code  int
	said  bool // the result was printed and says it all; only the code is left
}

func (f *failure) Error() string { return f.ID }

func (f *failure) in(l fault.Lang) string { return fault.Sentence{Zh: f.Zh, En: f.En}.In(l) }

// fail makes a failure with a sentence of this package.
func fail(code int, id string, args ...any) *failure {
	s := sentence(id, args...)
	return &failure{ID: id, Zh: s.Zh, En: s.En, code: code}
}

func usage(id string, args ...any) *failure { return fail(exitUsage, id, args...) }

// said ends a command whose printed result is that a check failed.
func said(code int) error { return &failure{ID: "said", code: code, said: true} }

// explain finds the sentence and the exit code of an error.
func explain(err error) *failure {
	var own *failure
	var file *intake.Problem
	var folder *trace.CaseError
	var log *accesslog.Problem
	var pack *proof.Failure
	var answer *problem
	var f *fault.Fault
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &file):
		s, f := file.Sentence(), fault.Of(err)
		return &failure{ID: f.ID, Zh: s.Zh, En: s.En, code: f.Kind.ExitCode()}
	case errors.As(err, &folder):
		return &failure{ID: "bad-case", Zh: folder.In(fault.ZhCN), En: folder.In(fault.En), Where: folder.File, code: exitUsage}
	case errors.As(err, &log):
		return &failure{ID: "bad-log", Zh: log.In(fault.ZhCN), En: log.In(fault.En), Where: log.File, code: exitUsage}
	case errors.As(err, &pack):
		s := pack.Sentence()
		return &failure{ID: pack.Why, Zh: s.Zh, En: s.En, Where: pack.Where, code: exitFailed}
	case errors.As(err, &answer):
		return answer.failure()
	case errors.As(err, &f):
		return placed(f.Kind.ExitCode(), f.ID, f.Where)
	case isNetwork(err):
		return fail(exitUnavailable, "server-silent")
	case errors.Is(err, context.Canceled):
		return fail(exitUnavailable, "interrupted")
	}
	return placed(exitUnavailable, "internal", "")
}

// placed is the sentence of a message id with the place it is about.
func placed(code int, id, where string) *failure {
	s := fault.Text(id)
	if has(id) {
		s = sentence(id)
	}
	f := &failure{ID: id, Zh: s.Zh, En: s.En, Where: where, code: code}
	if where != "" && !strings.Contains(s.En, where) {
		f.Zh += "（" + where + "）"
		f.En += " (" + where + ")"
	}
	return f
}

func isNetwork(err error) bool {
	var u *url.Error
	var n net.Error
	return (errors.As(err, &u) || errors.As(err, &n)) && !errors.Is(err, context.Canceled)
}

// problem is an answer of the API that is no success (RFC 9457).
type problem struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Reasons []struct {
		Zh string `json:"zh"`
		En string `json:"en"`
	} `json:"reasons"`
	Errors []struct {
		Where string `json:"where"`
		Line  int    `json:"line"`
	} `json:"errors"`
}

func (p *problem) Error() string { return p.Code }

func (p *problem) failure() *failure {
	where := ""
	if len(p.Errors) > 0 {
		where = p.Errors[0].Where
		if line := p.Errors[0].Line; line > 0 {
			where += ":" + strconv.Itoa(line)
		}
	}
	f := placed(exitOf(p.Status), p.Code, where)
	if len(p.Reasons) > 0 {
		f.Zh, f.En = p.Reasons[0].Zh, p.Reasons[0].En
	} else if !has(p.Code) && !fault.Known(p.Code) && p.Detail != "" {
		f.Zh, f.En = p.Detail, p.Detail
	}
	return f
}

// exitOf maps a status of the API to an exit code.
func exitOf(status int) int {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests:
		return exitRefused
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return exitUsage
	}
	return exitUnavailable
}
