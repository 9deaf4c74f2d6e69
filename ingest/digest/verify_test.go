package digest_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/digest"
	"github.com/ctlake/ctlake/ingest/synth"
)

// signers are keys that are made once: ours, and one of somebody else.
var signers = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err)
		}
	}
	return keys
})

// day is a trail's day of four hours with a log file each, and its five digest files: the last one is of an hour without any.
type day struct {
	t       *testing.T
	digests []*synth.DigestFile
	logs    []synth.DigestLog
	// metadata has what S3 knows of digest files, by key.
	metadata map[string]string
	keys     []byte
	wants    func(string) bool
	// moved are keys at which files are found that belong elsewhere, by their own key.
	moved map[string]string
	// unreadable is the key of a file that cannot be read.
	unreadable string
}

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{t: t, metadata: map[string]string{}, moved: map[string]string{}, wants: func(string) bool { return true }}
	chain := d.chain(signers()[0])
	for hour := range 5 {
		start := noon.Add(time.Duration(hour) * time.Hour)
		var logs []synth.DigestLog
		if hour < 4 {
			logs = []synth.DigestLog{d.log(hour)}
			d.logs = append(d.logs, logs...)
		}
		d.add(chain, start, logs...)
	}
	var err error
	if d.keys, err = synth.PublicKeys(&signers()[0].PublicKey); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *day) chain(signer *rsa.PrivateKey) *synth.DigestChain {
	return &synth.DigestChain{Bucket: "logs", Folder: "111122223333", Account: "111122223333", Region: "eu-west-1", Trail: "t", HomeRegion: "us-east-1", Signer: signer}
}

func (d *day) add(chain *synth.DigestChain, start time.Time, logs ...synth.DigestLog) *synth.DigestFile {
	d.t.Helper()
	f, err := chain.Next(start, start.Add(time.Hour), logs)
	if err != nil {
		d.t.Fatal(err)
	}
	d.digests = append(d.digests, f)
	d.metadata[f.Key] = f.Signature
	return f
}

func (d *day) log(hour int) synth.DigestLog {
	at := noon.Add(time.Duration(hour)*time.Hour + 5*time.Minute)
	return synth.DigestLog{Key: fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_%sZ_%016d.json.gz",
		at.Format("20060102T1504"), hour), Text: fmt.Appendf(nil, `{"Records":[%d]}`, hour)}
}

