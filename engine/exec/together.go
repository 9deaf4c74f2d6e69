package exec

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/storage/vector"
)

// takeBatches calls do for each batch of in, until that says that no more are wanted, or ctx is over.
func takeBatches(ctx context.Context, in Operator, do func(b *vector.Batch) (more bool, err error)) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := in.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if more, err = do(b); err != nil {
			return err
		}
	}
	return nil
}

// together calls do for 0..n-1 on up to workers goroutines, and returns the error of the lowest number that had one of
// those that were tried: none is begun after an error, nor once ctx is over.
func together(ctx context.Context, workers, n int, do func(i int) error) error {
	workers = min(workers, n)
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	work := func() {
		for !failed.Load() {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if errs[i] = ctx.Err(); errs[i] == nil {
				errs[i] = guarded(func() error { return do(i) })
			}
			if errs[i] != nil {
				failed.Store(true)
			}
		}
	}
	var wg sync.WaitGroup
	for range workers - 1 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
	}
	work()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
