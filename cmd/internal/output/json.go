package output

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxHeldJSONBytes is how much of a statement's one line is held back so that a
// statement that fails late is still answered by {"error":…} alone. A longer
// result is written as it comes; if it then fails, "error" closes the line.
const maxHeldJSONBytes = 64 << 20

var (
	_ = register(format{names: []string{"json"}, doc: `one line a statement: {"columns":[…],"rows":[…],"stats":{…}} or {"error":{…}}`,
		new: func(w io.Writer, _ Options) Writer { return &jsonStatement{buffer: buffer{w: w}} }})
	_ = register(format{names: []string{"jsonl", "JSON"}, doc: "one object a row",
		new: func(w io.Writer, _ Options) Writer { return &jsonLines{buffer: buffer{w: w}} }})
	_ = register(format{names: []string{"lake"}, doc: "QueryResultRows of GetQueryResults: lists of one-key objects, all values strings",
		new: func(w io.Writer, o Options) Writer { return &lakeRows{buffer: buffer{w: w}, Options: o} }})
)

type jsonStatement struct {
	buffer
	rows     int64
	streamed bool
}

func (j *jsonStatement) Begin(columns []engine.Column) error {
	j.text = append(j.text, `{"columns":[`...)
	for i, c := range columns {
		if i > 0 {
			j.text = append(j.text, ',')
		}
		j.text = append(j.text, `{"name":`...)
		j.text = appendJSONString(j.text, c.Name)
		j.text = append(j.text, `,"type":`...)
		j.text = appendJSONString(j.text, c.Type.String())
		j.text = append(j.text, '}')
	}
	j.text = append(j.text, `],"rows":[`...)
	return nil
}

func (j *jsonStatement) Write(b *vector.Batch) error {
	for row := range b.N {
		if j.rows > 0 {
			j.text = append(j.text, ',')
		}
		j.rows++
		j.text = append(j.text, '[')
		for i, v := range b.Columns {
			if i > 0 {
				j.text = append(j.text, ',')
			}
			j.text = vector.AppendJSON(j.text, v, row)
		}
		j.text = append(j.text, ']')
		if len(j.text) > maxHeldJSONBytes {
			j.streamed = true
		}
		if j.streamed {
			if err := j.flushIfFull(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *jsonStatement) End(s engine.Stats) error {
	stats, err := json.Marshal(s)
	if err != nil {
		return err
	}
	j.text = append(append(j.text, `],"stats":`...), stats...)
	j.text = append(j.text, "}\n"...)
	return j.flush()
}

func (j *jsonStatement) Fail(err error) error {
	if j.streamed {
		j.text = append(j.text, `],`...)
	} else {
		j.text = append(j.text[:0], '{')
	}
	j.text = append(j.text, `"error":`...)
	j.text = AppendError(j.text, err)
	j.text = append(j.text, "}\n"...)
	return j.flush()
}

// AppendError appends err as {"code","message","line","column"}; line and column
// are those in the statement, and are left out where err has none.
func AppendError(dst []byte, err error) []byte {
	code, message, pos := sql.GENERIC_INTERNAL_ERROR, err.Error(), sql.Pos{}
	if e, ok := errors.AsType[*sql.Error](err); ok {
		code, message, pos = e.Code, e.Msg, e.Pos
	}
	dst = append(dst, `{"code":`...)
	dst = appendJSONString(dst, string(code))
	dst = append(dst, `,"message":`...)
	dst = appendJSONString(dst, message)
	if pos.Line > 0 {
		dst = append(dst, `,"line":`...)
		dst = strconv.AppendInt(dst, int64(pos.Line), 10)
		dst = append(dst, `,"column":`...)
		dst = strconv.AppendInt(dst, int64(pos.Column), 10)
	}
	return append(dst, '}')
}

func appendJSONString(dst []byte, s string) []byte {
	return vector.AppendJSON(dst, vector.NewFlat(types.TVarchar, []string{s}, nil), 0)
}

type jsonLines struct {
	buffer
	labels [][]byte
}

func (j *jsonLines) Begin(columns []engine.Column) error {
	for _, c := range columns {
		j.labels = append(j.labels, append(appendJSONString(nil, c.Name), ':'))
	}
	return nil
}

func (j *jsonLines) Write(b *vector.Batch) error {
	for row := range b.N {
		j.text = append(j.text, '{')
		for i, v := range b.Columns {
			if i > 0 {
				j.text = append(j.text, ',')
			}
			j.text = append(j.text, j.labels[i]...)
			j.text = vector.AppendJSON(j.text, v, row)
		}
		j.text = append(j.text, "}\n"...)
		if err := j.flushIfFull(); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonLines) End(engine.Stats) error { return j.flush() }

func (j *jsonLines) Fail(error) error { return j.flush() }

// lakeRows writes the shape of QueryResultRows, as one JSON list.
type lakeRows struct {
	buffer
	Options
	labels  [][]byte
	rows    int64
	scratch []byte
}

func (l *lakeRows) Begin(columns []engine.Column) error {
	for _, c := range columns {
		l.labels = append(l.labels, append(appendJSONString([]byte{'{'}, c.Name), ':'))
	}
	l.text = append(l.text, '[')
	return nil
}

func (l *lakeRows) Write(b *vector.Batch) error {
	for row := range b.N {
		if l.rows > 0 {
			l.text = append(l.text, ',')
		}
		l.rows++
		l.text = append(l.text, "\n["...)
		for i, v := range b.Columns {
			if i > 0 {
				l.text = append(l.text, ',')
			}
			l.text = append(l.text, l.labels[i]...)
			l.scratch = l.scratch[:0]
			switch {
			case !v.Nulls().Has(row):
				l.scratch = vector.AppendText(l.scratch, v, row)
			case l.Null != nil:
				l.scratch = append(l.scratch, *l.Null...)
			}
			l.text = append(appendJSONString(l.text, string(l.scratch)), '}')
		}
		l.text = append(l.text, ']')
		if err := l.flushIfFull(); err != nil {
			return err
		}
	}
	return nil
}

func (l *lakeRows) End(engine.Stats) error {
	l.text = append(l.text, "]\n"...)
	return l.flush()
}

func (l *lakeRows) Fail(error) error { return l.flush() }
