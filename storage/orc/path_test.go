package orc

import (
	"slices"
	"testing"
)

func TestPaths(t *testing.T) {
	for text, want := range map[string][]string{
		"a": {"a"}, "useridentity.arn": {"useridentity", "arn"}, "`a.b`.c": {"a.b", "c"}, "`a``b`": {"a`b"}, "``": {""}, "``.x": {"", "x"},
	} {
		got, err := ParsePath(text)
		if err != nil || !slices.Equal(got, want) || PathOf(got...) != text {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "a.", ".a", "a..b", "`a", "`a`b", "a`b"} {
		if got, err := ParsePath(text); err == nil {
			t.Errorf("%s: got %q", text, got)
		}
	}
}
