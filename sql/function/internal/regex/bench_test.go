package regex

import (
	"regexp"
	"strings"
	"testing"
)

// userAgents are texts as CloudTrail has them.
func userAgents() []string {
	forms := []string{
		"aws-cli/2.13.25 Python/3.11.5 Linux/5.15.0-1045-aws exe/x86_64.ubuntu.22 prompt/off command/s3.ls",
		"Boto3/1.28.62 md/Botocore#1.31.62 ua/2.0 os/linux#5.10.192-183.736.amzn2.x86_64 md/arch#x86_64 lang/python#3.9.16 md/pyimpl#CPython",
		"console.amazonaws.com",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/117.0.0.0 Safari/537.36",
		"aws-sdk-go/1.44.334 (go1.20.7; linux; amd64) exec-env/AWS_ECS_FARGATE amazon-ssm-agent/3.2.1542.0",
		"APN/1.0 HashiCorp/1.0 Terraform/1.5.7 (+https://www.terraform.io) terraform-provider-aws/5.17.0 (+https://registry.terraform.io/providers/hashicorp/aws)",
	}
	var all []string
	for range 1000 {
		all = append(all, forms...)
	}
	return all
}

func benchmarkMatch(b *testing.B, pattern string, match func(s string) bool) {
	texts := userAgents()
	bytes := 0
	for _, s := range texts {
		bytes += len(s)
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		for _, s := range texts {
			match(s)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, pattern := range []string{`(?i)terraform|pulumi|cloudformation`, `^aws-cli/\d+\.\d+`, `kali|parrot|pentoo`, `python/?3\.(8|9|1[0-2])`,
		`[0-9]+\.[0-9]+\.[0-9]+\s+\(`, `Boto3/1\.\d+.*lang/python#3\.9`, `\bexec-env/AWS_ECS\w+\b`, `terraform-provider-aws`, `(?<!Boto)3/1\.\d+`} {
		p, err := Compile(pattern)
		if err != nil {
			b.Fatal(err)
		}
		m := p.NewMatcher()
		name := strings.ReplaceAll(pattern, "/", "∕")
		b.Run("own/"+name, func(b *testing.B) {
			benchmarkMatch(b, pattern, func(s string) bool { ok, _ := m.Match(s); return ok })
		})
		if std, err := regexp.Compile(pattern); err == nil {
			b.Run("std/"+name, func(b *testing.B) { benchmarkMatch(b, pattern, std.MatchString) })
		}
		spans := make([]int, 2*(p.Groups()+1))
		b.Run("find/"+name, func(b *testing.B) {
			benchmarkMatch(b, pattern, func(s string) bool { ok, _ := m.Find(s, 0, spans); return ok })
		})
	}
}
