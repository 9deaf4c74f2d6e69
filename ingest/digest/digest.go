// Package digest tells what CloudTrail's digest files prove of log files. It reads no files itself.
//
// Every hour and for every Region CloudTrail writes a digest file: it names the log files that were delivered, with the
// SHA-256 of their text, and the digest file before it, with its SHA-256 and its signature.
//
//	digest 13:00 ──previous──► digest 12:00 ──previous──► digest 11:00 (its previous is null: the chain starts)
//	  │ signature: in S3's       │ signature: also in        │
//	  │ metadata only            │ the one of 13:00          │
//	  ▼ SHA-256                  ▼                           ▼
//	log files                  log files                   log files
//
// What is signed, by RSA (PKCS #1 v1.5) with SHA-256, is
//
//	digestEndTime LF digestS3Bucket "/" digestS3Object LF hexadecimal SHA-256 of the digest's text LF previousDigestSignature
//
// where a signature that is null is the word null. See "CloudTrail digest file structure" and "Custom implementations of
// CloudTrail log file integrity validation" in the AWS CloudTrail User Guide.
package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
)

// MaxBytes bounds the text of a digest file: one of an hour with 100,000 log files has 45 MB.
const MaxBytes = 64 << 20

// Digest is a digest file.
type Digest struct {
	Account     string
	Start, End  time.Time
	Object      Object // where CloudTrail put it
	Fingerprint string // of the public key
	// Previous is the digest file before it, with its text's SHA-256 and its signature; nil at the start of a chain.
	Previous  *Previous
	Logs      []Log
	Text      [sha256.Size]byte // SHA-256 of the text
	toSign    [sha256.Size]byte // SHA-256 of what is signed
	algorithm string
}

// Object is an object of S3.
type Object struct{ Bucket, Key string }

// String returns the object's s3:// path.
func (o Object) String() string { return "s3://" + o.Bucket + "/" + o.Key }

// Previous is what a digest file says of the one before it.
type Previous struct {
	Object    Object
	Text      [sha256.Size]byte // SHA-256 of its text
	Signature string            // hexadecimal
}

// Log is a log file that a digest file names.
type Log struct {
	Bucket string
	// The key is Folder and Name: Folder ends in "/", or is empty.
	Folder, Name string
	Text         [sha256.Size]byte // SHA-256 of its text
}

// Object returns the log file's place in S3.
func (l *Log) Object() Object { return Object{l.Bucket, l.Folder + l.Name} }

// Looks reports whether the beginning of a text looks like that of a digest file: an object that has the members of one, which
// events may have, too, somewhere inside.
func Looks(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if !bytes.HasPrefix(head, []byte("{")) || !bytes.Contains(head, []byte(`"digestS3Object"`)) && !bytes.Contains(head, []byte(`"digestStartTime"`)) {
		return false
	}
	in := json.NewDecoder(bytes.NewReader(head))
	depth, name := 0, false // whether the next token of the object is a name
	for {
		token, err := in.Token()
		if err != nil {
			return false
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
			} else {
				depth--
			}
			if depth == 0 {
				return false
			}
			name = depth == 1
			continue
		case string:
			if depth == 1 && name && (t == "digestS3Object" || t == "digestStartTime") {
				return true
			}
		}
		name = depth == 1 && !name
	}
}

// members are those of a digest file. What is null or absent is nil.
type members struct {
	Account           string  `json:"awsAccountId"`
	Start             string  `json:"digestStartTime"`
	End               string  `json:"digestEndTime"`
	Bucket            string  `json:"digestS3Bucket"`
	Key               string  `json:"digestS3Object"`
	Fingerprint       string  `json:"digestPublicKeyFingerprint"`
	Algorithm         string  `json:"digestSignatureAlgorithm"`
	PreviousBucket    *string `json:"previousDigestS3Bucket"`
	PreviousKey       *string `json:"previousDigestS3Object"`
	PreviousHash      *string `json:"previousDigestHashValue"`
	PreviousAlgorithm *string `json:"previousDigestHashAlgorithm"`
	PreviousSignature *string `json:"previousDigestSignature"`
	Logs              []struct {
		Bucket    string `json:"s3Bucket"`
		Key       string `json:"s3Object"`
		Hash      string `json:"hashValue"`
		Algorithm string `json:"hashAlgorithm"`
	} `json:"logFiles"`
}

const (
	hashAlgorithm      = "SHA-256"
	signatureAlgorithm = "SHA256withRSA"
)

