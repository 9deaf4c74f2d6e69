package engine

import (
	"context"
	"errors"
	"flag"
	"io"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql"
)

// late is a guard against statements that do not end at all. How soon they end is to be seen on a machine
// with nothing else to do:
//
//	go test ./engine -run Cancelled -late 200ms
var late = flag.Duration("late", 30*time.Second, "how late a statement may end after it was cancelled")

// TestPatternsAreCancelled runs patterns that take very long, over 10,000 characters, and cancels them.
func TestPatternsAreCancelled(t *testing.T) {
	const after, tries = 30 * time.Millisecond, 10
	for _, condition := range []string{
		`regexp_like(x, '(a+)+$')`,
		`regexp_like(x, '(?>(a+)+)\1$')`,
		`regexp_like(x, '(?=(a+)+$)')`,
		`regexp_like(x, '(?<!b)(a|aa)+\1b')`,
		`regexp_count(x, '(a|aa)+\1\1$') > 0`,
		`regexp_replace(x, '(a*)*\1b', '') = ''`,
		`cardinality(regexp_split(x, '(a?){90}(?!a)b')) = 1`,
		`x LIKE '%' || rpad('', 5000, '_a') || '_b%'`,
		`x NOT LIKE '%a' || rpad('', 4000, '%_a') || '%b_%b'`,
		`regexp_extract(x, '(a*)*\1b') IS NULL`,
		`cardinality(regexp_extract_all(x, '(a|aa)+\1b')) = 0`,
		`regexp_position(x, '(a|aa)+\1b') < 0`,
		`regexp_replace(x, '(a|aa)+\1b', m -> '') = x`,
		`length(regexp_replace(x, 'a', x || x)) > 0`,
		`length(replace(x, 'a', rpad('', 4000, x))) > 0`,
		`length(lpad(x, 2000000, 'b')) > 0`,
		`json_exists('[' || rpad('', 20000, '[[1],[1],[1]],') || '1]', 'lax $..a..a..a[*][*]..a') AND x IS NULL`,
		`json_value('[' || rpad('', 20000, '[[1],[1],[1]],') || n || ']', 'lax $[*][*][0, 0, 0, 0][0, 0, 0, 0][0, 0, 0, 0][0, 0, 0, 0].size()') IS NULL`,
	} {
		text := "SELECT count(*) FROM (SELECT rpad('', 10000, 'a') || CAST(n AS varchar) AS x, CAST(n AS varchar) AS n FROM numbers) WHERE " + condition
		took := time.Duration(0)
		for try := 0; try == 0 || took > after+*late && try < tries; try++ {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(after, cancel)
			begun := time.Now()
			err := runAll(ctx, text)
			took = time.Since(begun)
			cancel()
			if code := sql.CodeOf(err); err != nil && code != sql.USER_CANCELED && code != sql.EXCEEDED_FUNCTION_MEMORY_LIMIT {
				t.Fatalf("%s: %v", condition, err)
			}
		}
		if took > after+*late {
			t.Errorf("%s took %s", condition, took)
		}
	}
}

func runAll(ctx context.Context, text string) error {
	e := New(oneTable{&numbers{rows: 100}}, func() time.Time { return time.Unix(0, 0) })
	r, err := e.Run(ctx, Query{Text: text})
	if err != nil {
		return err
	}
	for err == nil {
		_, err = r.Next()
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, r.Close())
}
