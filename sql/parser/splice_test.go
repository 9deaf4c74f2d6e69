package parser_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
)

// FuzzPrintReparse puts expressions of the goldens in place of others, anywhere the grammar has
// room for any expression: the text of the new tree must give that tree.
func FuzzPrintReparse(f *testing.F) {
	var texts []string
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n\n") {
			text, _, _ := strings.Cut(block, "\n----\n")
			if _, err := parser.Parse(text, parser.Options{}); err == nil {
				texts = append(texts, text)
			}
		}
	}
	tree := func(i uint64) ast.Statement {
		s, err := parser.Parse(texts[i%uint64(len(texts))], parser.Options{})
		if err != nil {
			f.Fatal(err)
		}
		return s
	}
	for seed := range uint64(500) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		s := tree(r.Uint64())
		for range 1 + r.IntN(3) {
			rooms := exprRooms(s)
			from := exprRooms(tree(r.Uint64()))
			if len(rooms) == 0 || len(from) == 0 {
				return
			}
			rooms[r.IntN(len(rooms))].Set(from[r.IntN(len(from))])
		}
		renumber(s)
		if reparse(t, s); t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
}

// renumber counts the parameters of a tree anew.
func renumber(n ast.Node) {
	next := 0
	var walk func(n ast.Node)
	walk = func(n ast.Node) {
		if p, ok := n.(*ast.Parameter); ok {
			p.Index = next
			next++
		}
		ast.Children(n, walk)
	}
	walk(n)
}

// exprRooms returns the places in a tree where any expression may stand, and one does.
func exprRooms(n ast.Node) []reflect.Value {
	var rooms []reflect.Value
	expr := reflect.TypeFor[ast.Expr]()
	var walk func(n ast.Node)
	walk = func(n ast.Node) {
		if c, ok := n.(*ast.FunctionCall); ok && strings.EqualFold(c.Name.Parts[0].Name, "grouping") {
			return // GROUPING takes names only
		}
		v := reflect.ValueOf(n).Elem()
		switch n.(type) {
		case *ast.Arithmetic, *ast.Comparison, *ast.Logical, *ast.Not, *ast.Between, *ast.InList, *ast.Like, *ast.IsNull,
			*ast.IsDistinctFrom, *ast.Unary, *ast.Cast, *ast.Case, *ast.When, *ast.Array, *ast.Subscript, *ast.SelectExpr, *ast.Select, *ast.Dereference:
			for i := range v.NumField() {
				field := v.Field(i)
				switch {
				case field.Type() == expr && !field.IsNil():
					rooms = append(rooms, field)
				case field.Kind() == reflect.Slice && field.Type().Elem() == expr:
					for j := range field.Len() {
						rooms = append(rooms, field.Index(j))
					}
				}
			}
		}
		ast.Children(n, walk)
	}
	walk(n)
	return rooms
}
