package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlake/ctlake/storage/selector"
)

// What is counted keeps its names when the bytes of the archives are long overwritten, whoever read which.
func TestExplainNamesWhatItCounts(t *testing.T) {
	files := map[string]string{}
	for i := range 6 {
		var events []string
		for j := range 40 {
			name := []string{"RunInstances", "StopInstances", "DescribeInstances"}[(i+j)%3]
			events = append(events, fmt.Sprintf(`{"eventVersion":"1.11","eventTime":"2026-03-01T10:00:00Z","eventSource":"ec2.amazonaws.com",`+
				`"eventName":%q,"eventID":"e%d-%d","eventCategory":"Management","readOnly":%s}`, name, i, j, map[bool]string{true: "true", false: `"False"`}[strings.HasPrefix(name, "Describe")]))
		}
		files[fmt.Sprintf("%d.json", i)] = records(events...)
	}
	dir := put(t, files)
	writes, err := selector.Parse([]byte(`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2, 4} {
		e, err := Explain(t.Context(), writes, Options{Paths: []string{dir}, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, s := range e.Shares {
			got[strings.Join([]string{s.Category, s.Source, s.Name}, " ")] = fmt.Sprintf("%d events, %d taken", s.Events, s.Taken)
		}
		want := map[string]string{
			"Management ec2.amazonaws.com RunInstances":      "80 events, 80 taken",
			"Management ec2.amazonaws.com StopInstances":     "80 events, 80 taken",
			"Management ec2.amazonaws.com DescribeInstances": "80 events, 0 taken",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d workers: -want +got:\n%s", workers, diff)
		}
		if e.Events != 240 || e.Taken != 160 || len(e.Shares) != len(got) {
			t.Errorf("%d workers: %d events, %d taken, %d shares", workers, e.Events, e.Taken, len(e.Shares))
		}
	}
}
