package digest

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Keys are the public keys that signatures are verified with.
type Keys struct {
	byFingerprint map[string][]*rsa.PublicKey
	// unnamed came without a fingerprint: they are tried with every digest file.
	unnamed []*rsa.PublicKey
}

// Len returns how many keys there are.
func (k *Keys) Len() int {
	n := len(k.unnamed)
	for _, same := range k.byFingerprint {
		n += len(same)
	}
	return n
}

// minKeyBits refuses keys that can be forged. CloudTrail's have 2,048 bits.
const minKeyBits = 2048

// ErrKeys is the cause of the error for what holds no public keys.
var ErrKeys = errors.New("no public keys")

// Add adds the keys of a file: what aws cloudtrail list-public-keys prints, once or several times one behind the
// other, or PEM, or DER; each key in the form of PKCS #1 or of X.509.
func (k *Keys) Add(file []byte) error {
	trimmed := bytes.TrimSpace(plainText(file))
	switch {
	case bytes.HasPrefix(trimmed, []byte("{")) || bytes.HasPrefix(trimmed, []byte("[")):
		return k.addJSON(trimmed)
	case bytes.Contains(trimmed, []byte("-----BEGIN ")):
		return k.addPEM(trimmed)
	}
	key, err := parseKey(file)
	if err != nil {
		return fmt.Errorf("%w: neither the JSON of aws cloudtrail list-public-keys nor PEM nor DER", ErrKeys)
	}
	k.unnamed = append(k.unnamed, key)
	return nil
}

// listed is a key as ListPublicKeys gives it.
type listed struct {
	Value, Fingerprint string
}

func (k *Keys) addJSON(text []byte) error {
	in := json.NewDecoder(bytes.NewReader(text))
	before := k.Len()
	for {
		var raw json.RawMessage
		err := in.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKeys, err)
		}
		var page struct{ PublicKeyList []listed }
		if raw[0] == '[' {
			err = json.Unmarshal(raw, &page.PublicKeyList)
		} else {
			err = json.Unmarshal(raw, &page)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKeys, err)
		}
		for i, l := range page.PublicKeyList {
			der, err := base64.StdEncoding.DecodeString(l.Value)
			if err != nil {
				return fmt.Errorf("%w: the Value of key %d is no Base64", ErrKeys, i+1)
			}
			key, err := parseKey(der)
			if err != nil {
				return fmt.Errorf("%w: the Value of key %d: %w", ErrKeys, i+1, err)
			}
			k.add(l.Fingerprint, key)
		}
	}
	if k.Len() == before {
		return fmt.Errorf("%w: the JSON has no PublicKeyList with a key", ErrKeys)
	}
	return nil
}

func (k *Keys) add(fingerprint string, key *rsa.PublicKey) {
	if fingerprint == "" {
		k.unnamed = append(k.unnamed, key)
		return
	}
	if k.byFingerprint == nil {
		k.byFingerprint = map[string][]*rsa.PublicKey{}
	}
	fingerprint = strings.ToLower(fingerprint)
	k.byFingerprint[fingerprint] = append(k.byFingerprint[fingerprint], key)
}

func (k *Keys) addPEM(text []byte) error {
	before := k.Len()
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		key, err := parseKey(block.Bytes)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrKeys, block.Type, err)
		}
		k.unnamed = append(k.unnamed, key)
	}
	if k.Len() == before {
		return fmt.Errorf("%w: the PEM holds none", ErrKeys)
	}
	return nil
}

// parseKey reads a key in DER: PKCS #1's RSAPublicKey, as CloudTrail gives them, or X.509's SubjectPublicKeyInfo.
func parseKey(der []byte) (*rsa.PublicKey, error) {
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		any, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return nil, errors.New("it is no public key of RSA")
		}
		var ok bool
		if key, ok = any.(*rsa.PublicKey); !ok {
			return nil, errors.New("it is a public key, but not of RSA")
		}
	}
	if key.N.BitLen() < minKeyBits {
		return nil, fmt.Errorf("a key of %d bits: CloudTrail's have %d", key.N.BitLen(), minKeyBits)
	}
	return key, nil
}

// of returns the keys that may have signed a digest file with this fingerprint.
func (k *Keys) of(fingerprint string) []*rsa.PublicKey {
	return slices.Concat(k.byFingerprint[fingerprint], k.unnamed)
}

// signed reports whether one of the keys made the signature, in hexadecimal digits, of a digest file.
func (d *Digest) signed(keys []*rsa.PublicKey, signature string) bool {
	raw, err := hex.DecodeString(strings.TrimSpace(signature))
	if err != nil {
		return false
	}
	for _, key := range keys {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, d.toSign[:], raw) == nil {
			return true
		}
	}
	return false
}
