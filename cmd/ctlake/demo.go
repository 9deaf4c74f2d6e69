package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/storage"
)

// demoFlags are the flags of ctlake demo.
type demoFlags struct {
	digests  string // the bucket
	write    string
	events   int
	days     int
	accounts int
	seed     uint64
	keep     string
}

// The archive of the demo: small, always the same.
const (
	demoEvents   = 6000
	demoDays     = 3
	demoAccounts = 3
	demoSeed     = 1
	demoStore    = "demo"
)

func (a *app) demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make a small archive with an intrusion in it, and find it with three queries",
		Long: "Makes CloudTrail archives of a made-up organization, the same on every machine, imports them into a lake in a\n" +
			"temporary folder, and runs three queries that tell what happened. With --write it only makes archives, of any size.",
		Example: "  ctlake demo\n  ctlake demo --keep demo-lake\n  ctlake demo --write logs --events 1000000 --days 30 --accounts 40 --seed 7",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case f.events < 1:
				return usage("--events %d: it is 1 or more", f.events)
			case f.days < 1:
				return usage("--days %d: it is 1 or more", f.days)
			case f.accounts < 1:
				return usage("--accounts %d: it is 1 or more", f.accounts)
			case f.digests != "" && f.write == "":
				return usage("--digests is for --write")
			case f.write != "":
				return a.writeArchive(f)
			}
			return a.demo(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&f.write, "write", "", "only write archives, below `DIR`")
	cmd.Flags().IntVar(&f.events, "events", demoEvents, "`N` events")
	cmd.Flags().IntVar(&f.days, "days", demoDays, "`N` days")
	cmd.Flags().IntVar(&f.accounts, "accounts", demoAccounts, "`N` accounts")
	cmd.Flags().Uint64Var(&f.seed, "seed", demoSeed, "which of the archives of this size")
	cmd.Flags().StringVar(&f.digests, "digests", "", "with --write: sign digest files, too, as of this `BUCKET`; the public key is in public-keys.json beside them")
	cmd.Flags().StringVar(&f.keep, "keep", "", "make the lake in `DIR` and leave it")
	return cmd
}

func (f demoFlags) options() synth.Options {
	return synth.Options{Seed: f.seed, Events: f.events, Days: f.days, Accounts: f.accounts, Story: f.accounts > 1}
}

func (a *app) writeArchive(f demoFlags) error {
	s, err := synth.Write(f.write, f.options())
	if err != nil {
		return err
	}
	if err := writeLine(a.out, "%s in %s below %s: %s of JSON, %s compressed", output.Count(int64(s.Events), "event"),
		output.Count(int64(s.Files), "file"), f.write, humanBytes(s.RawBytes), humanBytes(s.CompressedBytes)); err != nil || f.digests == "" {
		return err
	}
	return a.writeDigests(f)
}

// What digest files of a demo say of their trail, and the size of their key.
const (
	demoTrail      = "demo-trail"
	demoHomeRegion = "us-east-1"
	demoKeyBits    = 2048
	publicKeysFile = "public-keys.json"
)

// writeDigests signs digest files for the archives of a demo, with a key that is forgotten. As only the metadata of objects in S3
// holds the signature of the newest one, that is written beside it.
func (a *app) writeDigests(f demoFlags) error {
	signer, err := rsa.GenerateKey(rand.Reader, demoKeyBits)
	if err != nil {
		return err
	}
	all, newest, err := synth.WriteDigests(f.write, f.digests, demoTrail, demoHomeRegion, signer)
	if err != nil {
		return err
	}
	for _, d := range newest {
		metadata, err := d.DigestMetadata()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(f.write, filepath.FromSlash(d.Key))+".metadata.json", metadata, 0o666); err != nil {
			return err
		}
	}
	keys, err := synth.PublicKeys(&signer.PublicKey)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.write, publicKeysFile), keys, 0o666); err != nil {
		return err
	}
	return writeLine(a.out, "%s of bucket %s; the public key is in %s", output.Count(int64(len(all)), "digest file"), f.digests, filepath.Join(f.write, publicKeysFile))
}

// chapter is a query of the demo with what it tells.
type chapter struct{ question, sql string }

