package samples

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/parser"
)

func TestCatalogue(t *testing.T) {
	all := All()
	if len(all) < 80 {
		t.Errorf("%d samples", len(all))
	}
	name, technique := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
	seen := map[string]bool{}
	for _, s := range all {
		if !name.MatchString(s.Name) || seen[s.Name] || s.Title == "" || s.Topic == "" || s.Attack != "" && !technique.MatchString(s.Attack) {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
		for _, p := range s.Params {
			if !strings.Contains(s.text, "{{"+p.Name+"}}") {
				t.Errorf("%s: %s is not used", s.Name, p.Name)
			}
		}
		for _, when := range []string{"", "eventTime >= TIMESTAMP '2026-01-01 00:00:00'"} {
			text, err := s.SQL(nil, when)
			if err != nil {
				t.Errorf("%s: %v", s.Name, err)
				continue
			}
			if strings.Contains(text, "{{") && !strings.Contains(text, "failed{") || strings.Contains(text, when) == false {
				t.Errorf("%s: what stands for nothing is left:\n%s", s.Name, text)
			}
			if _, err := parser.Parse(text, parser.Options{}); err != nil {
				t.Errorf("%s: %v\n%s", s.Name, err, text)
			}
		}
	}
}

func TestSQL(t *testing.T) {
	samples, err := parse("-- topic: T\n\n-- name: a\n-- title: A\n-- param: n number = 3; how many\n-- param: who text = o'neill; whom\n" +
		"SELECT *\nFROM t\nWHERE {{when}}\n  AND a = {{n}}\n  AND b = {{who}};\n\n-- name: b\n-- title: B\nSELECT *\nFROM t\nWHERE {{when}}\nLIMIT 1;\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sample int
		values map[string]string
		when   string
		want   string
	}{
		{0, nil, "", "SELECT *\nFROM t\nWHERE a = 3\n  AND b = 'o''neill'"},
		{0, map[string]string{"n": "-7", "who": "{{n}}'"}, "c > 1", "SELECT *\nFROM t\nWHERE c > 1\n  AND a = -7\n  AND b = '{{n}}'''"},
		{1, nil, "", "SELECT *\nFROM t\nLIMIT 1"},
		{1, nil, "c > 1", "SELECT *\nFROM t\nWHERE c > 1\nLIMIT 1"},
	} {
		if got, err := samples[c.sample].SQL(c.values, c.when); err != nil || got != c.want {
			t.Errorf("got\n%s\n(%v), want\n%s", got, err, c.want)
		}
	}
	for _, values := range []map[string]string{{"n": "1 OR true"}, {"m": "1"}} {
		if text, err := samples[0].SQL(values, ""); err == nil {
			t.Errorf("%v: %s", values, text)
		}
	}
}

func TestSearch(t *testing.T) {
	if found := Search("mfa T1556.006"); len(found) != 1 || found[0].Name != "mfa-changes" {
		t.Errorf("%v", found)
	}
	if _, err := Find("Root-Calls"); err != nil {
		t.Error(err)
	}
	if _, err := Find("mfa"); err == nil || !strings.Contains(err.Error(), "mfa-changes") {
		t.Error(err)
	}
	if _, err := Find("no such thing"); err == nil {
		t.Error("found")
	}
}
