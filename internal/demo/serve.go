package demo

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/register"
)

// serve prints five commands worth trying and serves the firm until ctx ends.
func (f *firm) serve(ctx context.Context, r Result) error {
	f.clock.set(workday(f.lastDay()+1, 10, 0))
	f.clock.run()
	text, err := f.commands(ctx, r)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(f.Out, text); err != nil {
		return err
	}
	f.watch(f)
	<-ctx.Done()
	return nil
}

// lastDay is the last working day that was played.
func (f *firm) lastDay() int { return (f.plot.length+4)/5*5 + f.plot.length - 1 }

// visitor is the agent a visitor acts as: a member of staff whom the plot leaves alone.
const visitor = 0

// commands signs an agent and the officer in for the visitor.
func (f *firm) commands(ctx context.Context, r Result) (string, error) {
	w := f.workers[visitor]
	agentToken, _, err := f.signIn(ctx, &w.code)
	if err != nil {
		return "", err
	}
	officerToken, _, err := f.signIn(ctx, &f.officerCode)
	if err != nil {
		return "", err
	}
	list := f.callable(f.plot.days[0][visitor].list)
	work, err := f.srv.Register().OpenWork(ctx, asked(f.crm), register.Work{
		Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: w.id, Subjects: f.subjects(list), Until: f.clock.Now().AddDate(0, 0, 7),
	})
	if err != nil {
		return "", err
	}
	id := f.ids[list[0]]
	url := "http://" + f.address
	read := fmt.Sprintf(`{"form":"masked","fields":["name","phone"],"purpose":"telesales","work_item":"%s","subjects":["%s"]}`, work, id)
	call := fmt.Sprintf(`{"purpose":"telesales","work_item":"%s","subject":"%s"}`, work, id)
	return "\n" + say(f.Lang, "served-on", url) + "\n\n" +
		suggest(1, say(f.Lang, "try-read", w.id), post(url+"/v1/disclosures", agentToken, read)) +
		suggest(2, say(f.Lang, "try-call"), post(url+"/v1/calls", agentToken, call)) +
		suggest(3, say(f.Lang, "try-who"), fmt.Sprintf("curl -s %s/v1/subjects/%s/disclosures -H 'Authorization: Bearer %s'", url, id, officerToken)) +
		suggest(4, say(f.Lang, "try-ledger"), fmt.Sprintf("%s ledger verify --data %s --keys %s", f.Executable, f.home.Data, f.home.Keys)) +
		suggest(5, say(f.Lang, "try-pack"), fmt.Sprintf("%s proof verify %s --policy %s", f.Executable, r.Pack, r.Policy)) +
		f.tryConsole(w.code), nil
}

// tryConsole says where the console is, by a name that passkeys can belong to, and
// how to sign in.
func (f *firm) tryConsole(agentCode string) string {
	_, port, err := net.SplitHostPort(f.address)
	if f.Console == nil || err != nil {
		return ""
	}
	return "\n" + say(f.Lang, "try-console", "http://localhost:"+port+"/console/", f.officerCode, agentCode) + "\n"
}

// suggest is one command worth trying.
func suggest(n int, what, command string) string {
	return fmt.Sprintf("%d. %s\n   %s\n", n, what, command)
}

func post(url, token, body string) string {
	return fmt.Sprintf("curl -s %s -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' \\\n     -d '%s'", url, token, body)
}

// callable leaves out who refused marketing.
func (f *firm) callable(list []int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(c int) bool {
		return slices.ContainsFunc(f.plot.optOuts, func(day []int) bool { return slices.Contains(day, c) })
	})
}
