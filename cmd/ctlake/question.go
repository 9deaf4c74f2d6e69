package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/question"
	"github.com/ctlake/ctlake/storage"
)

// questionFlags are the flags of the commands that ask an investigator's question.
type questionFlags struct {
	queryFlags
	scopeFlags
	sql bool
}

// scopeFlags say what a question is asked of.
type scopeFlags struct {
	store          string
	from, to, last string
	limit          int
}

func (f *scopeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "events at this time (UTC) or later: 2026-03-04, 2026-03-04T02:00, 2026-03-04T02:00:00Z")
	flags.StringVar(&f.to, "to", "", "events before this time; a day alone means to its end")
	flags.StringVar(&f.last, "last", "", "events of the last 90m, 24h, 7d or 2w; of a store whose ages count from its newest event, before that event")
	flags.IntVar(&f.limit, "limit", 0, "the greatest number of rows (default all)")
}

func (f *questionFlags) add(cmd *cobra.Command) {
	f.scopeFlags.add(cmd)
	f.queryFlags.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.sql, "sql", false, "print the SQL instead of running it")
	flags.StringVar(&f.out, "out", "", "write the result to a file in place of stdout")
	flags.BoolVar(&f.stats, "stats", false, "print what the statement cost on stderr, as JSON")
}

// questionCommands returns the commands that ask what investigators ask.
func (a *app) questionCommands() []*cobra.Command {
	return []*cobra.Command{a.lookupCommand(), a.timelineCommand(), a.whoCommand(), a.chainCommand(), a.summaryCommand(), a.deniedCommand()}
}

func (a *app) lookupCommand() *cobra.Command {
	var attributes question.Attributes
	cmd := a.questionCommand(&cobra.Command{
		Use:   "lookup",
		Short: "Find events by the attributes of CloudTrail's LookupEvents",
		Long: "Finds events by what CloudTrail's LookupEvents takes, the newest first. Of several attributes all must hold. A resource is\n" +
			"found in the event's resources, in its parameters and in its response.",
		Example: "  ctlake lookup --event-name ConsoleLogin --last 7d\n" +
			"  ctlake lookup --username lea.dubois --read-only false --output json\n" +
			"  ctlake lookup --resource-name acme-finance-exports --limit 20",
		Args: noArguments,
	}, func(scope question.Scope, _ []string) (string, error) { return question.Lookup(scope, attributes) })
	flags := cmd.Flags()
	flags.StringVar(&attributes.EventID, "event-id", "", "the event's ID")
	flags.StringVar(&attributes.EventName, "event-name", "", "the call: ConsoleLogin")
	flags.StringVar(&attributes.EventSource, "event-source", "", "the service: iam.amazonaws.com")
	flags.StringVar(&attributes.Username, "username", "", "the user, the name of the role's session, or the service")
	flags.StringVar(&attributes.AccessKeyID, "access-key-id", "", "the access key that the call was signed with")
	flags.StringVar(&attributes.ResourceType, "resource-type", "", "the type of a resource: AWS::S3::Bucket")
	flags.StringVar(&attributes.ResourceName, "resource-name", "", "the name or ARN of a resource")
	flags.StringVar(&attributes.ReadOnly, "read-only", "", "true for calls that only read, false for the others")
	return cmd
}

func (a *app) timelineCommand() *cobra.Command {
	return a.questionCommand(&cobra.Command{
		Use:   "timeline PRINCIPAL|KEY|IP|ARN",
		Short: "Tell what a principal, an access key or an address did, in order",
		Long: "Lists the calls of a user, a role, a session or a service (by name, ARN or principal ID), of an access key ID, an account,\n" +
			"an address, or a network such as 203.0.113.0/24, oldest first.",
		Example: "  ctlake timeline 203.0.113.66\n  ctlake timeline lea.dubois --from 2026-03-04 --to 2026-03-05 --output vertical\n" +
			"  ctlake timeline AKIA5XQ7MZ3KTNWB2LHV --sql",
		Args: oneArgument("whose timeline? a principal, an access key ID, an address or an ARN"),
	}, func(scope question.Scope, args []string) (string, error) {
		subject, err := question.ParseSubject(args[0])
		if err != nil {
			return "", err
		}
		return question.Timeline(scope, subject), nil
	})
}

