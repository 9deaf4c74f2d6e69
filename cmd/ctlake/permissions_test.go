package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Whatever the umask, nothing that is made can be read by others: lake, exports, copies, results, history.
func TestNobodyElseCanReadWhatIsMade(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell here that could set a umask")
	}
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs.json")
	if err := os.WriteFile(logs, []byte(`{"eventVersion":"1.11","eventTime":"2026-03-19T10:00:00Z","eventID":"e1","recipientAccountId":"111122223333"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"ingest logs.json --store trail", "query 'SELECT * FROM trail' --out result.csv", "query 'SELECT eventid FROM trail' --output orc --out result.orc",
		"store export trail folder", "store export trail trail.tar", "copy copied", "store optimize", "retention run", "check --deep --repair",
		"--lake other store import trail.tar",
	} {
		cmd := exec.CommandContext(t.Context(), shell, "-c", `umask 000; exec "$PROGRAM" --now 2026-03-20T00:00:00Z `+line)
		cmd.Dir = dir
		cmd.Env = []string{asProgram + "=1", "PROGRAM=" + self, "HOME=" + dir, "CTLAKE_HOME=" + filepath.Join(dir, "lake"), "TMPDIR=" + dir, "GORACE=" + os.Getenv("GORACE")}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	n := 0
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		n++
		return err
	}); err != nil || n < 15 {
		t.Errorf("%d files and folders, %v", n, err)
	}
}
