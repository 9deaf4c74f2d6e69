// Command orcfiles writes ORC files of all that our writer can write, with what
// they hold as JSON, for other readers to be compared with (.ci/orc_readers.py).
//
//	orcfiles DIR
//
//	DIR/NAME.orc          a file
//	DIR/NAME.json         {"columns": [[name, type], …], "rows": [[value, …], …]}
//	DIR/predicates.json   [{"column", "type", "op", "values", "rows"}, …] about predicates.orc
//
// A type is {"kind": "bigint"} with "fields", "element", "key", "value", "scale" where
// it has them. Values are JSON's, but: numbers beyond 53 bits, floating point, decimals,
// days since 1970 and nanoseconds since 1970 are texts, bytes are hexadecimal, maps are
// lists of pairs, rows are lists.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: orcfiles DIR")
		os.Exit(2)
	}
	if err := writeAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "orcfiles:", err)
		os.Exit(1)
	}
}

// sample is a file to be.
type sample struct {
	name    string
	schema  types.Type
	options orc.WriterOptions
	batches []*vector.Batch
}

func writeAll(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, s := range samples() {
		if err := s.write(dir); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	s, asked := predicates()
	text, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	return errors.Join(s.write(dir), os.WriteFile(filepath.Join(dir, "predicates.json"), text, 0o644))
}

func (s *sample) write(dir string) error {
	var b bytes.Buffer
	w, err := orc.NewWriter(&b, s.schema, s.options)
	if err != nil {
		return err
	}
	for _, batch := range s.batches {
		if err := w.Write(batch); err != nil {
			return err
		}
	}
	if _, err := w.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, s.name+".orc"), b.Bytes(), 0o644); err != nil {
		return err
	}
	if s.name == "predicates" {
		return nil
	}
	text := []byte(`{"columns":[`)
	for i, f := range s.schema.Fields() {
		if i > 0 {
			text = append(text, ',')
		}
		text = fmt.Appendf(text, "[%q,", f.Name)
		text = append(appendType(text, f.Type), ']')
	}
	text = append(text, `],"rows":[`...)
	first := true
	for _, batch := range s.batches {
		columns := make([]vector.Vector, len(batch.Columns))
		for i, v := range batch.Columns {
			columns[i] = vector.Plain(v)
		}
		for r := range batch.N {
			if !first {
				text = append(text, ",\n"...)
			}
			first = false
			text = append(text, '[')
			for i, v := range columns {
				if i > 0 {
					text = append(text, ',')
				}
				text = appendValue(text, v, r)
			}
			text = append(text, ']')
		}
	}
	return os.WriteFile(filepath.Join(dir, s.name+".json"), append(text, "]}"...), 0o644)
}