// verify verifies what is there and prints it: the counts, the verdicts on the log files in order, and the findings.
func (d *day) verify() string {
	d.t.Helper()
	in := digest.Input{Keys: &digest.Keys{}, Wants: d.wants, Signature: func(path string) (string, error) { return d.metadata[strings.TrimPrefix(path, "s3://logs/")], nil }}
	if d.keys != nil {
		if err := in.Keys.Add(d.keys); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, f := range d.digests {
		found := digest.Found{Path: "s3://logs/" + f.Key, Place: digest.Object{Bucket: "logs", Key: f.Key}}
		if at, ok := d.moved[f.Key]; ok {
			found.Path, found.Place.Key = "s3://logs/"+at, at
		}
		found.Digest, found.Err = digest.Parse(f.Text)
		in.Digests = append(in.Digests, found)
	}
	for _, l := range d.logs {
		in.Files = append(in.Files, digest.File{Path: "copy/" + l.Key, Text: sha256.Sum256(l.Text)})
	}
	if d.unreadable != "" {
		in.Files = append(in.Files, digest.File{Path: "copy/" + d.unreadable, Unreadable: true})
	}
	r := digest.Verify(in)
	var verdicts []string
	for _, f := range in.Files {
		verdicts = append(verdicts, string(f.Verdict))
	}
	c, l := r.Digests, r.Logs
	if c.Found != c.Valid+c.Unsigned+c.Invalid || l.Listed != l.Valid+l.Unsigned+l.Invalid+l.DigestInvalid+l.Missing {
		d.t.Errorf("the counts do not add up: %+v %+v", c, l)
	}
	lines := []string{fmt.Sprintf("digests %d valid %d unsigned %d invalid %d missing %d gaps; %s", c.Valid, c.Unsigned, c.Invalid, c.Missing, c.Gaps, strings.Join(verdicts, " "))}
	for _, f := range r.Findings {
		kind := "bad"
		if f.Note {
			kind = "note"
		}
		at := f.Path[strings.LastIndexByte(f.Path, '/')+1:]
		reason := f.Reason
		if i := strings.Index(reason, "s3://"); i >= 0 {
			reason = reason[:i] + "…"
		}
		lines = append(lines, kind+" "+strings.NewReplacer("111122223333_CloudTrail-Digest_eu-west-1_t_us-east-1_20260302T", "digest ", "111122223333_CloudTrail_eu-west-1_20260302T", "log ",
			"_000000000000000", "-", ".json.gz", "").Replace(at)+": "+reason)
	}
	return strings.Join(lines, "\n")
}

func TestVerify(t *testing.T) {
	f := func(name string, change func(d *day), want ...string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			d := newDay(t)
			change(d)
			if got := d.verify(); got != strings.Join(want, "\n") {
				t.Errorf("\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
			slices.Reverse(d.digests)
			slices.Reverse(d.logs)
			if got := d.verify(); len(got) != len(strings.Join(want, "\n")) {
				t.Errorf("in another order:\n%s", got)
			}
		})
	}
	f("as delivered", func(*day) {}, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID")
	f("metadata lost but that of the newest", func(d *day) {
		maps.DeleteFunc(d.metadata, func(key, _ string) bool { return key != d.digests[4].Key })
	}, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID")
	f("metadata lost", func(d *day) { clear(d.metadata) }, "digests 4 valid 1 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID",
		"note digest 170000Z: the signature of this digest file is not verified: its signature is not known: neither the metadata of its object nor a digest file after it is there")
	f("no keys", func(d *day) { d.keys = nil }, "digests 0 valid 5 unsigned 0 invalid 0 missing 0 gaps; UNSIGNED UNSIGNED UNSIGNED UNSIGNED",
		"note digest 170000Z: the signatures of this digest file and 4 others are not verified: no public keys were given")
	f("a key of somebody else", func(d *day) { d.keys, _ = synth.PublicKeys(&signers()[1].PublicKey) },
		"digests 0 valid 5 unsigned 0 invalid 0 missing 0 gaps; UNSIGNED UNSIGNED UNSIGNED UNSIGNED",
		"note digest 170000Z: the signatures of this digest file and 4 others are not verified: no public key with the fingerprint \""+
			synth.Fingerprint(&signers()[0].PublicKey)+"\" was given")
	f("a log file changed", func(d *day) { d.logs[1].Text = []byte("{}") }, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID INVALID VALID VALID",
		"bad log 1305Z-1: log file INVALID: its SHA-256 is not the one that …")
	f("a log file deleted", func(d *day) { d.logs = slices.Delete(d.logs, 2, 3) }, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID",
		"bad log 1405Z-2: log file INVALID: not found, though …")
	f("a log file put in the place of another", func(d *day) { d.logs[2].Text = d.logs[1].Text },
		"digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID", "bad log 1405Z-2: log file INVALID: its SHA-256 is not the one that …")
	f("a log file that is not looked for", func(d *day) {
		d.logs = slices.Delete(d.logs, 2, 3)
		d.wants = func(folder string) bool { return !strings.HasSuffix(folder, "2026/03/02/") }
	}, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID")
	f("a log file under another name", func(d *day) { d.logs[2].Key = "evidence/2.json" }, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID")
	f("a log file slipped in", func(d *day) {
		d.logs = append(d.logs, synth.DigestLog{Key: strings.Replace(d.logs[1].Key, "0000", "9999", 1), Text: []byte("forged")})
	}, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID UNLISTED",
		"bad log 1305Z_9999000000000001: no digest file names it, though those of the hour of its delivery and of the next one are there")
	f("a log file after the last digest file", func(d *day) {
		d.logs = append(d.logs, d.log(9))
	}, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID NOT_COVERED")
	f("a digest file deleted", func(d *day) { d.digests = slices.Delete(d.digests, 2, 3) },
		"digests 4 valid 0 unsigned 0 invalid 1 missing 0 gaps; VALID VALID NOT_COVERED VALID",
		"bad digest 150000Z: digest file INVALID: not found, though …")
	f("a digest file deleted, metadata lost", func(d *day) {
		d.digests = slices.Delete(d.digests, 2, 3)
		clear(d.metadata)
	}, "digests 2 valid 2 unsigned 0 invalid 1 missing 0 gaps; VALID UNSIGNED NOT_COVERED VALID",
		"note digest 170000Z: the signatures of this digest file and 1 others are not verified: its signature is not known: neither the metadata of its object nor a digest file after it is there",
		"bad digest 150000Z: digest file INVALID: not found, though …")
	f("the first digest files are not there", func(d *day) { d.digests = slices.Delete(d.digests, 0, 2) },
		"digests 3 valid 0 unsigned 0 invalid 0 missing 0 gaps; NOT_COVERED NOT_COVERED VALID VALID",
		"note digest 150000Z: the digest files before 2026-03-02T14:00:00Z are not among those given: what they named is not verified")
	changed := func(d *day) {
		d.digests[2].Text = bytes.Replace(d.digests[2].Text, fmt.Appendf(nil, "%x", sha256.Sum256(d.logs[2].Text)), fmt.Appendf(nil, "%x", sha256.Sum256([]byte("forged"))), 1)
		d.logs[2].Text = []byte("forged")
	}
	f("a digest file changed to fit a changed log file", changed, "digests 4 valid 0 unsigned 1 invalid 0 missing 0 gaps; VALID VALID DIGEST_INVALID VALID",
		"bad digest 150000Z: digest file INVALID: its SHA-256 is not what the digest file after it gives, …")
	f("the newest digest file changed", func(d *day) { d.digests[4].Text = append(d.digests[4].Text, ' ') },
		"digests 4 valid 0 unsigned 1 invalid 0 missing 0 gaps; VALID VALID VALID VALID", "bad digest 170000Z: digest file INVALID: signature verification failed")
	f("the chain signed anew by somebody else", func(d *day) {
		logs := d.logs
		logs[1].Text = []byte("forged")
		d.digests = nil
		chain := d.chain(signers()[1])
		for hour := range 4 {
			f := d.add(chain, noon.Add(time.Duration(hour)*time.Hour), logs[hour])
			f.Text = bytes.ReplaceAll(f.Text, []byte(synth.Fingerprint(&signers()[1].PublicKey)), []byte(synth.Fingerprint(&signers()[0].PublicKey)))
		}
	}, "digests 0 valid 0 unsigned 4 invalid 0 missing 0 gaps; DIGEST_INVALID DIGEST_INVALID DIGEST_INVALID DIGEST_INVALID",
		"bad digest 160000Z: digest file INVALID: signature verification failed", "bad digest 150000Z: digest file INVALID: signature verification failed",
		"bad digest 140000Z: digest file INVALID: signature verification failed", "bad digest 130000Z: digest file INVALID: signature verification failed")
	f("a digest file moved", func(d *day) { d.moved[d.digests[0].Key] = strings.Replace(d.digests[0].Key, "T130000Z", "T133000Z", 1) },
		"digests 4 valid 0 unsigned 1 invalid 0 missing 0 gaps; NOT_COVERED VALID VALID VALID",
		"bad digest 133000Z: digest file INVALID: it has been moved from its original location, …")
	f("validation was off for an hour", func(d *day) {
		chain := d.chain(signers()[0])
		d.logs = append(d.logs, d.log(6))
		d.add(chain, noon.Add(6*time.Hour), d.logs[4])
	}, "digests 6 valid 0 unsigned 0 invalid 0 missing 1 gaps; VALID VALID VALID VALID VALID",
		"note digest 190000Z: no digest file covers 2026-03-02T17:00:00Z to 2026-03-02T18:00:00Z: a new chain starts here, as when log file validation or logging was off")
	f("an unsigned digest file after the newest denies it", func(d *day) {
		const key = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_t_us-east-1_20260302T180000Z.json.gz"
		d.digests = append(d.digests, &synth.DigestFile{Key: key, Text: fmt.Appendf(nil, `{"digestS3Bucket":"logs","digestS3Object":%q,"awsAccountId":"111122223333",`+
			`"digestStartTime":"2026-03-02T17:00:00Z","digestEndTime":"2026-03-02T18:00:00Z","digestPublicKeyFingerprint":%q,"previousDigestS3Bucket":"logs",`+
			`"previousDigestS3Object":%q,"previousDigestHashValue":"%064d","logFiles":[]}`, key, synth.Fingerprint(&signers()[0].PublicKey), d.digests[4].Key, 0)})
	}, "digests 5 valid 0 unsigned 1 invalid 0 missing 0 gaps; VALID VALID VALID VALID",
		"bad digest 180000Z: digest file INVALID: it gives another SHA-256 than the one of the digest file before it, whose signature is valid, …")
	f("the digest file before a change of prefix deleted", func(d *day) {
		chain := d.chain(signers()[0])
		d.digests = nil
		for hour := range 3 {
			chain.Prefix = []string{"", "", "new/"}[hour]
			d.add(chain, noon.Add(time.Duration(hour)*time.Hour), d.logs[hour])
		}
		d.digests = slices.Delete(d.digests, 1, 2)
	}, "digests 2 valid 0 unsigned 0 invalid 1 missing 0 gaps; VALID NOT_COVERED VALID NOT_COVERED",
		"bad digest 140000Z: digest file INVALID: not found, though …")
	f("a log file changed and compressed otherwise", func(d *day) {
		d.logs[1].Key, d.logs[1].Text = strings.Replace(d.logs[1].Key, ".gz", ".zst", 1), []byte("{}")
	}, "digests 5 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID INVALID VALID VALID", "bad log 1305Z-1.json.zst: log file INVALID: its SHA-256 is not the one that …")
	f("a backfill digest file", func(d *day) {
		chain := d.chain(signers()[0])
		chain.Backfill = true
		late := d.log(2)
		late.Key, late.Text = strings.Replace(late.Key, "0002.json", "7777.json", 1), []byte("late")
		d.logs = append(d.logs, late)
		d.add(chain, noon.Add(2*time.Hour), late)
	}, "digests 6 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID VALID")
	f("the same digest file twice", func(d *day) { d.digests = append(d.digests, d.digests[1]) },
		"digests 6 valid 0 unsigned 0 invalid 0 missing 0 gaps; VALID VALID VALID VALID")
	f("a digest file in the middle that is none", func(d *day) { d.digests[2].Text = []byte(`{"digestS3Object":7}`) },
		"digests 4 valid 0 unsigned 1 invalid 0 missing 0 gaps; VALID VALID NOT_COVERED VALID",
		"bad digest 150000Z: digest file INVALID: it is no JSON of the form of a digest file: json: cannot unmarshal number into Go struct field members.digestS3Object of type string")
	f("a digest file that cannot be read", func(d *day) {
		d.unreadable = d.digests[2].Key
		d.digests = slices.Delete(d.digests, 2, 3)
	}, "digests 4 valid 0 unsigned 0 invalid 1 missing 0 gaps; VALID VALID NOT_COVERED VALID NOT_COVERED", "bad digest 150000Z: digest file INVALID: it cannot be read, though …")
	f("a digest file that is none", func(d *day) { d.digests[0].Text = []byte(`{"digestS3Object":7}`) },
		"digests 4 valid 0 unsigned 1 invalid 0 missing 0 gaps; NOT_COVERED VALID VALID VALID",
		"bad digest 130000Z: digest file INVALID: it is no JSON of the form of a digest file: json: cannot unmarshal number into Go struct field members.digestS3Object of type string",
		"note digest 140000Z: the digest files before 2026-03-02T13:00:00Z are not among those given: what they named is not verified")
}

// A signature beside one copy of a digest file proves all.
func TestVerifyCopies(t *testing.T) {
	for _, signed := range []string{"a", "b"} {
		d := newDay(t)
		in := digest.Input{Keys: &digest.Keys{}, Wants: d.wants, Signature: func(path string) (string, error) {
			if path == signed {
				return d.digests[0].Signature, nil
			}
			return "", nil
		}}
		if err := in.Keys.Add(d.keys); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"a", "b"} {
			parsed, err := digest.Parse(d.digests[0].Text)
			if err != nil {
				t.Fatal(err)
			}
			in.Digests = append(in.Digests, digest.Found{Path: path, Digest: parsed})
		}
		if r := digest.Verify(in); r.Digests.Valid != 2 || !in.Digests[0].Proven() || !in.Digests[1].Proven() {
			t.Errorf("%s: %+v", signed, r.Digests)
		}
	}
}

// However often digest files name files, and files have the same names and texts, the work stays bounded.
func TestVerifyNamesakes(t *testing.T) {
	const files, listed = 20_000, 20_000
	d := &digest.Digest{Object: digest.Object{Bucket: "b", Key: "k"}}
	for i := range listed {
		l := digest.Log{Bucket: "b", Folder: "f/", Name: "n.json.gz"}
		if i%2 == 1 {
			l.Text[0] = byte(i)
		}
		d.Logs = append(d.Logs, l)
	}
	in := digest.Input{Digests: []digest.Found{{Path: "d", Digest: d}}, Files: make([]digest.File, files), Keys: &digest.Keys{},
		Signature: func(string) (string, error) { return "", nil }, Wants: func(string) bool { return true }}
	for i := range in.Files {
		in.Files[i].Path = fmt.Sprintf("%d/other.json", i)
		if i < 20 {
			in.Files[i].Path = fmt.Sprintf("%d/n.json", i)
		}
	}
	r := digest.Verify(in)
	if r.Logs.Listed != listed || r.Logs.Unsigned != listed/2 || r.Logs.Invalid != listed/2 || in.Files[files-1].Verdict != "UNSIGNED" {
		t.Errorf("%+v %s", r.Logs, in.Files[files-1].Verdict)
	}
}

// Many hours of digest files, and many files that none of them names.
func TestVerifyManyUnlisted(t *testing.T) {
	const hours, files = 10_000, 10_000
	in := digest.Input{Keys: &digest.Keys{}, Signature: func(string) (string, error) { return "", nil }, Wants: func(string) bool { return true }}
	for i := range hours {
		d := &digest.Digest{Account: "111122223333", Object: digest.Object{Bucket: "b", Key: fmt.Sprintf("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/%d", i)}}
		d.Start = noon.Add(time.Duration(i) * time.Hour)
		d.End = d.Start.Add(time.Hour)
		d.Text[0], d.Text[1], d.Text[2] = byte(i), byte(i>>8), 1
		in.Digests = append(in.Digests, digest.Found{Path: fmt.Sprint(i), Digest: d})
	}
	for i := range files {
		at := noon.Add(time.Duration(i)*time.Hour + time.Minute)
		in.Files = append(in.Files, digest.File{Path: fmt.Sprintf("111122223333_CloudTrail_eu-west-1_%sZ_%016d.json", at.Format("20060102T1504"), i)})
	}
	digest.Verify(in)
	if in.Files[0].Verdict != "UNLISTED" || in.Files[files-2].Verdict != "UNLISTED" || in.Files[files-1].Verdict != "NOT_COVERED" {
		t.Errorf("%s %s %s", in.Files[0].Verdict, in.Files[files-2].Verdict, in.Files[files-1].Verdict)
	}
}

func TestLooks(t *testing.T) {
	f := func(head string, want bool) {
		t.Helper()
		if got := digest.Looks([]byte(head)); got != want {
			t.Errorf("%s: %t", head, got)
		}
	}
	f(`{"awsAccountId":"1","digestStartTime":"2026`, true)
	f("\ufeff\n{\"a\":{\"b\":[1,{}]},\"c\":null,\"digestS3Object\":", true)
	f(`{"digestStartTime" nothing`, true)
	f(`{"Records":[{"requestParameters":{"digestS3Object":"x"}}]}`, false)
	f(`{"Records":[],"eventName":"digestS3Object","digest":1}`, false)
	f(`{} {"digestS3Object":1}`, false)
	f(`{"digestS3Object`, false)
	f(`[{"digestS3Object":1}]`, false)
	f(``, false)
}

func TestKeys(t *testing.T) {
	public := &signers()[0].PublicKey
	pkix, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	listed, err := synth.PublicKeys(public, &signers()[1].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	good := func(name string, file []byte, want int) {
		t.Helper()
		var k digest.Keys
		if err := k.Add(file); err != nil || k.Len() != want {
			t.Errorf("%s: %d keys, %v", name, k.Len(), err)
		}
		d := newDay(t)
		d.keys = file
		if got := d.verify(); !strings.HasPrefix(got, "digests 5 valid") {
			t.Errorf("%s: %s", name, got)
		}
	}
	good("ListPublicKeys", listed, 2)
	good("ListPublicKeys twice", append(listed, listed...), 4)
	good("ListPublicKeys as PowerShell writes it", utf16Of(listed), 2)
	good("DER of PKCS #1", pkcs1, 1)
	good("DER of X.509", pkix, 1)
	good("PEM of PKCS #1", pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}), 1)
	good("PEM of both", append(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}), pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1})...), 2)
	bad := func(file, want string) {
		t.Helper()
		var k digest.Keys
		if err := k.Add([]byte(file)); err == nil || err.Error() != want {
			t.Errorf("%q: %v", file, err)
		}
	}
	bad("", "no public keys: neither the JSON of aws cloudtrail list-public-keys nor PEM nor DER")
	bad("{}", "no public keys: the JSON has no PublicKeyList with a key")
	bad(`{"PublicKeyList":[{"Value":"!"}]}`, "no public keys: the Value of key 1 is no Base64")
	bad(`{"PublicKeyList":[{"Value":"AAAA"}]}`, "no public keys: the Value of key 1: it is no public key of RSA")
	bad("{", "no public keys: unexpected EOF")
	bad("-----BEGIN X", "no public keys: the PEM holds none")
}

