package synth

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// DigestChain makes the digest files of a trail in a Region, one after the other, as CloudTrail does: each is signed, and names the
// one before it.
type DigestChain struct {
	Bucket, Prefix string // Prefix ends before AWSLogs/
	Folder         string // of the account below AWSLogs/: the account, for organizations behind their ID
	Account        string
	Region         string
	Trail          string
	HomeRegion     string
	Backfill       bool
	Signer         *rsa.PrivateKey

	last *DigestFile
}

// DigestLog is a log file that a digest file names.
type DigestLog struct {
	Key  string
	Text []byte // decompressed
}

// DigestFile is a digest file. Its Signature goes into the metadata of the object.
type DigestFile struct {
	Key       string
	Text      []byte // decompressed
	Signature string // hexadecimal
}

// Restart makes the next digest file the first of a new chain, as when validation was off.
func (c *DigestChain) Restart() { c.last = nil }

// Fingerprint names a key in digest files and in PublicKeys.
func Fingerprint(key *rsa.PublicKey) string {
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(key))
	return hex.EncodeToString(sum[:16])
}

// PublicKeys is what aws cloudtrail list-public-keys prints of keys.
func PublicKeys(keys ...*rsa.PublicKey) ([]byte, error) {
	type key struct {
		Value                              []byte
		ValidityStartTime, ValidityEndTime string
		Fingerprint                        string
	}
	var list struct{ PublicKeyList []key }
	for _, k := range keys {
		list.PublicKeyList = append(list.PublicKeyList, key{x509.MarshalPKCS1PublicKey(k), "2020-01-01T00:00:00+00:00", "2040-01-01T00:00:00+00:00", Fingerprint(k)})
	}
	return json.MarshalIndent(list, "", "    ")
}

type digestJSON struct {
	AwsAccountID            string          `json:"awsAccountId"`
	DigestStartTime         string          `json:"digestStartTime"`
	DigestEndTime           string          `json:"digestEndTime"`
	DigestS3Bucket          string          `json:"digestS3Bucket"`
	DigestS3Object          string          `json:"digestS3Object"`
	Fingerprint             string          `json:"digestPublicKeyFingerprint"`
	Algorithm               string          `json:"digestSignatureAlgorithm"`
	NewestEventTime         *string         `json:"newestEventTime"`
	OldestEventTime         *string         `json:"oldestEventTime"`
	PreviousDigestS3Bucket  *string         `json:"previousDigestS3Bucket"`
	PreviousDigestS3Object  *string         `json:"previousDigestS3Object"`
	PreviousDigestHashValue *string         `json:"previousDigestHashValue"`
	PreviousDigestAlgorithm *string         `json:"previousDigestHashAlgorithm"`
	PreviousDigestSignature *string         `json:"previousDigestSignature"`
	LogFiles                []digestLogJSON `json:"logFiles"`
}

type digestLogJSON struct {
	S3Bucket        string  `json:"s3Bucket"`
	S3Object        string  `json:"s3Object"`
	HashValue       string  `json:"hashValue"`
	HashAlgorithm   string  `json:"hashAlgorithm"`
	NewestEventTime *string `json:"newestEventTime"`
	OldestEventTime *string `json:"oldestEventTime"`
}

