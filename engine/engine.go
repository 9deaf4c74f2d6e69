// Package engine runs statements: it is what every face (terminal, API, console)
// calls to query a lake.
//
//	text ── parser ──► tree ── analyzer ──► plan ── optimizer ──► plan ── exec.Build ──► operators ── Result.Next ──► batches
//
// Run does everything up to the operators; nothing is read before the first Next.
// A statement sees one snapshot of the catalog. It ends by io.EOF, by an error, by its
// timeout, by the end of its context, or by Close, and then holds nothing.
//
// Errors of a statement are *sql.Error, with Trino's codes and texts. A panic is a
// bug of ctlake: it ends its own statement alone, as an *InternalError that keeps
// the statement and the stack for the log.
package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/optimizer"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// Limits of the options of a statement.
const (
	// MaxThreads is the most goroutines that may scan for one statement.
	MaxThreads = 256
	// MaxBatchRows is the most rows that may be asked for in a batch.
	MaxBatchRows = 1 << 20
	// DefaultMemoryBytes is what a statement may hold unless Options say otherwise.
	// The faces set half of the machine's memory.
	DefaultMemoryBytes = 2 << 30
)

// ErrMemoryLimit is what errors of statements that needed more memory than they may have wrap.
var ErrMemoryLimit = exec.ErrMemoryLimit

// Catalog knows the tables of a lake. It is safe for concurrent use.
type Catalog interface {
	// Snapshot returns the tables as they are now, for one statement. store is the
	// event data store that placeholders such as $EDS_ID mean; "" for the only one
	// there is. The tables that the snapshot returns must be exec.Sources.
	Snapshot(ctx context.Context, store string) (analyzer.Catalog, error)
}

// Options are what a statement depends on beside its text. The zero value is ready for use.
type Options struct {
	Threads   int            // goroutines that scan; 0 is one for each processor
	BatchRows int            // rows of a batch; 0 is vector.DefaultBatchRows
	Timeout   time.Duration  // from Run to the last Next; 0 is none
	Memory    int64          // bytes that the statement may hold; 0 is DefaultMemoryBytes, negative is no limit
	MaxBytes  int64          // bytes that its scans may read; 0 is no limit
	Zone      *time.Location // the session zone; nil is UTC
	Now       time.Time      // the statement's start; zero is the clock's
	User      string         // current_user
	Store     string         // the event data store that placeholders mean; "" is the only one
	// Params are the values of the question marks, in order. What is written like a
	// literal is one (7, 'text', DATE '2024-05-01', NULL); all else is the text of a varchar.
	Params []string
	// MaxStatementBytes is how long the text may be; 0 is the parser's limit.
	MaxStatementBytes int

	// SpillDir is the directory for what a statement has no memory for: sorts, groups and joins that are
	// larger than Memory. "" is the system's directory for temporary files.
	SpillDir string

	// For tests and for the search of bugs: answers are the same. SpillBytes is how much an
	// operator holds before it writes to disk, 0 is its share of Memory; SpillDisk takes the place of SpillDir.
	SpillBytes int64
	SpillDisk  spill.Disk

	DisableOptimizer, DisablePruning, DisableDictionaries bool
}

// Query is a statement to run.
type Query struct {
	Text string
	// Start is where the text begins in a larger one, for positions of errors; zero is line 1, column 1.
	Start sql.Pos
	Options
}

// Engine runs statements over a catalog. It is safe for concurrent use.
type Engine struct {
	catalog Catalog
	now     func() time.Time
	memory  *exec.Memory // of all statements; nil for no limit
}

// New returns an engine. now is the clock; nil is the system's.
func New(catalog Catalog, now func() time.Time) *Engine {
	if now == nil {
		now = time.Now
	}
	return &Engine{catalog: catalog, now: now}
}

// LimitMemory sets how many bytes all statements together may hold, and the cache of the catalog with them: it
// shrinks when statements want what it holds. It is to be called before the first Run.
func (e *Engine) LimitMemory(bytes int64) {
	c, ok := e.catalog.(LakeCatalog)
	if !ok || c.Cache == nil {
		e.memory = exec.NewSharedMemory(bytes, nil)
		return
	}
	e.memory = exec.NewSharedMemory(bytes, c.Cache.shrink)
	c.Cache.within(e.memory)
}

// InternalError is a bug of ctlake. Its text names no detail; Statement, Value and Stack are for the log.
type InternalError struct {
	Statement string
	Value     any // what was panicked with
	Stack     []byte
}

// Error says that it is a bug, and which.
func (e *InternalError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// Unwrap makes the code of the error GENERIC_INTERNAL_ERROR.
func (e *InternalError) Unwrap() error {
	return &sql.Error{Code: sql.GENERIC_INTERNAL_ERROR, Msg: e.Error()}
}

// Run prepares a statement and returns its result, of which nothing is read yet. The
// statement ends when ctx does. The caller must close the result.
func (e *Engine) Run(ctx context.Context, q Query) (r *Result, err error) {
	if q.Now.IsZero() {
		q.Now = e.now()
	}
	s, err := newStatement(q, time.Now())
	if err != nil {
		return nil, err
	}
	if e.memory != nil {
		s.runtime.Memory.Within(e.memory)
	}
	ctx, cancel := withTimeout(ctx, q.Timeout)
	s.env.Ctx.Err = ctx.Err
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, &InternalError{Statement: q.Text, Value: v, Stack: debug.Stack()}
		}
		if err != nil {
			err = s.explain(ctx, err)
			cancel()
		}
	}()
	analysis, err := s.analyze(ctx, e.catalog)
	if err != nil {
		return nil, err
	}
	r, err = s.start(ctx, analysis)
	if err != nil {
		return nil, err
	}
	r.ctx, r.cancel = ctx, cancel
	return r, nil
}

