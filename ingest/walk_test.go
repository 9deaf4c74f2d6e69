package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWalkIsInOrderOfDelivery(t *testing.T) {
	dir := put(t, map[string]string{
		"a/AWSLogs/1/CloudTrail/eu-west-1/2026/03/02/1_CloudTrail_eu-west-1_20260302T0105Z_x.json.gz": "",
		"b/AWSLogs/2/CloudTrail/us-east-1/2026/03/01/2_CloudTrail_us-east-1_20260301T2355Z_y.json.gz": "",
		"b/AWSLogs/2/CloudTrail/us-east-1/2026/03/02/2_CloudTrail_us-east-1_20260302T0100Z_z.json.gz": "",
		"c/2026/03/01/renamed.json": "",
		"notes.txt":                 "",
	})
	sources, failed := listed(t, dir, filepath.Join(dir, "notes.txt"))
	var got []string
	for _, s := range sources {
		got = append(got, filepath.Base(s.Path)+" "+s.at)
	}
	want := []string{
		"notes.txt ",
		"renamed.json 20260301",
		"2_CloudTrail_us-east-1_20260301T2355Z_y.json.gz 20260301T2355",
		"2_CloudTrail_us-east-1_20260302T0100Z_z.json.gz 20260302T0100",
		"1_CloudTrail_eu-west-1_20260302T0105Z_x.json.gz 20260302T0105",
	}
	if len(failed) > 0 || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), failed)
	}
}

func TestLinksAreFollowedWhereTheyAreNamedOnly(t *testing.T) {
	dir := put(t, map[string]string{"logs/x.json": "", "other/y.json": ""})
	link := filepath.Join(dir, "link")
	for from, to := range map[string]string{filepath.Join(dir, "logs"): link, filepath.Join(dir, "other"): filepath.Join(dir, "logs", "inner"),
		filepath.Join(dir, "other", "y.json"): filepath.Join(dir, "logs", "y.json")} {
		if err := os.Symlink(from, to); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	sources, failed := listed(t, link)
	if len(sources) != 1 || filepath.Base(sources[0].Path) != "x.json" || len(failed) > 0 {
		t.Errorf("got %v, %v", sources, failed)
	}
}

func listed(t *testing.T, paths ...string) ([]file, []unreadable) {
	t.Helper()
	found, failed, err := (&Options{Paths: paths}).walk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found, failed
}
