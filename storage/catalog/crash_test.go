package catalog

import (
	"bufio"
	"database/sql/driver"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"modernc.org/sqlite"
)

// The test binary, run with these in its environment, writes to a catalog until it is killed.
const (
	victimCatalog = "CTLAKE_TEST_CATALOG" // the path
	victimTrigger = "CTLAKE_TEST_TRIGGER" // when to die by its own hand; "" for not at all
)

const groupSize = 50

func TestMain(m *testing.M) {
	if path := os.Getenv(victimCatalog); path != "" {
		victim(path, os.Getenv(victimTrigger))
	}
	os.Exit(m.Run())
}

// victim commits one group after the other and says so on stdout after each.
func victim(path, trigger string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
	}
	fail(sqlite.RegisterScalarFunction("die", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return nil, syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}))
	c, err := Open(ctx, path)
	fail(err)
	if trigger != "" {
		_, err := c.write.Exec("CREATE TEMP TRIGGER dying " + trigger + " BEGIN SELECT die(); END")
		fail(err)
	}
	for n := 1; ; n++ {
		fail(c.Commit(ctx, group(n, groupSize)))
		fmt.Println("committed", n)
	}
}

// run makes a catalog and lets a victim write to it, killed when enough of its commits
// have been confirmed, if not before. It returns how many were.
func run(t *testing.T, trigger string, enough int) (path string, confirmed int) {
	t.Helper()
	c, path := made(t)
	must(t, c.Close())
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), victimCatalog+"="+path, victimTrigger+"="+trigger)
	out, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "failed") {
			t.Error(lines.Text())
		}
		confirmed++
		if confirmed == enough {
			time.Sleep(time.Duration(confirmed) * 700 * time.Microsecond) // into the midst of the next
			_ = command.Process.Kill()
		}
	}
	if err := command.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the victim ended otherwise: %v", err)
	}
	return path, confirmed
}

// intact checks that a catalog holds a number of whole groups, and returns it.
func intact(t *testing.T, path string) int {
	t.Helper()
	c := opened(t, path)
	var sound string
	must(t, c.read.QueryRow("PRAGMA integrity_check").Scan(&sound))
	same(t, "integrity", sound, "ok")
	problems, err := c.Integrity(ctx)
	must(t, err)
	same(t, "problems", problems, []Problem(nil))
	s, err := c.Snapshot(ctx, "s")
	must(t, err)
	i, err := c.Import(ctx, "i")
	must(t, err)
	var archives, failures int
	must(t, c.read.QueryRow("SELECT (SELECT count(*) FROM archives), (SELECT count(*) FROM import_failures)").Scan(&archives, &failures))
	groups := len(s.Files) / groupSize
	newest := int64(0)
	if !s.Store.Newest.IsZero() {
		newest = s.Store.Newest.UnixMilli()
	}
	same(t, "files, archives, failures, events, newest", []int{len(s.Files), archives, failures, int(i.Counts.Kept), int(newest)},
		[]int{groups * groupSize, groups * groupSize, groups, groups * groupSize, groups})
	return groups
}

// Killed at each of its steps, a commit leaves nothing, and the next process goes on.
func TestKilledWithinACommit(t *testing.T) {
	for _, step := range []string{
		"BEFORE INSERT ON data_files WHEN new.id = '000003-000000'",
		"AFTER INSERT ON data_files WHEN new.id = '000003-000049'",
		"AFTER INSERT ON archives WHEN new.sha256 = '000003-000025'",
		"AFTER INSERT ON import_failures WHEN new.path = '3'",
		"AFTER UPDATE ON imports WHEN new.events_kept = 150",
		"AFTER UPDATE ON stores WHEN new.newest_millis = 3",
		"AFTER UPDATE ON seals WHEN new.kind = 'archives' AND new.count = 150",
	} {
		t.Run(strings.ToLower(step[:strings.Index(step, " WHEN")]), func(t *testing.T) {
			t.Parallel()
			path, confirmed := run(t, step, -1)
			same(t, "confirmed", confirmed, 2)
			same(t, "kept", intact(t, path), 2)
			c := opened(t, path)
			must(t, c.Commit(ctx, group(3, groupSize)))
			same(t, "kept", intact(t, path), 3)
		})
	}
}

// Killed at whatever moment, what was confirmed is there, and at most one commit more.
func TestKilledAtAnyMoment(t *testing.T) {
	for _, enough := range []int{1, 3, 6, 10} {
		t.Run(fmt.Sprint(enough), func(t *testing.T) {
			t.Parallel()
			path, confirmed := run(t, "", enough)
			if kept := intact(t, path); kept < confirmed || kept > confirmed+1 {
				t.Errorf("%d commits kept, %d confirmed", kept, confirmed)
			}
		})
	}
}
