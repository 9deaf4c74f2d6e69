package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// competitor is an engine.
type competitor interface {
	name() string
	about() string
	// dialect is what a statement of its own is called by in the suite.
	dialect() string
	// run runs a statement and returns how long it took, and with rows its answer.
	run(ctx context.Context, text string, rows bool) (time.Duration, answer, error)
	// coldRun runs a statement in a process of its own.
	coldRun(ctx context.Context, text string) (time.Duration, error)
	close() error
}

// answer is a result as text; NULL is nil.
type answer struct {
	Names []string
	Rows  [][]*string
}

// result is what is known of a statement on an engine.
type result struct {
	times []time.Duration
	err   error
	odd   string // how the answer differs from ctlake's; "" if it does not
	none  bool   // the engine has no such statement
}

func (r result) min() time.Duration { return slices.Min(r.times) }

func (r result) median() time.Duration {
	sorted := slices.Sorted(slices.Values(r.times))
	return sorted[len(sorted)/2]
}

// known reports whether the statement ran.
func (r result) known() bool { return r.err == nil && len(r.times) > 0 }

// table is all that was measured: results by statement, by engine.
type table struct {
	clock   string
	suite   []statement
	engines []competitor
	results [][]result
}

// measure runs each statement once on every engine to warm it and to compare the
// answers, then as often as asked, engines in turn.
func measure(ctx context.Context, s settings, suite []statement, engines []competitor) *table {
	t := &table{clock: s.clock, suite: suite, engines: engines}
	for _, q := range suite {
		results := make([]result, len(engines))
		var ours answer
		for i, e := range engines {
			text := q.forEngine(e.dialect())
			if text == "" {
				results[i].none = true
				continue
			}
			_, a, err := e.run(ctx, text, true)
			results[i].err = err
			switch {
			case i == 0:
				ours = a
			case err == nil && results[0].err == nil:
				results[i].odd = differ(q, ours, a)
			}
		}
		for range s.rounds {
			for i, e := range engines {
				if ctx.Err() != nil || results[i].none || results[i].err != nil {
					continue
				}
				took, _, err := e.run(ctx, q.forEngine(e.dialect()), false)
				results[i].err = err
				results[i].times = append(results[i].times, took)
			}
		}
		t.results = append(t.results, results)
	}
	return t
}

// differ says how an answer differs from ours; rows may come in any order.
func differ(q statement, ours, theirs answer) string {
	a, b := lines(q, ours), lines(q, theirs)
	if len(a) != len(b) {
		return fmt.Sprintf("%d rows, ctlake has %d", len(b), len(a))
	}
	for i := range a {
		if a[i] != b[i] {
			return fmt.Sprintf("%s, ctlake has %s", b[i], a[i])
		}
	}
	return ""
}

// lines returns the rows of an answer, sorted, as far as they are compared.
func lines(q statement, a answer) []string {
	out := make([]string, len(a.Rows))
	for i, row := range a.Rows {
		var cells []string
		for c, v := range row {
			switch {
			case q.check != nil && (c >= len(a.Names) || !slices.Contains(q.check, a.Names[c])):
			case v == nil:
				cells = append(cells, "NULL")
			default:
				cells = append(cells, *v)
			}
		}
		out[i] = strings.Join(cells, " | ")
	}
	slices.Sort(out)
	return out
}

// print writes the table, in Markdown.
func (t *table) print(w io.Writer) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	p("\nMilliseconds of %s time, minimum (median); × is how many times ctlake's minimum.\n\n| statement |", t.clock)
	for i, e := range t.engines {
		p(" %s |", e.name())
		if i > 0 {
			p(" × |")
		}
	}
	p("\n|---|%s\n", strings.Repeat("---:|", 2*len(t.engines)-1))
	logs, counts := make([]float64, len(t.engines)), make([]int, len(t.engines))
	var notes []string
	for q, results := range t.results {
		p("| %s |", t.suite[q].title)
		for i, r := range results {
			note := func(text string) {
				notes = append(notes, fmt.Sprintf("%s on %s: %s", t.suite[q].title, t.engines[i].name(), text))
			}
			switch {
			case r.none:
				p(" – |")
			case !r.known():
				p(" failed |")
				note(fmt.Sprint(r.err))
			default:
				p(" %s (%s) |", millis(r.min()), millis(r.median()))
			}
			if r.odd != "" {
				note("another answer: " + r.odd)
			}
			if i == 0 {
				continue
			}
			if !r.known() || !results[0].known() {
				p(" |")
				continue
			}
			ratio := float64(r.min()) / float64(max(results[0].min(), 1))
			p(" %.2f |", ratio)
			if ratio > 0 {
				logs[i] += math.Log(ratio)
				counts[i]++
			}
		}
		p("\n")
	}
	if len(t.engines) > 1 {
		p("| **geometric mean** | |")
		for i := range t.engines[1:] {
			p(" | **%.2f** |", math.Exp(logs[i+1]/float64(max(counts[i+1], 1))))
		}
		p("\n")
	}
	for _, n := range notes {
		p("\n%s\n", n)
	}
}

func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.2f", ms)
	}
	return fmt.Sprintf("%.1f", ms)
}

// coldRounds is how often a statement is run in processes of its own.
const coldRounds = 3

// coldRuns measures whole processes and prints them.
func coldRuns(ctx context.Context, s settings, suite []statement, engines []competitor) error {
	t := &table{clock: s.clock + " (cold, whole processes)", suite: suite, engines: engines}
	for _, q := range suite {
		results := make([]result, len(engines))
		for range coldRounds {
			for i, e := range engines {
				text := q.forEngine(e.dialect())
				if text == "" {
					results[i].none = true
					continue
				}
				if results[i].err != nil {
					continue
				}
				took, err := e.coldRun(ctx, text)
				results[i].err = err
				results[i].times = append(results[i].times, took)
			}
		}
		t.results = append(t.results, results)
	}
	fmt.Println()
	t.print(os.Stdout)
	return ctx.Err()
}
