package parser_test

import (
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/parser"
)

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"query", `SELECT userIdentity.arn, count(*) AS n FROM 1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809
			WHERE eventTime > '2024-05-01 00:00:00' AND eventName IN ('AssumeRole', 'GetObject') AND errorCode IS NULL
			GROUP BY 1 ORDER BY n DESC LIMIT 20`},
		{"IN of 20000", "SELECT a FROM t WHERE a IN (" + strings.Repeat("'0123456789abcdef', ", 20_000) + "'x')"},
		{"faulty", "SELECT a FROM t WHERE a IN (" + strings.Repeat("'0123456789abcdef', ", 20_000) + "'x'"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = parser.Parse(c.text, parser.Options{})
			}
		})
	}
}
