// Package pgtest gives a test its own PostgreSQL: a real server of the installed
// binaries, on a free loopback port, with fsync on.
//
// Its one invariant: nothing is left behind. A guard process waits for the test
// binary to end, however it ends, and then stops the server and removes its
// files. Where no PostgreSQL is installed the test is skipped with the reason,
// or fails when GOLDBELL_TEST_PG=must. It is for tests only and knows no schema.
package pgtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// LogEverything are settings for [New] that write every statement and every bind
// value to the server's log, as a careless administrator would set them.
var LogEverything = []string{
	"log_statement=all",
	"log_min_duration_statement=0",
	"log_parameter_max_length=-1",
	"log_parameter_max_length_on_error=-1",
	"log_error_verbosity=verbose",
	"log_min_error_statement=error",
}

// startLimit bounds every wait for the server to come up or go away.
const startLimit = 60 * time.Second

// Cluster is one PostgreSQL server with its own directory. Its methods may be
// called from several goroutines, Stop and Start from one at a time.
type Cluster struct {
	bin  string // directory of initdb and pg_ctl
	dir  string // holds data/, the socket and the log
	args []string
	cred *syscall.Credential // whom to run as; nil = ourselves

	port  atomic.Int32
	names atomic.Int32
	guard io.Closer     // closing it stops the server and removes dir
	gone  chan struct{} // closed when the guard has finished
}

// shared is the one cluster of this test binary that [Start] uses.
var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// Start returns the connection string of a fresh, empty database on the test
// binary's shared server. The database is dropped when the test ends.
func Start(t testing.TB) (dsn string) {
	t.Helper()
	bin := need(t)
	shared.once.Do(func() { shared.cluster, shared.err = launch(bin, nil) })
	if shared.err != nil {
		t.Fatalf("start PostgreSQL: %v", shared.err)
	}
	return shared.cluster.Database(t)
}

// New starts a server for this test alone, with further settings ("name=value"),
// and ends it with the test. It is for tests that stop the server, read its log
// or its files; the others share one through [Start].
func New(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c, err := launch(need(t), settings)
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(c.close)
	return c
}

// Database creates a fresh, empty database and returns its connection string.
// Every connection to it is ended and it is dropped when the test ends.
func (c *Cluster) Database(t testing.TB) (dsn string) {
	t.Helper()
	name := "t" + strconv.Itoa(int(c.names.Add(1)))
	if err := c.exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	// A test may have stopped the server for good: then there is nothing to drop.
	t.Cleanup(func() { _ = c.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") })
	return c.dsn(name)
}

// Stop ends the server at once, without a checkpoint, as a crash would.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	if err := c.stop(); err != nil {
		t.Fatal(err)
	}
}

// Start starts a stopped server again on the same port, so that connection
// strings handed out before hold.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.start(int(c.port.Load())); err != nil {
		t.Fatal(err)
	}
}

// Log returns what the server has logged so far.
func (c *Cluster) Log(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(c.logFile())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// DataDir is the server's data directory: tables, pg_wal and temporary files.
func (c *Cluster) DataDir() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) logFile() string { return filepath.Join(c.dir, "log") }

func (c *Cluster) dsn(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port.Load(), database)
}

func (c *Cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.dsn("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// launch makes a directory, a cluster in it, a guard over it, and starts it.
func launch(bin string, settings []string) (*Cluster, error) {
	// Not os.TempDir: a socket's path must be short, and a test that sweeps its
	// own TMPDIR must not find the server there.
	dir, err := os.MkdirTemp("/tmp", "gbpg")
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, dir: dir, gone: make(chan struct{})}
	for _, s := range settings {
		c.args = append(c.args, "-c", s)
	}
	if c.cred, err = credential(dir); err == nil {
		err = c.watch()
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	if err = c.create(); err == nil {
		err = c.startAnywhere()
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// credential returns whom to run the server as. It refuses to run as root, so
// root hands the directory to the user the Debian package made for it.
func credential(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

// guardScript waits for the end of its input, which comes when the test closes
// the pipe or the kernel does it for a test that was killed.
const guardScript = `cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$2"`

// watch starts the guard. It is in a group of its own, so that a Ctrl-C meant for
// the test does not end it before its work.
func (c *Cluster) watch() error {
	guard := c.command("/bin/sh", "-c", guardScript, "guard", c.bin, c.dir)
	guard.Dir = "/" // rm removes c.dir
	guard.SysProcAttr.Setpgid = true
	in, err := guard.StdinPipe()
	if err != nil {
		return err
	}
	if err := guard.Start(); err != nil {
		return err
	}
	c.guard = in
	go func() {
		defer close(c.gone)
		_ = guard.Wait()
	}()
	return nil
}

// close stops the server, removes its files and waits until that is done.
func (c *Cluster) close() {
	_ = c.guard.Close()
	<-c.gone
}

func (c *Cluster) create() error {
	// --no-sync speeds up initdb only; the server itself syncs.
	return c.run("initdb", "-D", c.DataDir(), "-U", "postgres", "-A", "trust",
		"--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
}

// startAnywhere tries free ports until the server holds one: another process may
// take a port between our asking and the server's binding.
func (c *Cluster) startAnywhere() error {
	var err error
	for range 5 {
		var port int
		if port, err = freePort(); err != nil {
			return err
		}
		if err = c.start(port); err == nil {
			return nil
		}
	}
	return err
}

func (c *Cluster) start(port int) error {
	c.port.Store(int32(port))
	opts := append([]string{
		"-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=" + c.dir,
		"-c", "max_connections=200",
	}, c.args...)
	return c.run("pg_ctl", "-D", c.DataDir(), "-l", c.logFile(), "-w",
		"-t", strconv.Itoa(int(startLimit.Seconds())), "-o", strings.Join(opts, " "), "start")
}

func (c *Cluster) stop() error {
	return c.run("pg_ctl", "-D", c.DataDir(), "-m", "immediate", "-w", "stop")
}

// run runs one of PostgreSQL's programs to its end.
func (c *Cluster) run(program string, args ...string) error {
	out, err := c.command(filepath.Join(c.bin, program), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

func (c *Cluster) command(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+c.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred}
	return cmd
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
