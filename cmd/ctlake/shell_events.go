package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/cmd/internal/question"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/storage"
)

// statementOf makes a statement of a text that is one.
func statementOf(text string) parser.Statement {
	statements := parser.Split(text)
	if len(statements) == 0 {
		return parser.Statement{}
	}
	return statements[0]
}

// inStores calls f with the name of the store that was chosen, or of each in turn until f says that it found what it looks for.
func (sh *shell) inStores(ctx context.Context, f func(store string) (found bool, err error)) (bool, error) {
	if sh.lake == nil {
		return false, errNoLakeYet
	}
	if sh.flags.store != "" {
		store, err := sh.lake.Find(ctx, sh.flags.store)
		if err != nil {
			return false, err
		}
		return f(store.Name)
	}
	stores, err := sh.lake.EventDataStores(ctx)
	if err != nil {
		return false, err
	}
	for _, s := range stores {
		if s.Status == storage.StatusPendingDeletion {
			continue
		}
		if found, err := f(s.Name); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// eventLabels are the columns of question.Event, but the last.
var eventLabels = []string{"eventTime", "eventName", "eventSource", "awsRegion", "sourceIPAddress", "userAgent", "arn", "accessKeyId", "errorCode",
	"errorMessage", "recipientAccountId", "eventID", "archive"}

func (sh *shell) event(ctx context.Context, args string) error {
	id, raw, _ := strings.Cut(args, " ")
	if id == "" || raw != "" && strings.TrimSpace(raw) != "raw" {
		return errors.New("which event? .event ID, or .event ID raw")
	}
	var row []*string
	found, err := sh.inStores(ctx, func(store string) (bool, error) {
		rows, err := sh.query(ctx, question.Event(question.Scope{Table: store}, id), 1)
		if len(rows) > 0 {
			row = rows[0]
		}
		return row != nil, err
	})
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("there is no event %s", output.Escape(nil, []byte(id)))
	}
	to, shown := sh.destination(true)
	defer func() { _ = shown() }() // nothing but what the pager shows
	record := ""
	if last := row[len(row)-1]; last != nil {
		record = *last
	}
	if raw != "" {
		return writeLine(to, "%s", record)
	}
	for i, label := range eventLabels {
		if row[i] == nil {
			continue
		}
		if err := writeLine(to, "%-18s %s", label, output.Escape(nil, []byte(*row[i]))); err != nil {
			return err
		}
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(record), "", "  "); err != nil {
		pretty.Reset()
		pretty.WriteString(record)
	}
	for line := range bytes.Lines(pretty.Bytes()) {
		if _, err := to.Write(append(output.Escape(nil, bytes.TrimSuffix(line, []byte("\n"))), '\n')); err != nil {
			return nil // the reader has left the pager
		}
	}
	return nil
}

// defaultSpan is how far .around looks before and after an event.
const defaultSpan = 5 * time.Minute

func (sh *shell) around(ctx context.Context, args string) error {
	id, span, _ := strings.Cut(args, " ")
	if id == "" {
		return errors.New("around which event? .around ID [5m]")
	}
	within := defaultSpan
	if span = strings.TrimSpace(span); span != "" {
		var err error
		if within, err = time.ParseDuration(span); err != nil || within < time.Second {
			return fmt.Errorf("%q is no time such as 30s, 5m or 2h", span)
		}
	}
	var known *question.Known
	var in string
	found, err := sh.inStores(ctx, func(store string) (bool, error) {
		rows, err := sh.query(ctx, question.Facts(question.Scope{Table: store}, id), 1)
		if len(rows) == 0 || err != nil {
			return false, err
		}
		text := func(i int) string {
			if rows[0][i] == nil {
				return ""
			}
			return *rows[0][i]
		}
		known, in = &question.Known{ARN: text(0), PrincipalID: text(1), AccessKeyID: text(2), Address: text(3), Time: text(4)}, store
		return true, nil
	})
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("there is no event %s", output.Escape(nil, []byte(id)))
	}
	text, err := question.Around(question.Scope{Table: in}, id, *known, within)
	if err != nil {
		return err
	}
	return sh.show(ctx, statementOf(text), sh.format)
}
