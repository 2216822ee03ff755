package cli

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/server"
)

// action does a command's work after its flags were read.
type action func(ctx context.Context, c *call) error

// command is one line of the table. Its sentences have the ids "NAME" and
// "NAME --flag" in the table of sentences.
type command struct {
	name     string   // one or two words
	args     string   // positional arguments as help shows them
	examples []string // complete lines
	hidden   bool
	make     func(*flags) action
	raw      func(ctx context.Context, c *call, args []string) error // instead of make
}

// commands is every command there is, in the order help lists them.
func commands() []command {
	return []command{
		{name: "init", make: initCommand, examples: []string{
			"goldbell init --data ./firm",
			"goldbell init --data ./firm --title 星河云 --keys /etc/goldbell/keys --json",
		}},
		{name: "serve", make: serveCommand, examples: []string{
			"goldbell serve --data ./firm --listen 127.0.0.1:8470 --metrics 127.0.0.1:8471",
			"goldbell serve --data ./firm --pg-listen 0.0.0.0:6432 --pg-cert port.pem --pg-key port.key",
		}},
		{name: "token create", make: tokenCommand, examples: []string{
			"goldbell token create --data ./firm --name crm-import --scope import --code 7K2QX-…",
		}},
		{name: "sessions list", make: sessionsListCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell sessions list --data ./firm --person a017",
		}},
		{name: "sessions end", make: sessionsEndCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell sessions end --data ./firm --person a017 --all",
		}},
		{name: "import", args: "FILE", make: importCommand, examples: []string{
			"goldbell import customers.csv --dry-run",
			"GOLDBELL_TOKEN=gbt_… goldbell import customers.xlsx --data ./firm --map 备用电话=- --merge-by phone",
		}},
		{name: "trace", make: traceCommand, examples: []string{
			"goldbell trace --case ./case-2019-11 --explain",
			"GOLDBELL_TOKEN=gbs_… goldbell trace --data ./firm --from 2026-03-01 --until 2026-06-01",
		}},
		{name: "trace file", args: "FOUND", make: traceFileCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell trace file found.csv --data ./firm --complaint 5f0c… --found-at 2026-05-04",
		}},
		{name: "trace approve", args: "ID", make: approveFoundCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell trace approve 91d3… --data ./firm",
		}},
		{name: "trace pairs", make: tracePairsCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell trace pairs --data ./firm",
		}},
		{name: "decoys plan", make: decoysPlanCommand, examples: []string{
			"goldbell decoys plan --rate 0.3 --power 0.9 --contacts 2",
		}},
		{name: "decoys make", args: "HELD", make: decoysMakeCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell decoys make held.csv --out autumn.csv --control 5 --data ./firm",
		}},
		{name: "decoys list", make: decoysListCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell decoys list --data ./firm",
		}},
		{name: "decoys alias", args: "ALIASES", make: decoysAliasCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell decoys alias aliases.csv --data ./firm",
		}},
		{name: "decoys hit", args: "CONTACTS", make: decoysHitCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell decoys hit contacts.csv --data ./firm",
		}},
		{name: "trace import-log", args: "LOG", make: importLogCommand, examples: []string{
			"goldbell trace import-log crm-access.csv --map mapping.json --out ./case-2019-11",
		}},
		{name: "proof verify", args: "PACK", make: proofCommand, examples: []string{
			"goldbell proof verify pack.zip --policy log.policy",
			"goldbell proof verify pack.zip --policy log.policy --checkpoint kept.checkpoint",
		}},
		{name: "ledger verify", make: ledgerCommand, examples: []string{
			"goldbell ledger verify --data ./firm",
		}},
		{name: "ledger export", args: "DIR", make: exportCommand, examples: []string{
			"goldbell ledger export ./mirror --data ./firm",
		}},
		{name: "ledger sample", args: "N", make: sampleCommand, examples: []string{
			"goldbell ledger sample 25 --data ./firm --code 7K2QX-…",
			"goldbell ledger sample 25 --data ./firm --code - --json > sample.json",
		}},
		{name: "ledger forget", args: "SUBJECT", make: forgetCommand, examples: []string{
			"goldbell ledger forget 4f1c… --data ./firm --code 7K2QX-… --second 9M3RT-…",
		}},
		{name: "ask who-can", args: "FIELD", make: whoCanCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell ask who-can phone --data ./firm",
			"GOLDBELL_TOKEN=gbs_… goldbell ask who-can phone --data ./firm --subject 4f1c… --at 2026-03-01",
		}},
		{name: "ask could", args: "PERSON FIELD SUBJECT", make: couldCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell ask could a017 phone 4f1c… --data ./firm --at 2026-03-01",
		}},
		{name: "ask saw", args: "PERSON", make: sawCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell ask saw a017 --data ./firm --from 2026-03-01 --until 2026-04-01",
		}},
		{name: "ask changes", make: changesCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell ask changes --data ./firm --of a017 --from 2026-01-01 --until 2026-04-01",
		}},
		{name: "ask coverage", args: "FIELD", make: coverageCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell ask coverage phone --data ./firm",
		}},
		{name: "ask written", make: writtenCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell ask written --data ./firm",
		}},
		{name: "people import", args: "FILE", make: peopleImportCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell people import staff.csv --data ./firm --dry-run",
			"GOLDBELL_TOKEN=gbs_… goldbell people import 人员.xlsx --data ./firm --org agency --post 客服专员=agent",
		}},
		{name: "people list", make: peopleListCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell people list --data ./firm --current",
		}},
		{name: "people end", args: "PERSON", make: peopleEndCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell people end a017 --data ./firm",
		}},
		{name: "people moves", make: peopleMovesCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell people moves --data ./firm --from 2026-10-01 --until 2026-11-01",
		}},
		{name: "people review", make: peopleReviewCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell people review --data ./firm --days 14 --every 90",
		}},
		{name: "people due", make: peopleDueCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell people due --data ./firm"}},
		{name: "people confirm", args: "PERSON", make: peopleConfirmCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell people confirm a017 --data ./firm",
			"GOLDBELL_TOKEN=gbs_… goldbell people confirm a018 --end --data ./firm",
		}},
		{name: "people asks", make: peopleAsksCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell people asks --data ./firm"}},
		{name: "people approve", args: "PERSON", make: peopleApproveCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell people approve a017 --entry 4711 --data ./firm",
		}},
		{name: "retention", make: retentionCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell retention --data ./firm"}},
		{name: "consents import", args: "FILE", make: consentsImportCommand, examples: []string{
			"GOLDBELL_TOKEN=gbt_… goldbell consents import 同意.csv --data ./firm --dry-run",
		}},
		{name: "exceptions list", make: exceptionsListCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell exceptions list --data ./firm"}},
		{name: "exceptions ask", args: "WORK", make: exceptionsAskCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell exceptions ask 5f0c… --data ./firm --fields phone --form plain --reason carrier-down --hours 4",
		}},
		{name: "exceptions approve", args: "ID", make: exceptionsApproveCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell exceptions approve 91d3… --data ./firm",
			"GOLDBELL_TOKEN=gbs_… goldbell exceptions approve 91d3… --refuse --data ./firm",
		}},
		{name: "exceptions end", args: "ID", make: exceptionsEndCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell exceptions end 91d3… --data ./firm"}},
		{name: "exceptions review", args: "ID", make: exceptionsReviewCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell exceptions review 91d3… --unjustified --data ./firm"}},
		{name: "exceptions break-glass", make: breakGlassCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell exceptions break-glass --data ./firm --purpose support --subject 4f1c… --fields phone --reason danger-to-life --minutes 15",
		}},
		{name: "rules list", make: rulesListCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell rules list --data ./firm"}},
		{name: "rules show", args: "WHICH", make: rulesShowCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell rules show 91d3… --data ./firm",
			"GOLDBELL_TOKEN=gbs_… goldbell rules show rules --data ./firm > company.cedar",
		}},
		{name: "rules propose", make: rulesProposeCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell rules propose --rules company.cedar --data ./firm",
			"GOLDBELL_TOKEN=gbs_… goldbell rules propose --sheets sheets.json --caps caps.json --data ./firm",
		}},
		{name: "rules try", args: "ID", make: rulesTryCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell rules try 91d3… --data ./firm"}},
		{name: "rules approve", args: "ID", make: rulesApproveCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell rules approve 91d3… --data ./firm"}},
		{name: "rules withdraw", args: "ID", make: rulesWithdrawCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell rules withdraw 91d3… --data ./firm"}},
		{name: "alerts list", make: alertsListCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell alerts list --open --data ./firm"}},
		{name: "alerts judge", args: "ID", make: alertsJudgeCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell alerts judge 7c2e… --false --data ./firm"}},
		{name: "backup", make: backupCommand, examples: []string{
			"goldbell backup --data ./firm --to /mnt/backups/firm-2026-11-21.age --recipient /etc/goldbell/backup.pub",
		}},
		{name: "backup key", make: backupKeyCommand, examples: []string{
			"goldbell backup key --to ./backup",
		}},
		{name: "restore", args: "FILE", make: restoreCommand, examples: []string{
			"goldbell restore firm-2026-11-21.age --data ./firm --identity ./backup --code 7K2QX-…",
			"goldbell restore firm.age --data ./firm --identity ./backup --code - --checkpoint kept.checkpoint --mirror https://mirror.example.org/firm",
		}},
		{name: "witness init", make: witnessInitCommand, examples: []string{
			"goldbell witness init --dir ./witness --name witness.example.org/w1 --log 'log.example.com/2026+0a1b2c3d+AQ…'",
		}},
		{name: "witness serve", make: witnessServeCommand, examples: []string{
			"goldbell witness serve --dir ./witness --listen 0.0.0.0:8475",
		}},
		{name: "witness add", make: witnessAddCommand, examples: []string{
			"goldbell witness add --data ./firm --name w1 --vkey 'witness.example.org/w1+4e5f6a7b+BA…' --url https://witness.example.org --organisation 星海会计师事务所",
		}},
		{name: "pg enrol", make: pgEnrolCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell pg enrol --data ./firm --dsn postgres://dba@db.example.com/crm --table public.customer --subject id --protect phone,email,id_number,name --show company",
		}},
		{name: "pg undo", make: pgUndoCommand, examples: []string{
			"GOLDBELL_TOKEN=gbs_… goldbell pg undo --data ./firm --dsn postgres://dba@db.example.com/crm --table public.customer",
		}},
		{name: "pg sessions", make: pgSessionsCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell pg sessions --data ./firm"}},
		{name: "pg kill", make: pgKillCommand, examples: []string{"GOLDBELL_TOKEN=gbs_… goldbell pg kill --data ./firm --session 0123456789abcdef0123456789abcdef"}},
		{name: "pg check", make: pgCheckCommand, examples: []string{"goldbell pg check --data ./firm"}},
		{name: "demo", make: demoCommand, examples: []string{
			"goldbell demo",
			"goldbell demo --seed 7 --headless --json",
		}},
		{name: "version", make: versionCommand, examples: []string{"goldbell version --json"}},
		{name: "help", args: "[COMMAND]", raw: helpCommand, examples: []string{"goldbell help import"}},
		{name: "switch-sim", hidden: true, raw: switchCommand},
	}
}

// find takes the command's name off the arguments; the longest name wins.
func (c *call) find(args []string) (*command, []string, error) {
	if len(args) == 0 || wantsJSON(args[:1]) {
		return nil, nil, usage("no-command")
	}
	if slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		args = append([]string{"help"}, args[1:]...)
	}
	if slices.Contains([]string{"-v", "-version", "--version"}, args[0]) {
		args = append([]string{"version"}, args[1:]...)
	}
	for words := min(2, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		if i := slices.IndexFunc(c.table, func(cmd command) bool { return cmd.name == name }); i >= 0 {
			return &c.table[i], args[words:], nil
		}
	}
	return nil, nil, c.unknown(args)
}

// unknown is the answer to a name that is no command: the nearest one there is.
func (c *call) unknown(args []string) error {
	if family := c.family(args[0]); len(family) > 0 {
		if len(args) > 1 && !strings.HasPrefix(args[1], "-") || len(family) == 1 {
			return usage("unknown-command-near", nearest(strings.Join(args[:min(2, len(args))], " "), family, len(family[0])))
		}
		return usage("command-incomplete", strings.Join(family, ", "))
	}
	near := nearest(args[0], c.names(), 0)
	if len(args) > 1 {
		if both := nearest(args[0]+" "+args[1], c.names(), 0); both != "" {
			near = both
		}
	}
	if near == "" {
		near = nearest(args[0], c.firstWords(), 0)
	}
	if near == "" {
		return usage("unknown-command")
	}
	return usage("unknown-command-near", near)
}

// family lists the commands of two words that begin with this one.
func (c *call) family(word string) []string {
	return slices.DeleteFunc(c.names(), func(n string) bool { return !strings.HasPrefix(n, word+" ") })
}

func (c *call) names() []string {
	var names []string
	for _, cmd := range c.table {
		if !cmd.hidden {
			names = append(names, cmd.name)
		}
	}
	return names
}

func (c *call) firstWords() []string {
	words := c.names()
	for i, n := range words {
		words[i], _, _ = strings.Cut(n, " ")
	}
	return slices.Compact(words)
}

func versionCommand(*flags) action {
	return func(_ context.Context, c *call) error {
		page := server.VerifierSHA256()
		told := struct {
			Version  string `json:"version"`
			Verifier string `json:"verifier_sha256"` // of the page beside this program; empty: there is none
		}{c.Version, page}
		return c.answer(told, func(w io.Writer) {
			_, _ = io.WriteString(w, "goldbell "+c.Version+"\n")
			if page == "" {
				c.say(w, "verifier-none", server.VerifierFile)
			} else {
				c.say(w, "verifier-sum", page, server.VerifierFile)
			}
		})
	}
}

// switchCommand runs the telephone switch of the demonstration and the tests: a
// process of its own, because it alone may hold numbers. Its flags are its own.
func switchCommand(ctx context.Context, c *call, args []string) error {
	return switchsim.Run(ctx, switchsim.Env{Args: args, Stdin: c.Stdin, Stdout: c.Stdout, Clock: c.Clock, Rand: rand.Reader})
}