// Next makes the digest file of the log files that were delivered in a time.
func (c *DigestChain) Next(start, end time.Time, logs []DigestLog) (*DigestFile, error) {
	const stamp, rfc = "20060102T150405Z", "2006-01-02T15:04:05Z"
	ending := ".json.gz"
	if c.Backfill {
		ending = "_backfill.json.gz"
	}
	d := digestJSON{AwsAccountID: c.Account, DigestStartTime: start.UTC().Format(rfc), DigestEndTime: end.UTC().Format(rfc), DigestS3Bucket: c.Bucket,
		Fingerprint: Fingerprint(&c.Signer.PublicKey), Algorithm: "SHA256withRSA", LogFiles: []digestLogJSON{}}
	d.DigestS3Object = fmt.Sprintf("%sAWSLogs/%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_%s_%s_%s%s", c.Prefix, c.Folder, c.Region,
		end.UTC().Format("2006/01/02"), c.Account, c.Region, c.Trail, c.HomeRegion, end.UTC().Format(stamp), ending)
	previous := "null"
	if p := c.last; p != nil {
		sum := sha256.Sum256(p.Text)
		hash, algorithm := hex.EncodeToString(sum[:]), "SHA-256"
		d.PreviousDigestS3Bucket, d.PreviousDigestS3Object, d.PreviousDigestHashValue = &c.Bucket, &p.Key, &hash
		d.PreviousDigestAlgorithm, d.PreviousDigestSignature = &algorithm, &p.Signature
		previous = p.Signature
	}
	for _, l := range logs {
		sum := sha256.Sum256(l.Text)
		d.LogFiles = append(d.LogFiles, digestLogJSON{S3Bucket: c.Bucket, S3Object: l.Key, HashValue: hex.EncodeToString(sum[:]), HashAlgorithm: "SHA-256"})
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	signed := sha256.Sum256(fmt.Appendf(nil, "%s\n%s/%s\n%x\n%s", d.DigestEndTime, d.DigestS3Bucket, d.DigestS3Object, sha256.Sum256(text), previous))
	signature, err := rsa.SignPKCS1v15(rand.Reader, c.Signer, crypto.SHA256, signed[:])
	if err != nil {
		return nil, err
	}
	c.last = &DigestFile{d.DigestS3Object, text, hex.EncodeToString(signature)}
	return c.last, nil
}

// DigestMetadata is what aws s3api head-object prints of a digest file's object, as far as it is of interest.
func (f *DigestFile) DigestMetadata() ([]byte, error) {
	return json.MarshalIndent(map[string]any{"ContentType": "application/json", "Metadata": map[string]string{
		"signature": f.Signature, "signature-algorithm": "SHA256withRSA"}}, "", "    ")
}

// inTrail is the path of a log file of a trail.
var inTrail = regexp.MustCompile(`^(.*?)AWSLogs/((?:o-[a-z0-9]+/)?(\d{12}))/CloudTrail[A-Za-z-]*/([a-z0-9-]+)/\d{4}/\d{2}/\d{2}/[^/]+_(\d{8}T\d{4})Z_[^/]+\.json\.gz$`)

// WriteDigests makes the digest files of the log files below dir, as if they had been delivered to a bucket: one an hour for each
// account and Region, to the end of the hour after the last delivery. It returns them, and the newest of each
// chain once more.
func WriteDigests(dir, bucket, trail, homeRegion string, signer *rsa.PrivateKey) (all, newest []*DigestFile, err error) {
	type delivery struct {
		key string
		at  time.Time
	}
	chains := map[DigestChain][]delivery{}
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		key := filepath.ToSlash(rel)
		m := inTrail.FindStringSubmatch(key)
		if m == nil || strings.Contains(key, "/CloudTrail-Digest/") {
			return nil
		}
		at, err := time.Parse("20060102T1504", m[5])
		if err != nil {
			return nil // no name of a log file
		}
		c := DigestChain{Bucket: bucket, Prefix: m[1], Folder: m[2], Account: m[3], Region: m[4], Trail: trail, HomeRegion: homeRegion, Signer: signer}
		chains[c] = append(chains[c], delivery{key, at})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	order := make([]DigestChain, 0, len(chains))
	for c := range chains {
		order = append(order, c)
	}
	slices.SortFunc(order, func(a, b DigestChain) int {
		return cmp.Or(cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.Folder, b.Folder), cmp.Compare(a.Region, b.Region))
	})
	for _, c := range order {
		of := chains[c]
		slices.SortFunc(of, func(a, b delivery) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.key, b.key)) })
		last := of[len(of)-1].at.Truncate(time.Hour).Add(2 * time.Hour)
		for start := of[0].at.Truncate(time.Hour); start.Before(last); start = start.Add(time.Hour) {
			var logs []DigestLog
			for len(of) > 0 && of[0].at.Before(start.Add(time.Hour)) {
				text, err := gunzipped(filepath.Join(dir, filepath.FromSlash(of[0].key)))
				if err != nil {
					return nil, nil, err
				}
				logs, of = append(logs, DigestLog{of[0].key, text}), of[1:]
			}
			f, err := c.Next(start, start.Add(time.Hour), logs)
			if err != nil {
				return nil, nil, err
			}
			if err := f.write(dir); err != nil {
				return nil, nil, err
			}
			all = append(all, f)
		}
		newest = append(newest, all[len(all)-1])
	}
	return all, newest, nil
}

func gunzipped(file string) ([]byte, error) {
	packed, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return io.ReadAll(z)
}

// write writes the file, compressed, below dir.
func (f *DigestFile) write(dir string) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(f.Text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	to := filepath.Join(dir, filepath.FromSlash(f.Key))
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return fmt.Errorf("write digest file: %w", err)
	}
	if err := os.WriteFile(to, packed.Bytes(), 0o666); err != nil {
		return fmt.Errorf("write digest file: %w", err)
	}
	return nil
}
