package synth

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// variable appends a value that it draws for the event at hand.
type variable func(g *Generator, b []byte) []byte

// newVariable finds the variable called name: KIND, KIND:ARGUMENT, with .N behind it for a
// further one of that kind.
func newVariable(name string) (variable, error) {
	kind := name
	if i := strings.LastIndexByte(name, '.'); i >= 0 && !strings.HasPrefix(name, "pick:") {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			kind = name[:i]
		}
	}
	kind, argument, _ := strings.Cut(kind, ":")
	if v := simpleVariables[kind]; v != nil {
		return v, nil
	}
	digits := func(alphabet string, bits uint) (variable, error) {
		n, err := strconv.Atoi(argument)
		return func(g *Generator, b []byte) []byte {
			return appendDigits(b, g.pcg.Uint64(), n, alphabet, bits)
		}, err
	}
	switch kind {
	case "hex":
		return digits(hexDigits, 4)
	case "upper":
		return digits(upperDigits, 5)
	case "base64":
		return digits(base64Digit, 6)
	case "base62":
		return digits(fileDigits, 6)
	case "token":
		n, err := strconv.Atoi(argument)
		return func(g *Generator, b []byte) []byte {
			b = append(b, "IQoJb3JpZ2luX2VjE"...)
			return append(appendDigits(b, g.pcg.Uint64(), n, base64Digit, 6), '=')
		}, err
	case "pick":
		choices := strings.Split(argument, "|")
		return func(g *Generator, b []byte) []byte { return append(b, choices[g.below(len(choices))]...) }, nil
	case "int":
		lowText, topText, _ := strings.Cut(argument, "-")
		low, err := strconv.ParseInt(lowText, 10, 64)
		if err != nil {
			return nil, err
		}
		top, err := strconv.ParseInt(topText, 10, 64)
		if err != nil || top < low {
			return nil, fmt.Errorf("variable %q has no range", name)
		}
		return func(g *Generator, b []byte) []byte {
			return strconv.AppendInt(b, low+int64(g.pcg.Uint64()>>1%uint64(top-low+1)), 10)
		}, nil
	}
	return nil, fmt.Errorf("no variable is called %q", name)
}

// simpleVariables are those without an argument.
var simpleVariables map[string]variable

