package orc

import (
	"fmt"
	"strings"
)

// Steps of a path that lead into lists and maps; into a struct it is the field's name.
const (
	ElementStep = "element"
	KeyStep     = "key"
	ValueStep   = "value"
)

// PathOf joins the steps of a path as options and messages spell it:
// useridentity.arn, resources.element.type, requestparameters.key. A name with
// dots or backquotes is quoted: `a.b`.c.
func PathOf(steps ...string) string {
	quoted := make([]string, len(steps))
	for i, s := range steps {
		if s == "" || strings.ContainsAny(s, ".`") {
			s = "`" + strings.ReplaceAll(s, "`", "``") + "`"
		}
		quoted[i] = s
	}
	return strings.Join(quoted, ".")
}

// ParsePath is the inverse of PathOf.
func ParsePath(text string) ([]string, error) {
	bad := func(what string) ([]string, error) { return nil, fmt.Errorf("path %s: %s", text, what) }
	var steps []string
	for rest := text; ; {
		var step string
		if quoted, ok := strings.CutPrefix(rest, "`"); ok {
			var b strings.Builder
			for {
				before, after, ok := strings.Cut(quoted, "`")
				if !ok {
					return bad("a backquote is not closed")
				}
				b.WriteString(before)
				if quoted, ok = strings.CutPrefix(after, "`"); !ok {
					rest = after
					break
				}
				b.WriteByte('`')
			}
			step = b.String()
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			if step, rest = rest[:end], rest[end:]; step == "" || strings.Contains(step, "`") {
				return bad("a step is empty or half quoted")
			}
		}
		steps = append(steps, step)
		if rest == "" {
			return steps, nil
		}
		var ok bool
		if rest, ok = strings.CutPrefix(rest, "."); !ok {
			return bad("a step does not end with its backquote")
		}
	}
}
