package main

import (
	"fmt"
	"os"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/digest"
	"github.com/ctlake/ctlake/storage"
)

// maxKeyFileBytes bounds a file of public keys: a key has less than a kilobyte.
const maxKeyFileBytes = 16 << 20

// readKeys reads files of public keys.
func readKeys(paths []string) (*digest.Keys, error) {
	keys := &digest.Keys{}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err == nil && info.Size() > maxKeyFileBytes {
			err = fmt.Errorf("%s is too large to be one of public keys", path)
		}
		var text []byte
		if err == nil {
			text, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("read --public-keys: %w", err)}
		}
		if err := keys.Add(text); err != nil {
			return nil, usage("--public-keys %s: %v", path, err)
		}
	}
	return keys, nil
}

// findings lists on stderr what the verification by digest files found.
func (a *app) findings(i *ingest.Integrity) {
	if i == nil {
		return
	}
	for _, f := range i.Findings {
		at := ""
		if f.Path != "" {
			at = f.Path + ": "
		}
		fmt.Fprintf(a.err, "ctlake: %s\n", output.Escape(nil, []byte(at+f.Reason)))
	}
	if i.Unlisted > 0 {
		fmt.Fprintf(a.err, "ctlake: and %s more of the verification\n", output.Count(i.Unlisted, "finding"))
	}
}

// integrityLines says what the verification by digest files found.
func integrityLines(i *ingest.Integrity) []string {
	if i == nil {
		return nil
	}
	d, l := i.Digests, i.Logs
	lines := []string{
		fmt.Sprintf("digests   %s found = %s valid + %s unsigned + %s invalid; %s missing, %s", thousands(d.Found), thousands(d.Valid), thousands(d.Unsigned),
			thousands(d.Invalid), thousands(d.Missing), output.Count(d.Gaps, "gap")),
		fmt.Sprintf("log files %s listed = %s valid + %s unsigned + %s invalid + %s of invalid digests + %s missing", thousands(l.Listed), thousands(l.Valid),
			thousands(l.Unsigned), thousands(l.Invalid), thousands(l.DigestInvalid), thousands(l.Missing)),
	}
	archives := "integrity"
	for _, v := range storage.Verdicts {
		if n := i.Archives[v]; n > 0 {
			archives += fmt.Sprintf(" %s %s,", thousands(n), v)
		}
	}
	if archives == "integrity" {
		return append(lines, "integrity of no archive")
	}
	return append(lines, archives[:len(archives)-1]+` (of archives; "$integrity" in SQL)`)
}
