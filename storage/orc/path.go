package orc

import "strings"

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