func init() {
	simpleVariables = map[string]variable{
		"account":      func(g *Generator, b []byte) []byte { return append(b, g.account.id...) },
		"otheraccount": func(g *Generator, b []byte) []byte { return append(b, g.otherAccount().id...) },
		"region":       func(g *Generator, b []byte) []byte { return append(b, g.region...) },
		"zone": func(g *Generator, b []byte) []byte {
			return append(append(b, g.region...), "abc"[g.below(3)])
		},
		"caller":    func(g *Generator, b []byte) []byte { return append(b, g.caller.arn...) },
		"requestid": func(g *Generator, b []byte) []byte { return append(b, g.requestID...) },
		"uuid":      func(g *Generator, b []byte) []byte { return appendUUID(b, g.pcg.Uint64(), g.pcg.Uint64()) },

		"instance": pooled("i-0", 16, 600), "vpc": pooled("vpc-0", 16, 6), "subnet": pooled("subnet-0", 16, 24),
		"sg": pooled("sg-0", 16, 120), "volume": pooled("vol-0", 16, 900), "snapshot": pooled("snap-0", 16, 4000),
		"ami": pooled("ami-0", 16, 25), "eni": pooled("eni-0", 16, 2500), "rtb": pooled("rtb-0", 16, 20),
		"lt": pooled("lt-0", 16, 30), "vpce": pooled("vpce-0", 16, 8), "apiid": pooled("", 10, 15),
		"hexbyte": func(g *Generator, b []byte) []byte { return appendHex(b, g.pcg.Uint64(), 2) },

		"team":      word(teams),
		"env":       word(environments),
		"person":    word(people),
		"trail":     word([]string{"org-trail", "data-events", "audit"}),
		"gluedb":    word([]string{"events", "billing", "clickstream", "marts"}),
		"gluetable": word([]string{"orders", "sessions", "page_views", "invoices", "shipments", "refunds", "devices"}),
		"instancetype": word([]string{"m6i.large", "m7g.xlarge", "c6i.2xlarge", "r6g.large", "t3.medium", "t3.micro",
			"m6i.4xlarge", "c7g.large", "g5.xlarge", "r7iz.large"}),

		"bucket": named(60, func(b []byte, a *account, h uint64) []byte {
			b = append(append(b, "acme-"...), pick(teams, h)...)
			b = append(append(append(b, '-'), pick(purposes, h>>8)...), '-')
			return append(b, a.id[8:]...)
		}),
		"publicbucket": func(g *Generator, b []byte) []byte { return append(append(b, "acme-www-"...), g.account.id[8:]...) },
		"table":        named(30, appendJoined("", '-', "orders", "sessions", "locks", "users", "carts", "audit")),
		"function":     named(90, appendJoined("", '-', "ingest", "thumbnail", "notify", "reconcile", "export", "webhook", "cleanup")),
		"queue":        named(40, appendJoined("", '-', "jobs", "jobs-dlq", "events", "retries")),
		"topic":        named(20, appendJoined("", '-', "alerts", "changes")),
		"stream":       named(10, appendJoined("", '-', "clicks", "audit")),
		"cluster":      named(8, appendJoined("", '-', "main", "batch")),
		"db":           named(16, appendJoined("", '-', "primary", "replica")),
		"stack":        named(50, appendJoined("", '-', "network", "service", "pipeline", "data")),
		"repo":         named(40, appendJoined("", '/', "api", "worker", "web", "cron")),
		"asg":          named(20, appendJoined("eks-", '-', "workers", "spot")),
		"role":         named(60, appendJoined("", '-', "task", "lambda", "deploy", "reader")),
		"parameter":    named(120, appendParameter),
		"rolearn": named(60, func(b []byte, a *account, h uint64) []byte {
			b = append(append(append(b, "arn:aws:iam::"...), a.id...), ":role/"...)
			return appendJoined("", '-', "task", "lambda", "deploy", "reader")(b, a, h)
		}),
		"zoneid":      pooledUpper("Z0", 18, 12),
		"kmskey":      arnOf("kms", "key/", 20, func(b []byte, h uint64) []byte { return appendUUID(b, h, mix(h)) }),
		"secret":      arnOf("secretsmanager", "secret:", 60, appendSecret),
		"lb":          arnOf("elasticloadbalancing", "loadbalancer/app/", 15, appendBalancer),
		"targetgroup": arnOf("elasticloadbalancing", "targetgroup/", 30, appendBalancer),
		"object":      appendObject,
		"privateip":   appendPrivateIP,
		"dashedip": func(g *Generator, b []byte) []byte {
			start := len(b)
			b = appendPrivateIP(g, b)
			for i := start; i < len(b); i++ {
				if b[i] == '.' {
					b[i] = '-'
				}
			}
			return b
		},

		"bytes": appendBytes,
		"zero": func(g *Generator, b []byte) []byte {
			if g.floats {
				return append(b, "0.0"...)
			}
			return append(b, '0')
		},
		"epoch":     func(g *Generator, b []byte) []byte { return strconv.AppendInt(b, g.when, 10) },
		"epochms":   func(g *Generator, b []byte) []byte { return append(strconv.AppendInt(b, g.when, 10), "000"...) },
		"now":       formatted("2006-01-02T15:04:05Z", 0),
		"isomillis": formatted("2006-01-02T15:04:05.000+0000", 0),
		"date":      formatted("2006-01-02", 0),
		"day":       formatted("2006-01-02", 0),
		"slashday":  formatted("2006/01/02", 0),
		"basicdate": formatted("20060102T150405Z", 0),
		"longdate":  formatted("Jan 2, 2006, 3:04:05 PM", 0),
		"inonehour": formatted("Jan 2, 2006, 3:04:05 PM", time.Hour),

		"assumedrolearn": func(g *Generator, b []byte) []byte { return g.target().appendRoleARN(b) },
		"assumedsession": func(g *Generator, b []byte) []byte { return append(b, g.target().name...) },
		"assumedroleid":  func(g *Generator, b []byte) []byte { return g.target().appendRoleID(b, g.seed) },
		"assumedarn":     func(g *Generator, b []byte) []byte { return g.target().appendARN(b) },
		"assumedkey":     func(g *Generator, b []byte) []byte { return g.target().appendKey(b, g.seed, g.when) },
	}
}

// pooled draws among n identifiers of the account and Region: prefix and digits.
func pooled(prefix string, digits, n int) variable {
	kind := hashText(prefix)
	return func(g *Generator, b []byte) []byte {
		return appendHex(append(b, prefix...), hash(g.seed, kind, g.account.number, g.regionHash, uint64(g.skewed(n))), digits)
	}
}

func pooledUpper(prefix string, digits, n int) variable {
	kind := hashText(prefix)
	return func(g *Generator, b []byte) []byte {
		return appendUpper(append(b, prefix...), hash(g.seed, kind, g.account.number, uint64(g.skewed(n))), digits)
	}
}

