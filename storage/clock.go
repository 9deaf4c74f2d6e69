package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
)

// ErrClock says that a clock is not trusted: what would be removed by it might be what the rule keeps.
var ErrClock = errors.New("the clock is in doubt")

// DefaultMaxClockAhead is how far the clock may be ahead of the last commit for files to be removed by it.
const DefaultMaxClockAhead = 92 * 24 * time.Hour

// clockSlack is how far the clock may be behind the last commit: clocks are set right by seconds now and then.
const clockSlack = 10 * time.Minute

// checkClock returns ErrClock if the lake's clock is behind the last commit whose clock was
// trusted, or ahead of it by more than most.
func (l *Lake) checkClock(ctx context.Context, most time.Duration) error {
	const hint = "if the clock is right, ctlake retention run --force takes it as the lake's"
	last, err := l.catalog.Clock(ctx)
	if errors.Is(err, catalog.ErrDamage) {
		return fmt.Errorf("%w: there is nothing to hold it against: %w; %s", ErrClock, err, hint)
	}
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	now := l.now()
	switch {
	case last.IsZero():
		return nil
	case now.Before(last.Add(-clockSlack)):
		return fmt.Errorf("%w: it says %s, but the last commit was at %s, %s later; %s", ErrClock,
			now.UTC().Format(time.RFC3339), last.Format(time.RFC3339), days(last.Sub(now)), hint)
	case now.After(last.Add(most)):
		return fmt.Errorf("%w: it says %s, but the last commit was at %s, %s earlier, more than %s; %s", ErrClock,
			now.UTC().Format(time.RFC3339), last.Format(time.RFC3339), days(now.Sub(last)), days(most), hint)
	}
	return nil
}

func days(d time.Duration) string { return fmt.Sprintf("%.1f days", d.Hours()/24) }

// tick takes note of the time, if the clock is trusted: by a wrong clock the lake would trust it later.
func (l *Lake) tick(ctx context.Context) error {
	err := l.checkClock(ctx, DefaultMaxClockAhead)
	if errors.Is(err, ErrClock) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.setClock(ctx)
}

func (l *Lake) setClock(ctx context.Context) error {
	if err := l.catalog.SetClock(ctx, l.now()); err != nil {
		return fmt.Errorf("write catalog: %w", err)
	}
	return nil
}