// utf16Of is what PowerShell's > makes of ASCII.
func utf16Of(text []byte) []byte {
	wide := []byte{0xff, 0xfe}
	for _, c := range text {
		wide = append(wide, c, 0)
	}
	return wide
}

func TestSignature(t *testing.T) {
	f := func(metadata, want, complaint string) {
		t.Helper()
		got, err := digest.Signature([]byte(metadata))
		if got != want || err != nil && err.Error() != complaint || err == nil && complaint != "" {
			t.Errorf("%s: %q, %v", metadata, got, err)
		}
	}
	f(`{"ContentLength":7,"Metadata":{"signature":"ab","signature-algorithm":"SHA256withRSA"}}`, "ab", "")
	f(`{"Metadata":{"Signature":"ab"}}`, "ab", "")
	f(`{"signature":"ab"}`, "ab", "")
	f(string(utf16Of([]byte(`{"Metadata":{"signature":"ab"}}`))), "ab", "")
	f("\xfe\xff\x00{\x00}", "", "it holds no signature")
	f("\xff\xfe", "", "it is no JSON of metadata: unexpected end of JSON input")
	f(`{}`, "", "it holds no signature")
	f(`x`, "", "it is no JSON of metadata: invalid character 'x' looking for beginning of value")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"digestS3Bucket":"b","digestS3Object":"o","digestStartTime":"2026-03-02T12:00:00Z","digestEndTime":"2026-03-02T13:00:00Z",` +
		`"previousDigestS3Bucket":"b","previousDigestS3Object":"p","previousDigestHashValue":"00","logFiles":[{"s3Object":"a/b","hashValue":"00"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		digest.Looks(text)
		d, err := digest.Parse(text)
		if err == nil {
			digest.Verify(digest.Input{Digests: []digest.Found{{Path: "d", Digest: d}}, Keys: &digest.Keys{},
				Signature: func(string) (string, error) { return "", nil }, Wants: func(string) bool { return true }})
		}
	})
}