func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, timeout)
}

// statement is a statement that is being prepared or run.
type statement struct {
	query   Query
	started time.Time
	env     *expr.Env
	runtime *exec.Runtime
	tables  analyzer.Catalog
	// warnings are what the reader of the result should know.
	warnings []analyzer.Warning
}

// newStatement checks the options of a statement, and fills in what they leave open but Now.
func newStatement(q Query, started time.Time) (*statement, error) {
	s := &statement{query: q, started: started}
	o := &s.query.Options
	switch {
	case o.Threads < 0 || o.Threads > MaxThreads:
		return nil, sql.Errorf(sql.INVALID_ARGUMENTS, sql.Pos{}, "threads must be between 1 and %d, not %d", MaxThreads, o.Threads)
	case o.BatchRows < 0 || o.BatchRows > MaxBatchRows:
		return nil, sql.Errorf(sql.INVALID_ARGUMENTS, sql.Pos{}, "rows of a batch must be between 1 and %d, not %d", MaxBatchRows, o.BatchRows)
	case o.MaxBytes < 0:
		return nil, sql.Errorf(sql.INVALID_ARGUMENTS, sql.Pos{}, "bytes to scan must not be negative, but are %d", o.MaxBytes)
	}
	if o.Threads == 0 {
		o.Threads = min(runtime.GOMAXPROCS(0), MaxThreads)
	}
	if o.BatchRows == 0 {
		o.BatchRows = vector.DefaultBatchRows
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	switch {
	case o.Memory == 0:
		o.Memory = DefaultMemoryBytes
	case o.Memory < 0:
		o.Memory = 0
	}
	memory := exec.NewMemory(o.Memory)
	fc := &function.Context{Now: o.Now, Zone: o.Zone, User: o.User}
	fc.Charge = memory.ChargeFunction
	s.env = &expr.Env{Ctx: fc, Cast: function.ResolveCast, NoDictionaries: o.DisableDictionaries}
	s.runtime = &exec.Runtime{
		Env: s.env, BatchRows: o.BatchRows, Workers: o.Threads, NoPruning: o.DisablePruning,
		MaxScanBytes: o.MaxBytes, Memory: memory, Counters: &exec.Counters{},
		Spill: o.SpillDisk, SpillBytes: o.SpillBytes,
	}
	if s.runtime.Spill == nil {
		s.runtime.Spill = spill.Dir(o.SpillDir)
	}
	return s, nil
}

// analyze parses and analyzes the text.
func (s *statement) analyze(ctx context.Context, catalog Catalog) (*analyzer.Analysis, error) {
	tree, err := parser.Parse(s.query.Text, parser.Options{MaxBytes: s.query.MaxStatementBytes, Start: s.query.Start})
	if err != nil {
		return nil, err
	}
	params, err := parameters(s.query.Params)
	if err != nil {
		return nil, err
	}
	if s.tables, err = catalog.Snapshot(ctx, s.query.Store); err != nil {
		return nil, err
	}
	a, err := analyzer.Analyze(tree, s.tables, analyzer.Options{Now: s.query.Now, Zone: s.query.Zone, User: s.query.User, Parameters: params, Eval: s.constant})
	if err == nil {
		s.warnings = a.Warnings
	}
	return a, err
}

// constant computes an expression without columns.
func (s *statement) constant(e plan.Expr) (vector.Vector, error) { return expr.EvalConstant(e, s.env) }

// optimize returns the plan that is run.
func (s *statement) optimize(a *analyzer.Analysis) (plan.Node, error) {
	return optimizer.Optimize(a.Plan, optimizer.Options{
		Disabled: s.query.DisableOptimizer,
		Eval:     s.constant,
		Rows:     func(n plan.Node) float64 { return newEstimator(n, s.query.DisablePruning).of(n) },
		Zone:     s.query.Zone,
	})
}

// start makes the result of an analyzed statement.
func (s *statement) start(ctx context.Context, a *analyzer.Analysis) (*Result, error) {
	switch a.Kind {
	case analyzer.Query:
		root, err := s.optimize(a)
		if err != nil {
			return nil, err
		}
		s.noticeTimeRange(root)
		return s.run(root)
	case analyzer.Explain, analyzer.ExplainAnalyze, analyzer.ExplainValidate:
		return s.explainPlan(a)
	}
	return s.show(a)
}

// run makes the operators of a plan.
func (s *statement) run(root plan.Node) (*Result, error) {
	op, err := exec.Build(root, s.runtime)
	if err != nil {
		return nil, err
	}
	r := &Result{statement: s, operator: op}
	for _, c := range root.Columns() {
		r.columns = append(r.columns, Column{Name: c.Name, Type: c.Type})
	}
	return r, nil
}

// explain gives an error that a face can show: the end of the context and panics
// of workers become errors of the statement.
func (s *statement) explain(ctx context.Context, err error) error {
	var p *exec.PanicError
	if errors.As(err, &p) {
		return &InternalError{Statement: s.query.Text, Value: p.Value, Stack: p.Stack}
	}
	if ctx == nil || ctx.Err() == nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if s.query.Timeout > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &sql.Error{Code: sql.EXCEEDED_TIME_LIMIT, Err: err, Hint: "raise the limit with --timeout",
			Msg: fmt.Sprintf("Query exceeded the maximum run time of %s", s.query.Timeout)}
	}
	return &sql.Error{Code: sql.USER_CANCELED, Err: err, Msg: "Query was canceled"}
}
