package function

import (
	"errors"
	"strings"
	"testing"
)

// TestDocs walks the registry: everything a user can write is documented, and the
// examples of scalar functions are true.
func TestDocs(t *testing.T) {
	for _, d := range Docs() {
		if d.Text == "" || d.Group == "" || d.Example == "" {
			t.Errorf("%s lacks documentation", d.Name)
		}
		if strings.HasSuffix(d.Text, ".") {
			t.Errorf("%s: the text ends with a full stop", d.Name)
		}
		if scalars[d.Name] == nil || scalars[d.Name].Text != d.Text {
			continue // an aggregate or window function
		}
		got, _, err := eval(t, d.Example)
		switch {
		case errors.Is(err, errHarness):
		case err != nil:
			t.Errorf("%s: %s: %v", d.Name, d.Example, err)
		case got != d.Result:
			t.Errorf("%s: %s is %s, not %s", d.Name, d.Example, got, d.Result)
		}
	}
	if len(Names()) < len(Docs()) {
		t.Errorf("%d names of %d functions", len(Names()), len(Docs()))
	}
}
