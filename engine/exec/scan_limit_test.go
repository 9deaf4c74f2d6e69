package exec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
)

// LIMIT over a scan gives the first rows of the table, whatever the workers find first, and reads no others of the columns that the
// filter does not need.
func TestLimitOfScan(t *testing.T) {
	columns := []testColumn{col("n", bigint), col("name", varchar), col("text", varchar)}
	for i := range 60 {
		for c, v := range []any{i, fmt.Sprint("name ", i%5), fmt.Sprint("text ", i)} {
			columns[c].values = append(columns[c].values, v)
		}
	}
	p := tableOf("t", columns...)
	for _, filtered := range []bool{false, true} {
		for _, workers := range []int{1, 2, 4} {
			for _, batchRows := range []int{1, 4, 1024} {
				for _, count := range []int64{1, 5, 7, 8, 20, 59, 60, 100} {
					s := scanOf(p, 1)
					first := 0
					if filtered {
						s.Filter, first = callOf("less", num(11), ref(s, "n")), 12
					}
					rt := runtimeOf(config{batchRows: batchRows, workers: workers})
					got, err := run(&plan.Limit{Input: s, Count: count}, rt)
					var want []string
					for i := first; i < min(60, first+int(count)); i++ {
						want = append(want, fmt.Sprintf("%d name %d text %d", i, i%5, i))
					}
					if err != nil || got != strings.Join(want, "\n")+"\n" {
						t.Fatalf("filtered %v, %d workers, batches of %d, LIMIT %d: %v, %v", filtered, workers, batchRows, count, got, err)
					}
					if matched := rt.Counters.RowsMatched.Load(); workers == 1 && matched > count {
						t.Errorf("filtered %v, batches of %d, LIMIT %d: %d rows are read", filtered, batchRows, count, matched)
					}
				}
			}
		}
	}
}