// chapters tell the story of the archive. A test holds that they do.
var chapters = []chapter{
	{"Who came in through the console without MFA, and how often did somebody guess before?",
		`SELECT sourceIPAddress, userIdentity.userName AS userName,
       count_if(element_at(responseElements, 'ConsoleLogin') = 'Failure') AS failed,
       count_if(element_at(responseElements, 'ConsoleLogin') = 'Success') AS succeeded,
       min(eventTime) AS firstTry, max(eventTime) AS lastTry
FROM demo
WHERE eventName = 'ConsoleLogin' AND element_at(additionalEventData, 'MFAUsed') = 'No'
GROUP BY 1, 2
HAVING count_if(element_at(responseElements, 'ConsoleLogin') = 'Failure') > 2
ORDER BY failed DESC`},
	{"What did that address do next, with which keys, and where did the keys come from?",
		`WITH intruder AS (
  SELECT sourceIPAddress AS ip FROM demo
  WHERE eventName = 'ConsoleLogin' AND element_at(responseElements, 'ConsoleLogin') = 'Failure'
  GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)
SELECT min(eventTime) AS "first", userIdentity.accessKeyId AS usedKey, IF(errorCode IS NULL, eventName, '(denied)') AS call,
       IF(errorCode IS NULL, coalesce(element_at(requestParameters, 'roleArn'), element_at(requestParameters, 'name'),
          element_at(requestParameters, 'userName'), element_at(requestParameters, 'groupId'))) AS target,
       coalesce(json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId'),
                json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId')) AS newKey, count(*) AS calls
FROM demo JOIN intruder ON sourceIPAddress = ip
WHERE eventName NOT IN ('ConsoleLogin', 'GetObject') AND (readOnly = false OR errorCode IS NOT NULL OR eventName = 'AssumeRole')
GROUP BY 2, 3, 4, 5
ORDER BY 1`},
	{"What left the house?",
		`SELECT element_at(requestParameters, 'bucketName') AS bucket, userIdentity.sessionContext.sessionIssuer.userName AS role,
       count(*) AS objects, sum(CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double)) / 1e6 AS megabytes,
       min(eventTime) AS "from", max(eventTime) AS "to"
FROM demo
WHERE eventName = 'GetObject' AND errorCode IS NULL AND sourceIPAddress = '203.0.113.66'
GROUP BY 1, 2
ORDER BY objects DESC`},
}

// demo runs the demo.
func (a *app) demo(ctx context.Context, f demoFlags) (err error) {
	folder, err := os.MkdirTemp("", "ctlake-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	archive, dir := filepath.Join(folder, "archive"), filepath.Join(folder, "lake")
	if f.keep != "" {
		dir = f.keep
	}
	written, err := synth.Write(archive, f.options())
	if err != nil {
		return err
	}
	if err := writeLine(a.out, "A made-up organization's trail: %s in %s, %s of JSON.", output.Count(int64(written.Events), "event"),
		output.Count(int64(written.Files), "file"), humanBytes(written.RawBytes)); err != nil {
		return err
	}
	lake, err := storage.Open(ctx, dir, storage.Options{Create: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	// The archive has fixed dates: its age counts from its newest event.
	store, err := lake.Create(ctx, storage.CreateEventDataStore{Name: demoStore, RetentionFrom: storage.RetentionFromNewest})
	if err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	limitImportMemory(workers)
	im, err := lake.BeginImport(ctx, store, storage.ImportOptions{Sources: []string{archive}, Parallelism: workers})
	if err != nil {
		return err
	}
	summary, err := ingest.Run(ctx, im, ingest.Options{Paths: []string{archive}, Workers: workers})
	if err != nil {
		return err
	}
	a.problems(summary, false)
	if err := writeLine(a.out, "Imported in %d ms: %s kept, %s stored in Apache ORC.\n", summary.ElapsedMillis,
		output.Count(summary.Events.Kept, "event"), humanBytes(summary.Bytes.Stored)); err != nil {
		return err
	}
	s := &session{app: a, out: a.out, format: "table", engine: engine.New(engine.LakeCatalog{Lake: lake}, lake.Now)}
	for i, c := range chapters {
		if err := writeLine(a.out, "%d. %s\n\n%s;\n", i+1, c.question, c.sql); err != nil {
			return err
		}
		for _, st := range parser.Split(c.sql) {
			if err := s.statement(ctx, st, s.format); err != nil {
				return err
			}
		}
		if err := writeLine(a.out, ""); err != nil {
			return err
		}
	}
	if s.failed {
		return &exitError{status: exitFailed}
	}
	next := "On your own logs:\n\n  ctlake ingest PATH --store trail\n  ctlake shell"
	if f.keep != "" {
		next = fmt.Sprintf("The lake stays in %s:\n\n  ctlake shell --lake %s", dir, dir)
	}
	return writeLine(a.out, "%s", next)
}