// Parse reads a digest file, decompressed.
func Parse(text []byte) (*Digest, error) {
	var m members
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("it is no JSON of the form of a digest file: %w", err)
	}
	for name, value := range map[string]string{"digestS3Bucket": m.Bucket, "digestS3Object": m.Key} {
		if value == "" {
			return nil, fmt.Errorf("it has no %s", name)
		}
	}
	d := &Digest{Account: m.Account, Object: Object{m.Bucket, m.Key}, Fingerprint: strings.ToLower(m.Fingerprint), Text: sha256.Sum256(text), algorithm: m.Algorithm}
	var err error
	if d.Start, err = time.Parse(time.RFC3339, m.Start); err != nil {
		return nil, errors.New("its digestStartTime is no time")
	}
	if d.End, err = time.Parse(time.RFC3339, m.End); err != nil {
		return nil, errors.New("its digestEndTime is no time")
	}
	signature := "null"
	if m.PreviousSignature != nil {
		signature = *m.PreviousSignature
	}
	d.toSign = sha256.Sum256(fmt.Appendf(nil, "%s\n%s/%s\n%x\n%s", m.End, m.Bucket, m.Key, d.Text, signature))
	if m.PreviousBucket != nil && m.PreviousKey != nil {
		d.Previous = &Previous{Object: Object{*m.PreviousBucket, *m.PreviousKey}}
		if m.PreviousSignature != nil {
			d.Previous.Signature = *m.PreviousSignature
		}
		if m.PreviousHash == nil || m.PreviousAlgorithm != nil && *m.PreviousAlgorithm != hashAlgorithm {
			return nil, errors.New("it does not give the SHA-256 of the digest file before it")
		}
		if d.Previous.Text, err = hashOf(*m.PreviousHash); err != nil {
			return nil, fmt.Errorf("its previousDigestHashValue: %w", err)
		}
	}
	folders := map[string]string{}
	d.Logs = make([]Log, len(m.Logs))
	for i, l := range m.Logs {
		if l.Algorithm != "" && l.Algorithm != hashAlgorithm {
			return nil, fmt.Errorf("it gives a hash by %q, which is not known", l.Algorithm)
		}
		// The text of all keys is let go: most folders are the same, and so are the buckets.
		at := strings.LastIndexByte(l.Key, '/') + 1
		log := Log{Bucket: m.Bucket, Folder: interned(folders, l.Key[:at]), Name: strings.Clone(l.Key[at:])}
		if l.Bucket != m.Bucket {
			log.Bucket = interned(folders, l.Bucket)
		}
		if log.Text, err = hashOf(l.Hash); err != nil {
			return nil, fmt.Errorf("its hashValue of %s: %w", l.Key, err)
		}
		d.Logs[i] = log
	}
	return d, nil
}

func interned(known map[string]string, s string) string {
	if k, ok := known[s]; ok {
		return k
	}
	s = strings.Clone(s)
	known[s] = s
	return s
}

func hashOf(text string) (sum [sha256.Size]byte, err error) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(sum) {
		return sum, errors.New("it is no SHA-256 in hexadecimal digits")
	}
	return [sha256.Size]byte(decoded), nil
}

// Signature returns the signature that the metadata of a digest file's object holds: of the JSON that aws s3api
// head-object and get-object print, of its Metadata alone, or of the metadata of S3's answer as JSON.
func Signature(metadata []byte) (string, error) {
	var m struct {
		Metadata  map[string]string
		Signature string `json:"signature"`
	}
	if err := json.Unmarshal(plainText(metadata), &m); err != nil {
		return "", fmt.Errorf("it is no JSON of metadata: %w", err)
	}
	if m.Signature != "" {
		return m.Signature, nil
	}
	for name, value := range m.Metadata {
		if strings.EqualFold(name, "signature") {
			return value, nil
		}
	}
	return "", errors.New("it holds no signature")
}

// plainText returns what a tool printed as UTF-8 without a byte order mark: PowerShell writes it to files as UTF-16.
func plainText(printed []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(printed, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	case !bytes.HasPrefix(printed, []byte{0xff, 0xfe}):
		return bytes.TrimPrefix(printed, []byte("\ufeff"))
	}
	units := make([]uint16, len(printed)/2-1)
	for i := range units {
		units[i] = order.Uint16(printed[2*i+2:])
	}
	return []byte(string(utf16.Decode(units)))
}

var (
	// digestName is the name of a digest file: what comes before the time names the chain, together with backfill.
	digestName = regexp.MustCompile(`^(.*)_(\d{8}T\d{6}Z)(_backfill)?\.json(?:\.gz)?$`)
	// logName is the name of a log file.
	logName = regexp.MustCompile(`^(\d{12})_CloudTrail(?:-[A-Za-z]+)?_([a-z0-9-]+)_(\d{8}T\d{4})Z_?`)
	// dated is the end of a folder of a day.
	dated = regexp.MustCompile(`/\d{4}/\d{2}/\d{2}/$`)
)

// chain names the chain of digest files that one belongs to, by its key: those of a trail in a Region. Buckets and prefixes are not in
// it: a trail may change them, and its chain goes on.
func chain(key string) string {
	folder, name := key[:strings.LastIndexByte(key, '/')+1], key[strings.LastIndexByte(key, '/')+1:]
	if m := digestName.FindStringSubmatch(name); m != nil {
		return m[1] + m[3]
	}
	return dated.ReplaceAllString(folder, "/")
}

// backfill reports whether a digest file names log files that an earlier one left out.
func backfill(key string) bool {
	m := digestName.FindStringSubmatch(key)
	return m != nil && m[3] != ""
}

// delivery returns the account and Region of a log file, and when it was delivered, by its name.
func delivery(name string) (account, region string, at time.Time, ok bool) {
	m := logName.FindStringSubmatch(name)
	if m == nil {
		return "", "", time.Time{}, false
	}
	at, err := time.Parse("20060102T1504", m[3])
	return m[1], m[2], at, err == nil
}

// regionOf returns the Region whose log files a digest file names, by its key; "" if it does not say.
func regionOf(key string) string {
	const folder = "/CloudTrail-Digest/"
	at := strings.LastIndex(key, folder)
	if at < 0 {
		return ""
	}
	region, _, _ := strings.Cut(key[at+len(folder):], "/")
	return region
}
