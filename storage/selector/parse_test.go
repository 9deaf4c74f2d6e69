package selector

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is printed into testdata")

// golden runs the cases of a file in testdata: a text, a line of dashes, what is
// expected, an empty line. ⟪n×text⟫ in the text stands for n times text.
func golden(t *testing.T, name string, run func(text string) string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range strings.Split(strings.TrimSpace(string(content)), "\n\n") {
		text, want, _ := strings.Cut(c, "\n----\n")
		got := run(repeat(t, text))
		if !*update && got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		out = append(out, text+"\n----\n"+got)
	}
	if *update {
		if err := os.WriteFile(path, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var repeated = regexp.MustCompile(`⟪(\d+)×([^⟫]*)⟫`)

func repeat(t *testing.T, text string) string {
	return repeated.ReplaceAllStringFunc(text, func(m string) string {
		parts := repeated.FindStringSubmatch(m)
		n := 0
		for _, digit := range parts[1] {
			n = 10*n + int(digit-'0')
		}
		return strings.Repeat(parts[2], n)
	})
}

func TestErrors(t *testing.T) {
	golden(t, "errors.txt", func(text string) string {
		text = strings.ReplaceAll(text, "⟪bad byte⟫", "\xff")
		selectors, err := Parse([]byte(text))
		if err == nil {
			return "no error"
		}
		e, ok := errors.AsType[*Error](err)
		switch {
		case !ok:
			t.Errorf("%s: the error is a %T", text, err)
		case selectors != nil:
			t.Errorf("%s: an error and selectors", text)
		case e.Line > 0 && strings.Count(text[:e.Offset], "\n")+1 != e.Line:
			t.Errorf("%s: line %d is not that of offset %d", text, e.Line, e.Offset)
		}
		return err.Error()
	})
}

func TestWarnings(t *testing.T) {
	golden(t, "warnings.txt", func(text string) string {
		selectors, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Compile(selectors); err != nil {
			t.Error(err)
		}
		return strings.Join(append(Warnings(selectors), "."), "\n")
	})
}

// Whatever shape selectors come in, they leave as AWS's list.
func TestShapes(t *testing.T) {
	golden(t, "shapes.txt", func(text string) string {
		selectors, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		printed, err := Marshal(selectors)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(printed); err != nil || !reflect.DeepEqual(again, selectors) {
			t.Errorf("%s came back as %+v, %v", printed, again, err)
		}
		return strings.ReplaceAll(string(printed), "},{\"Name\"", "},\n {\"Name\"")
	})
}

func TestDefault(t *testing.T) {
	got, err := Marshal(Default())
	want := `[{"Name":"Default management events","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]`
	if string(got) != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Marshal(nil); string(got) != "[]" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Unmarshal([]byte("[]")); len(got) != 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFamilies(t *testing.T) {
	for category, want := range map[string]Family{Management: CloudTrailEvents, Data: CloudTrailEvents, NetworkActivity: CloudTrailEvents,
		Insight: "Insight", ConfigurationItem: "ConfigurationItem", Evidence: "Evidence", ActivityAuditLog: "ActivityAuditLog"} {
		s := []Selector{{FieldSelectors: []FieldSelector{{Field: "eventCategory", Equals: []string{category}}}}}
		if got := FamilyOf(s); got != want {
			t.Errorf("%s: %s, want %s", category, got, want)
		}
	}
	if got := FamilyOf(nil); got != CloudTrailEvents {
		t.Errorf("of none: %s", got)
	}
}

// Selectors made in Go are judged like those that are read; there is no place to tell.
func TestValidateWithoutText(t *testing.T) {
	err := Validate([]Selector{{FieldSelectors: []FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}, {Field: "eventName", Equals: []string{}}}}})
	if want := "event selector 1, field eventName: Equals has no values; give one, or leave it out"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if _, err := Compile([]Selector{{}}); err == nil {
		t.Error("an empty selector compiles")
	}
	p, err := Compile(nil)
	if err != nil || p.Match(&Event{Category: Management}) {
		t.Errorf("no selectors take an event; %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"errors.txt", "shapes.txt", "warnings.txt"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range strings.Split(string(content), "\n\n") {
			text, _, _ := strings.Cut(c, "\n----\n")
			f.Add([]byte(text))
		}
	}
	events := []*Event{{Category: Management}, {Category: Data, Resources: []Resource{{Type: Field{"AWS::S3::Object", true}}}}}
	f.Fuzz(func(t *testing.T, text []byte) {
		selectors, err := Parse(text)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("a %T: %v", err, err)
			}
			return
		}
		p, err := Compile(selectors)
		if err != nil {
			t.Fatalf("valid, but does not compile: %v", err)
		}
		Warnings(selectors)
		printed, err := Marshal(selectors)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(printed); err != nil || !reflect.DeepEqual(again, selectors) {
			t.Fatalf("%s came back as %+v, %v", printed, again, err)
		}
		for _, e := range events {
			if v := p.Explain(e); p.Match(e) != (v.Taken > 0) {
				t.Fatalf("Match disagrees with %v", v)
			}
		}
	})
}