func (a *app) whoCommand() *cobra.Command {
	var reads bool
	cmd := a.questionCommand(&cobra.Command{
		Use:   "who ARN|RESOURCE",
		Short: "Tell who changed a resource",
		Long: "Lists the calls about a resource that do not only read, oldest first: those that name it among their resources, in\n" +
			"their parameters or in their response, by ARN or by name.",
		Example: "  ctlake who arn:aws:s3:::acme-finance-exports\n  ctlake who sg-0a7c41f2d95be3860\n  ctlake who prod-audit --reads",
		Args:    oneArgument("who changed what? an ARN or the name of a resource"),
	}, func(scope question.Scope, args []string) (string, error) {
		return question.Who(scope, args[0], reads), nil
	})
	cmd.Flags().BoolVar(&reads, "reads", false, "list the calls that only read as well")
	return cmd
}

func (a *app) chainCommand() *cobra.Command {
	return a.questionCommand(&cobra.Command{
		Use:   "chain EVENT|SESSION",
		Short: "Follow a session's credentials back to who first signed in",
		Long: "Begins with an event ID, or with the first call of an access key or of a session's ARN, and goes back step by step: to the\n" +
			"call that issued the key (AssumeRole and its like), to the one that created it, to the console's sign-in.\n" +
			"The last row is as far back as the logs know. --from and --to bound the call asked for, not the way back.",
		Example: "  ctlake chain ASIA3LNV6WYCP4TGE7KS\n  ctlake chain arn:aws:sts::444455556666:assumed-role/data-lake-admin/maintenance",
		Args:    oneArgument("whose chain? an event ID, an access key ID or a session's ARN"),
	}, func(scope question.Scope, args []string) (string, error) { return question.Chain(scope, args[0]) })
}

func (a *app) summaryCommand() *cobra.Command {
	return a.questionCommand(&cobra.Command{
		Use:   "summary [PRINCIPAL]",
		Short: "Tell in one table what is known of a principal, key or address, or of the whole store",
		Long: "First and last seen, accounts, principals, keys, addresses, agents and regions; frequent, rare and refused calls; and those\n" +
			"by which intruders stay, hide, climb or carry away.",
		Example: "  ctlake summary\n  ctlake summary svc-legacy-sync\n  ctlake summary 203.0.113.66 --last 30d",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("one principal, key or address, please, or none for the whole store")
			}
			return nil
		},
	}, func(scope question.Scope, args []string) (string, error) {
		subject, err := optionalSubject(args)
		return question.Summary(scope, subject), err
	})
}

func (a *app) deniedCommand() *cobra.Command {
	return a.questionCommand(&cobra.Command{
		Use:     "denied [PRINCIPAL]",
		Short:   "Count the calls that were refused for want of permission, by who made them",
		Example: "  ctlake denied --last 24h\n  ctlake denied svc-legacy-sync",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("one principal, key or address, please, or none for all")
			}
			return nil
		},
	}, func(scope question.Scope, args []string) (string, error) {
		subject, err := optionalSubject(args)
		return question.Denied(scope, subject), err
	})
}

func optionalSubject(args []string) (*question.Subject, error) {
	if len(args) == 0 {
		return nil, nil
	}
	subject, err := question.ParseSubject(args[0])
	return &subject, err
}

func oneArgument(complaint string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usage("%s", complaint)
		case len(args) > 1:
			return usage("one at a time, but got %q", args)
		}
		return nil
	}
}

// questionCommand makes of cmd one that runs the SQL that build makes.
func (a *app) questionCommand(cmd *cobra.Command, build func(scope question.Scope, args []string) (string, error)) *cobra.Command {
	var f questionFlags
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.hasNull = cmd.Flags().Changed("null")
		f.scopeFlags.store = f.queryFlags.store
		scope, err := a.scope(cmd.Context(), f.scopeFlags)
		if err != nil {
			return err
		}
		text, err := build(scope, args)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		if f.sql {
			return writeLine(a.out, "%s;", text)
		}
		return a.query(cmd.Context(), []string{text}, f.queryFlags)
	}
	f.add(cmd)
	return cmd
}