// named draws among n names of the account, which form makes of a hash.
func named(n int, form func(b []byte, a *account, h uint64) []byte) variable {
	return func(g *Generator, b []byte) []byte {
		return form(b, g.account, hash(0, g.account.number, uint64(g.skewed(n))))
	}
}

func word(list []string) variable {
	return func(g *Generator, b []byte) []byte { return append(b, list[g.skewed(len(list))]...) }
}

func pick(list []string, h uint64) string { return list[h&0xff%uint64(len(list))] }

// appendJoined makes names of a team, an environment and one of the words.
func appendJoined(prefix string, separator byte, words ...string) func([]byte, *account, uint64) []byte {
	return func(b []byte, _ *account, h uint64) []byte {
		b = append(append(b, prefix...), pick(teams, h)...)
		b = append(append(b, separator), pick(words, h>>8)...)
		return append(append(b, '-'), pick(environments, h>>16)...)
	}
}

func appendParameter(b []byte, _ *account, h uint64) []byte {
	b = append(append(append(b, '/'), pick(teams, h)...), '/')
	b = append(append(b, pick(environments, h>>8)...), '/')
	return append(b, pick([]string{"db/url", "db/password", "feature-flags", "api/key", "image-tag", "log-level"}, h>>16)...)
}

func appendSecret(b []byte, h uint64) []byte {
	b = append(append(b, pick(teams, h)...), '/')
	b = append(append(b, pick(environments, h>>8)...), "/database-"...)
	return appendDigits(b, mix(h), 6, fileDigits, 6)
}

func appendBalancer(b []byte, h uint64) []byte {
	b = append(append(b, pick(teams, h)...), '-')
	b = append(append(b, pick(environments, h>>8)...), '/')
	return appendHex(b, mix(h), 16)
}

// arnOf draws among n resources of a service in the account and Region.
func arnOf(service, prefix string, n int, form func(b []byte, h uint64) []byte) variable {
	kind := hashText(prefix)
	return func(g *Generator, b []byte) []byte {
		b = append(append(append(b, "arn:aws:"...), service...), ':')
		b = append(append(append(b, g.region...), ':'), g.account.id...)
		b = append(append(b, ':'), prefix...)
		return form(b, hash(g.seed, kind, g.account.number, g.regionHash, uint64(g.skewed(n))))
	}
}

// appendObject appends the key of an S3 object: tables by day, uploads, logs.
func appendObject(g *Generator, b []byte) []byte {
	h := hash(g.seed, g.account.number, uint64(g.skewed(30_000)))
	b = append(append(b, pick(teams, h)...), '/')
	switch h >> 8 & 3 {
	case 0:
		b = append(append(b, pick(environments, h>>10)...), "/day="...)
		b = appendTime(b, g.when, "2006-01-02", 0)
		b = append(b, "/part-000"...)
		b = append(b, '0'+byte(h>>16%10), '0'+byte(h>>20%10), '-')
		return append(appendHex(b, h, 12), ".snappy.parquet"...)
	case 1:
		b = appendUUID(append(b, "uploads/"...), h, mix(h))
		return append(b, pick([]string{".jpg", ".pdf", ".png", ".docx"}, h>>12)...)
	case 2:
		b = appendTime(append(b, "logs/"...), g.when, "2006/01/02/15", 0)
		return append(appendHex(append(b, '/'), h, 10), ".gz"...)
	}
	b = append(append(b, "exports/"...), pick([]string{"orders", "invoices", "users", "events"}, h>>12)...)
	return append(appendHex(append(b, '-'), h, 6), ".csv"...)
}

func appendPrivateIP(g *Generator, b []byte) []byte {
	h := hash(g.seed, g.account.number, g.regionHash, uint64(g.skewed(600)))
	b = append(b, "10."...)
	b = append(strconv.AppendUint(b, 16+h&15, 10), '.')
	b = append(strconv.AppendUint(b, h>>8&63, 10), '.')
	return strconv.AppendUint(b, 4+h>>16%250, 10)
}

// appendBytes appends a number of bytes, of widely different orders of magnitude. Some files
// write all of them as floats, as CloudTrail itself does at times.
func appendBytes(g *Generator, b []byte) []byte {
	n := g.pcg.Uint64() & 0xffffffff >> (8 + g.below(20))
	b = strconv.AppendUint(b, n+uint64(g.below(400)), 10)
	if g.floats {
		b = append(b, ".0"...)
	}
	return b
}

func formatted(layout string, later time.Duration) variable {
	return func(g *Generator, b []byte) []byte { return appendTime(b, g.when, layout, later) }
}

func appendTime(b []byte, unix int64, layout string, later time.Duration) []byte {
	return time.Unix(unix, 0).UTC().Add(later).AppendFormat(b, layout)
}
