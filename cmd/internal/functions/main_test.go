package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/function"
)

func TestReferenceIsCurrent(t *testing.T) {
	have, err := os.ReadFile("../../../docs/functions.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, reference()) {
		t.Error("docs/functions.md is not what the declarations say: go run ./cmd/internal/functions > docs/functions.md")
	}
}

// specialForms are parts of the language, though they are written like functions.
var specialForms = []string{"cast", "try_cast", "if", "coalesce", "nullif", "try", "extract", "position", "trim", "listagg",
	"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "current_catalog", "current_schema",
	"exclude_columns", "sequence", "classifier", "match_number", "first", "last", "prev", "next", "permute", "json_exists", "json_query",
	"json_value", "json_table", "json_array", "json_object", "json", "json_scalar", "json_serialize"}

// TestNothingInScopeIsMissing compares the functions with the list of Trino's that the
// project works from, and prints those that are not there.
func TestNothingInScopeIsMissing(t *testing.T) {
	text, err := os.ReadFile("../../../../shared/reference/sql.md")
	if err != nil {
		t.Skip("skipped: the reference is not beside the checkout: ", err)
	}
	_, list, ok := strings.Cut(string(text), "## 3. Functions")
	if !ok {
		t.Fatal("the list has no section of functions")
	}
	names := function.Names()
	var missing []string
	for _, name := range listed(list) {
		if !slices.Contains(names, name) && !slices.Contains(specialForms, name) && function.OutOfScope(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		t.Errorf("in scope and missing: %s", strings.Join(missing, " "))
	}
}

var (
	quoted     = regexp.MustCompile("`([^`]+)`")
	parens     = regexp.MustCompile(`\([^()]*\)`)
	identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// listed returns the names in the list's quotations: `abs acos`, `date_trunc(unit,x)→…`, `substr|substring(…)`.
func listed(list string) []string {
	var names []string
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "**Color**") || strings.HasPrefix(line, "**Geospatial") || strings.HasPrefix(line, "**DataSketches") {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			text := m[1]
			for parens.MatchString(text) {
				text = parens.ReplaceAllString(text, " ")
			}
			text, _, _ = strings.Cut(text, "→")
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" |,/", r) }) {
				if identifier.MatchString(word) && len(word) > 1 {
					names = append(names, word)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