// scope finds what a question is asked of.
func (a *app) scope(ctx context.Context, f scopeFlags) (scope question.Scope, err error) {
	if f.limit < 0 {
		return scope, usage("--limit %d: it is 1 or more, or 0 for all", f.limit)
	}
	lake, err := a.open(ctx, false)
	if err != nil {
		return scope, err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	store, err := onlyStore(ctx, lake, f.store)
	if err != nil {
		return scope, err
	}
	scope = question.Scope{Table: store.Name, Limit: f.limit}
	if f.last != "" {
		if f.from != "" || f.to != "" {
			return scope, usage("--last together with --from or --to: give one or the other")
		}
		d, err := parseSpan(f.last)
		if err != nil {
			return scope, usage("--last: %v", err)
		}
		end := lake.Now()
		if store.RetentionFrom == storage.RetentionFromNewest && !store.Newest.IsZero() {
			end = store.Newest
		}
		scope.From = end.Add(-d)
		return scope, nil
	}
	if scope.From, _, err = parseMoment(f.from); err != nil {
		return scope, usage("--from: %v", err)
	}
	to, day, err := parseMoment(f.to)
	if err != nil {
		return scope, usage("--to: %v", err)
	}
	if day {
		to = to.AddDate(0, 0, 1)
	}
	if scope.To = to; !scope.From.IsZero() && !to.IsZero() && !scope.From.Before(to) {
		return scope, usage("--from %s --to %s leaves no time between them", f.from, f.to)
	}
	return scope, nil
}

// onlyStore returns the store named, or the only one there is.
func onlyStore(ctx context.Context, lake *storage.Lake, name string) (*storage.EventDataStore, error) {
	if name != "" {
		return lake.Find(ctx, name)
	}
	stores, err := lake.EventDataStores(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	var found *storage.EventDataStore
	for _, s := range stores {
		if s.Status != storage.StatusPendingDeletion {
			found, names = s, append(names, s.Name)
		}
	}
	switch len(names) {
	case 0:
		return nil, fmt.Errorf("the lake in %s has no event data store; ctlake ingest PATH --store NAME makes one", lake.Dir())
	case 1:
		return found, nil
	}
	return nil, usage("which event data store? Give --store: %s", strings.Join(names, ", "))
}

// momentForms are the forms of --from and --to beside RFC 3339, all of them UTC.
var momentForms = []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04"}

// parseMoment reads a point in time; day tells that it is a whole day. Nothing is the zero time.
func parseMoment(text string) (t time.Time, day bool, err error) {
	if text == "" {
		return t, false, nil
	}
	if t, err = time.Parse(time.DateOnly, text); err == nil {
		return t, true, nil
	}
	if t, err = time.Parse(time.RFC3339, text); err == nil {
		return t, false, nil
	}
	for _, form := range momentForms {
		if t, err = time.Parse(form, text); err == nil {
			return t, false, nil
		}
	}
	return t, false, fmt.Errorf("%q is no time such as 2026-03-04, 2026-03-04T02:00 or 2026-03-04T02:00:00Z", text)
}

var span = regexp.MustCompile(`^([0-9]{1,6})(s|m|h|d|w)$`)

// parseSpan reads a length of time: 90m, 24h, 7d, 2w.
func parseSpan(text string) (time.Duration, error) {
	m := span.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is no length of time such as 90m, 24h, 7d or 2w", text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no length of time", text)
	}
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	if d := time.Duration(n) * unit; d/unit == time.Duration(n) && d <= maxSpan {
		return d, nil
	}
	return 0, fmt.Errorf("%q is longer than %d years", text, maxSpan/(366*24*time.Hour))
}

// maxSpan is the longest --last: more than any store keeps.
const maxSpan = 100 * 366 * 24 * time.Hour
