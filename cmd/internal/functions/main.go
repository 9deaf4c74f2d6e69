// Command functions writes the reference of SQL functions, docs/functions.md, out of
// their declarations in package sql/function:
//
//	go run ./cmd/internal/functions > docs/functions.md
//
// A test sees to it that the file is what the declarations say.
package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql/function"
)

func main() {
	if _, err := os.Stdout.Write(reference()); err != nil {
		fmt.Fprintln(os.Stderr, "functions:", err)
		os.Exit(1)
	}
}

const heading = `# Functions

Every function of ctlake's SQL, with Trino's names and types. ` + "`SHOW FUNCTIONS [LIKE '…']`" + ` lists them too. This file is
made from their declarations by ` + "`go run ./cmd/internal/functions > docs/functions.md`" + `.

Letters (T, K, V …) stand for any type, the same letter for the same one; ` + "`…`" + ` for more of the last parameter. A function is
NULL where an argument is, unless it says otherwise. *Random* functions may give another result for the same arguments.
`

// reference is the whole text of docs/functions.md.
func reference() []byte {
	var b bytes.Buffer
	b.WriteString(heading)
	signatures := map[string][]function.Signature{}
	for _, s := range function.Signatures() {
		signatures[s.Name] = append(signatures[s.Name], s)
	}
	groups := map[string][]function.Doc{}
	var order []string
	for _, d := range function.Docs() {
		if groups[d.Group] == nil {
			order = append(order, d.Group)
		}
		groups[d.Group] = append(groups[d.Group], d)
	}
	slices.Sort(order)
	for _, group := range order {
		fmt.Fprintf(&b, "\n## %s%s\n", strings.ToUpper(group[:1]), group[1:])
		for _, d := range groups[group] {
			entry(&b, d, signatures[d.Name])
		}
	}
	return b.Bytes()
}

// entry writes one function. Names that are more than one sort of function have an entry each.
func entry(b *bytes.Buffer, d function.Doc, signatures []function.Signature) {
	fmt.Fprintf(b, "\n### %s\n\n%s.", d.Name, d.Text)
	if len(d.Aliases) > 0 {
		fmt.Fprintf(b, " Also `%s`.", strings.Join(d.Aliases, "`, `"))
	}
	b.WriteString("\n\n")
	for _, s := range signatures {
		if s.Text != d.Text {
			continue
		}
		notes := ""
		params, variadic := s.Arguments()
		if variadic {
			params += " …"
		}
		if s.Kind != "scalar" {
			notes = " *(" + s.Kind + ")*"
		}
		if !s.Deterministic {
			notes += " *(random)*"
		}
		fmt.Fprintf(b, "- `%s(%s)` → `%s`%s\n", s.Name, params, s.Result, notes)
	}
	if d.Example != "" && d.Result != "" {
		fmt.Fprintf(b, "\n```sql\n%s  -- %s\n```\n", d.Example, strings.ReplaceAll(d.Result, "\n", `\n`))
	}
}
