package orc

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// logSchema resembles a trail's events.
var logSchema = types.RowOf(
	types.Field{Name: "eventtime", Type: types.TTimestamp},
	types.Field{Name: "eventname", Type: types.TVarchar},
	types.Field{Name: "sourceip", Type: types.TVarchar},
	types.Field{Name: "identity", Type: types.RowOf(
		types.Field{Name: "type", Type: types.TVarchar},
		types.Field{Name: "arn", Type: types.TVarchar},
		types.Field{Name: "session", Type: types.RowOf(types.Field{Name: "mfa", Type: types.TBoolean}, types.Field{Name: "created", Type: types.TTimestamp})},
	)},
	types.Field{Name: "eventid", Type: types.TVarchar},
	types.Field{Name: "parameters", Type: types.TMapOfVarchar},
	types.Field{Name: "readonly", Type: types.TBoolean},
	types.Field{Name: "json", Type: types.TVarchar},
)

// logBatches makes events the way an importer does: rows of flat vectors.
func logBatches(rows, perBatch int) []*vector.Batch {
	r := rand.New(rand.NewPCG(11, 12))
	var out []*vector.Batch
	clock := int64(1_767_225_600_000_000)
	for rows > 0 {
		n := min(rows, perBatch)
		rows -= n
		builders := make([]vector.Builder, len(logSchema.Fields()))
		for i, f := range logSchema.Fields() {
			builders[i] = vector.NewBuilder(f.Type, n)
		}
		text := func(b vector.Builder, s string) { b.(*vector.FlatBuilder[string]).AppendValue(s) }
		for range n {
			clock += int64(r.IntN(200)) * 1000
			name := fmt.Sprintf("Describe%c%c", 'A'+min(r.IntN(20), r.IntN(20)), 'a'+r.IntN(10))
			arn := fmt.Sprintf("arn:aws:iam::1234567890%02d:user/user%d", r.IntN(10), min(r.IntN(3000), r.IntN(3000)))
			id := fmt.Sprintf("%08x-%04x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.Uint64()>>16)
			ip := fmt.Sprintf("10.%d.%d.%d", r.IntN(3), r.IntN(20), r.IntN(200))
			builders[0].(*vector.FlatBuilder[int64]).AppendValue(clock)
			text(builders[1], name)
			text(builders[2], ip)
			identity := builders[3].(*vector.RowBuilder)
			text(identity.Fields[0], []string{"IAMUser", "AssumedRole", "AWSService"}[r.IntN(3)])
			if r.IntN(5) == 0 {
				identity.Fields[1].AppendNull()
			} else {
				text(identity.Fields[1], arn)
			}
			session := identity.Fields[2].(*vector.RowBuilder)
			if r.IntN(2) == 0 {
				session.AppendNull()
			} else {
				session.Fields[0].(*vector.FlatBuilder[bool]).AppendValue(r.IntN(4) == 0)
				session.Fields[1].(*vector.FlatBuilder[int64]).AppendValue(clock - 1e9)
				session.Close()
			}
			identity.Close()
			text(builders[4], id)
			parameters := builders[5].(*vector.MapBuilder)
			for k := range r.IntN(4) {
				text(parameters.Keys, []string{"bucketName", "instanceId", "maxResults"}[k])
				text(parameters.Values, fmt.Sprintf("value-%d", r.IntN(500)))
			}
			parameters.Close()
			builders[6].(*vector.FlatBuilder[bool]).AppendValue(r.IntN(8) > 0)
			text(builders[7], `{"eventVersion":"1.08","userIdentity":{"arn":"`+arn+`"},"eventName":"`+name+`","sourceIPAddress":"`+ip+
				`","eventID":"`+id+`","userAgent":"`+strings.Repeat("aws-sdk-go/1.44 ", 12)+`","eventType":"AwsApiCall"}`)
		}
		b := &vector.Batch{N: n}
		for _, x := range builders {
			b.Columns = append(b.Columns, x.Build())
		}
		out = append(out, b)
	}
	return out
}

const benchRows = 200_000

var benchBatches = sync.OnceValue(func() []*vector.Batch { return logBatches(benchRows, 1024) })

var benchOptions = WriterOptions{Compression: Zstd, BloomFilterColumns: []string{"eventid", "identity.arn", "sourceip", "eventname"}}

var benchFile = sync.OnceValue(func() []byte {
	var buf bytes.Buffer
	w, _ := NewWriter(&buf, logSchema, benchOptions)
	for _, b := range benchBatches() {
		if err := w.Write(b); err != nil {
			panic(err)
		}
	}
	if _, err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
})

func BenchmarkWrite(b *testing.B) {
	for _, c := range []Compression{None, Snappy, Zstd} {
		b.Run(c.String(), func(b *testing.B) {
			o := benchOptions
			o.Compression = c
			size := int64(0)
			for _, x := range benchBatches() {
				for _, v := range x.Columns {
					size += vector.Bytes(v)
				}
			}
			b.SetBytes(size)
			b.ReportAllocs()
			written := int64(0)
			for b.Loop() {
				w, err := NewWriter(io.Discard, logSchema, o)
				if err != nil {
					b.Fatal(err)
				}
				for _, x := range benchBatches() {
					if err := w.Write(x); err != nil {
						b.Fatal(err)
					}
				}
				s, err := w.Close()
				if err != nil {
					b.Fatal(err)
				}
				written = s.Bytes
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds()/1e6, "Mrows/s")
			b.ReportMetric(float64(written)/benchRows, "B/row")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, path := range []string{"eventtime", "eventname", "identity.arn", "identity", "eventid", "parameters", "json", ""} {
		name := path
		if name == "" {
			name = "all"
		}
		b.Run(name, func(b *testing.B) {
			f := open(b, benchFile())
			var steps []string
			if path != "" {
				steps = strings.Split(path, ".")
			}
			size := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				size = 0
				for i := range f.Stripes() {
					s, err := f.Stripe(i)
					if err != nil {
						b.Fatal(err)
					}
					c, err := s.Column(steps)
					if err != nil {
						b.Fatal(err)
					}
					for at := 0; at < s.Rows(); at += 10_000 {
						v, err := c.Read(at, min(10_000, s.Rows()-at))
						if err != nil {
							b.Fatal(err)
						}
						size += int64(v.Len())
					}
				}
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds()/1e6, "Mrows/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

// BenchmarkGather decodes one row in a thousand.
func BenchmarkGather(b *testing.B) {
	for _, path := range []string{"eventname", "parameters", "json"} {
		b.Run(path, func(b *testing.B) {
			f := open(b, benchFile())
			for b.Loop() {
				for i := range f.Stripes() {
					s, err := f.Stripe(i)
					if err != nil {
						b.Fatal(err)
					}
					c, err := s.Column([]string{path})
					if err != nil {
						b.Fatal(err)
					}
					var rows []int32
					for r := 500; r < s.Rows(); r += 1000 {
						rows = append(rows, int32(r))
					}
					if _, err := c.Gather(rows); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
