package bench

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// rows is how many customers the import measures.
const rows = 60_000

// binary builds the program as users run it.
func binary(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "goldbell")
	cmd := exec.Command("go", "build", "-trimpath", "-o", name, "../../cmd/goldbell")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return name
}

func run(t *testing.T, env []string, name string, args ...string) map[string]any {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("goldbell %s: %v", args[0], err)
	}
	answer := map[string]any{}
	ok(t, json.Unmarshal(out, &answer))
	return answer
}

// imports measures `goldbell import` of a CSV, 5 sealed and 2 indexed fields and
// more, beside bare batched inserts of the same rows.
func imports(t *testing.T, tab *table) {
	bin, dir := binary(t), t.TempDir()
	file := filepath.Join(dir, "customers.csv")
	ok(t, os.WriteFile(file, customers(), 0o600))
	data := filepath.Join(dir, "data")
	made := run(t, nil, bin, "init", "--data", data, "--keeper", filepath.Join(dir, "state"), "--json")
	token := run(t, nil, bin, "token", "create", "--data", data, "--name", "loader", "--scope", "import", "--code", made["setup_code"].(string), "--json")
	before := size(t, filepath.Join(data, "goldbell.db"))
	start := time.Now()
	got := run(t, []string{"GOLDBELL_TOKEN=" + token["token"].(string)}, bin, "import", "--data", data, "--json", file)
	took := time.Since(start)
	if got["stored"] != float64(rows) {
		t.Fatalf("stored %v of %d", got["stored"], rows)
	}
	bare := bareImport(t, file)
	perRow := float64(size(t, filepath.Join(data, "goldbell.db"))-before) / rows
	csv := float64(size(t, file)) / rows
	tab.add("sqlite: import, rows/s", "1", fmt.Sprintf("%.0f", rows/took.Seconds()), fmt.Sprintf("%.0f", rows/bare.Seconds()), ratio(rows/took.Seconds(), rows/bare.Seconds()), target("≥ 15,000", rows/took.Seconds() >= 15_000)+"; baseline: bare inserts, 1,000 a commit")
	tab.add("sqlite: bytes on disk per subject", "", fmt.Sprintf("%.0f", perRow), fmt.Sprintf("%.0f", csv), ratio(perRow, csv), "baseline: the CSV row")
}

func customers() []byte {
	var b strings.Builder
	b.WriteString("姓名,手机号,邮箱,公司名称,联系地址\n")
	for i := range rows {
		fmt.Fprintf(&b, "王小%c,138%08d,u%d@example.com,杭州第%d有限公司,杭州市文一西路%d号\n", '一'+rune(i%2000), i, i, i, i%2000)
	}
	return []byte(b.String())
}

func bareImport(t *testing.T, file string) time.Duration {
	text, err := os.ReadFile(file)
	ok(t, err)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	ok(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, email TEXT, company TEXT, address TEXT);
CREATE INDEX by_phone ON customer (phone); CREATE INDEX by_email ON customer (email)`)
	ok(t, err)
	start := time.Now()
	for batch := range slices.Chunk(strings.Split(strings.TrimSpace(string(text)), "\n")[1:], 1000) {
		tx, err := db.Begin()
		ok(t, err)
		stmt, err := tx.Prepare(`INSERT INTO customer (name, phone, email, company, address) VALUES ($1, $2, $3, $4, $5)`)
		ok(t, err)
		for _, line := range batch {
			f := strings.Split(line, ",")
			_, err := stmt.Exec(f[0], f[1], f[2], f[3], f[4])
			ok(t, err)
		}
		ok(t, tx.Commit())
	}
	return time.Since(start)
}

// startUp measures from starting the binary to a 200 of /readyz, beside starting
// it to print its version.
func startUp(t *testing.T, tab *table) {
	bin, dir := binary(t), t.TempDir()
	data := filepath.Join(dir, "data")
	run(t, nil, bin, "init", "--data", data, "--keeper", filepath.Join(dir, "state"), "--json")
	var ready, version []time.Duration
	for range 5 {
		start := time.Now()
		ok(t, exec.Command(bin, "version").Run())
		version = append(version, time.Since(start))
		ready = append(ready, untilReady(t, bin, data))
	}
	slices.Sort(ready)
	slices.Sort(version)
	tab.add("start to ready", "", ms(ready[2]), ms(version[2]), ratio(float64(ready[2]), float64(version[2])), target("≤ 200 ms", ready[2] <= 200*time.Millisecond)+"; baseline: goldbell version")
}

func untilReady(t *testing.T, bin, data string) time.Duration {
	addr := freeAddr(t)
	cmd := exec.Command(bin, "serve", "--data", data, "--listen", addr)
	start := time.Now()
	ok(t, cmd.Start())
	defer func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }()
	for time.Since(start) < 10*time.Second {
		res, err := http.Get("http://" + addr + "/readyz")
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return time.Since(start)
		}
	}
	t.Fatal("the server did not get ready in 10 s")
	return 0
}

func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	return l.Addr().String()
}
