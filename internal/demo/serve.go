package demo

import (
	"context"
	"fmt"
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
	return fmt.Sprintf(`
The firm is served on %[1]s until Ctrl-C. Five commands worth trying:

1. Read a customer as agent %[2]s (masked; "plain" is refused, with the rule and who can unblock it):
   curl -s %[1]s/v1/disclosures -H 'Authorization: Bearer %[3]s' -H 'Content-Type: application/json' \
     -d '{"form":"masked","fields":["name","phone"],"purpose":"telesales","work_item":"%[4]s","subjects":["%[5]s"]}'
2. Call the customer without seeing the number:
   curl -s %[1]s/v1/calls -H 'Authorization: Bearer %[3]s' -H 'Content-Type: application/json' \
     -d '{"purpose":"telesales","work_item":"%[4]s","subject":"%[5]s"}'
3. Who saw this person, as the officer:
   curl -s %[1]s/v1/subjects/%[5]s/disclosures -H 'Authorization: Bearer %[6]s'
4. Check the whole ledger:
   %[11]s ledger verify --data %[7]s --keys %[8]s
5. Check the evidence pack, as a stranger would:
   %[11]s proof verify %[9]s --policy %[10]s
`, url, w.id, agentToken, work, id, officerToken, f.home.Data, f.home.Keys, r.Pack, r.Policy, f.Executable), nil
}

// callable leaves out who refused marketing.
func (f *firm) callable(list []int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(c int) bool {
		return slices.ContainsFunc(f.plot.optOuts, func(day []int) bool { return slices.Contains(day, c) })
	})
}
