package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage/orc"
)

// What orc meta --json prints of a file.
type (
	orcMeta struct {
		File            string           `json:"file"`
		Bytes           int64            `json:"bytes"`
		Rows            int64            `json:"rows"`
		Version         string           `json:"version"`
		Writer          string           `json:"writer"`
		WriterVersion   int              `json:"writerVersion"`
		SoftwareVersion string           `json:"softwareVersion,omitempty"`
		Compression     string           `json:"compression"`
		ChunkBytes      int64            `json:"chunkBytes"`
		RowIndexStride  int64            `json:"rowIndexStride"`
		Calendar        string           `json:"calendar"`
		FooterBytes     int64            `json:"footerBytes"`
		StatisticsBytes int64            `json:"statisticsBytes"`
		Schema          string           `json:"schema"`
		Metadata        []orcMetaItem    `json:"metadata"`
		Columns         []*orcMetaColumn `json:"columns"`
		Stripes         []*orcMetaStripe `json:"stripes"`
	}
	orcMetaItem struct {
		Name   string `json:"name"`
		Value  string `json:"value,omitempty"`
		Base64 string `json:"base64,omitempty"` // of a value that is no text
	}
	orcMetaColumn struct {
		ID         int           `json:"id"`
		Path       string        `json:"path"`
		Type       string        `json:"type"`
		Attributes []orcMetaItem `json:"attributes,omitempty"`
		Bytes      int64         `json:"bytes"` // of all its streams
		Streams    counts        `json:"streams"`
		Encodings  counts        `json:"encodings"` // and the stripes that have them
		Statistics facts         `json:"statistics"`
	}
	orcMetaStripe struct {
		Offset      int64           `json:"offset"`
		Rows        int64           `json:"rows"`
		IndexBytes  int64           `json:"indexBytes"`
		DataBytes   int64           `json:"dataBytes"`
		FooterBytes int64           `json:"footerBytes"`
		TimeZone    string          `json:"timeZone,omitempty"`
		Streams     []orcMetaStream `json:"streams"`
		Columns     []orcMetaPart   `json:"columns"`
	}
	orcMetaStream struct {
		Column int    `json:"column"`
		Kind   string `json:"kind"`
		Offset int64  `json:"offset"`
		Bytes  int64  `json:"bytes"`
	}
	// orcMetaPart is a column in a stripe.
	orcMetaPart struct {
		ID                int             `json:"id"`
		Encoding          string          `json:"encoding"`
		DictionaryEntries int64           `json:"dictionaryEntries,omitempty"`
		Statistics        facts           `json:"statistics"`
		RowIndex          []orcMetaGroup  `json:"rowIndex,omitempty"`
		BloomKind         string          `json:"bloomFilterKind,omitempty"`
		BloomTrusted      *bool           `json:"bloomFilterTrusted,omitempty"`
		BloomFilters      []orc.BloomInfo `json:"bloomFilters,omitempty"`
	}
	orcMetaGroup struct {
		Positions  []uint64 `json:"positions"`
		Statistics facts    `json:"statistics"`
	}
)

// counts is an object of numbers in the order of first appearance.
type counts []count

type count struct {
	name string
	n    int64
}

func (c *counts) add(name string, n int64) {
	for i := range *c {
		if (*c)[i].name == name {
			(*c)[i].n += n
			return
		}
	}
	*c = append(*c, count{name, n})
}

// MarshalJSON implements json.Marshaler.
func (c counts) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, x := range c {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, x.name)
		b = strconv.AppendInt(append(b, ':'), x.n, 10)
	}
	return append(b, '}'), nil
}

// facts are what statistics say, in order.
type facts []orc.Fact

// MarshalJSON implements json.Marshaler; numbers that JSON lacks are strings.
func (f facts) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, x := range f {
		if i > 0 {
			b = append(b, ',')
		}
		value := x.Value
		if v, ok := value.(float64); ok && (math.IsInf(v, 0) || math.IsNaN(v)) {
			value = strings.Replace(fmt.Sprint(v), "Inf", "Infinity", 1)
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		b = append(append(strconv.AppendQuote(b, x.Name), ':'), text...)
	}
	return append(b, '}'), nil
}

// describe collects what a file says of itself.
func describe(name string, f *orc.File) (*orcMeta, error) {
	tail, columns := f.Tail(), f.Columns()
	m := &orcMeta{
		File: name, Bytes: tail.Bytes, Rows: f.Rows(), Version: tail.Version, Writer: tail.Writer, WriterVersion: tail.WriterVersion,
		SoftwareVersion: tail.SoftwareVersion, Compression: f.Compression().String(), ChunkBytes: tail.ChunkBytes,
		RowIndexStride: tail.RowIndexStride, Calendar: tail.Calendar, FooterBytes: tail.FooterBytes,
		StatisticsBytes: tail.StatisticsBytes, Schema: columns[0].Text, Metadata: []orcMetaItem{}, Stripes: []*orcMetaStripe{},
	}
	for _, item := range f.Metadata() {
		x := orcMetaItem{Name: item.Name, Value: string(item.Value)}
		if !utf8.Valid(item.Value) {
			x.Value, x.Base64 = "", base64.StdEncoding.EncodeToString(item.Value)
		}
		m.Metadata = append(m.Metadata, x)
	}
	for _, c := range columns {
		x := &orcMetaColumn{ID: c.ID, Path: orc.PathOf(c.Path...), Type: c.Text}
		for _, attribute := range c.Attributes {
			x.Attributes = append(x.Attributes, orcMetaItem{Name: attribute.Name, Value: attribute.Value})
		}
		said, err := f.StatisticsFacts(c.ID)
		if err != nil {
			return nil, err
		}
		x.Statistics = said
		m.Columns = append(m.Columns, x)
	}
	for i, info := range f.Stripes() {
		s, err := m.stripe(f, i, info, columns)
		if err != nil {
			return nil, err
		}
		m.Stripes = append(m.Stripes, s)
	}
	return m, nil
}

func (m *orcMeta) stripe(f *orc.File, number int, info orc.StripeInfo, columns []orc.Column) (*orcMetaStripe, error) {
	r, err := f.Stripe(number)
	if err != nil {
		return nil, err
	}
	layout := r.Layout()
	s := &orcMetaStripe{
		Offset: info.Offset, Rows: info.Rows, IndexBytes: layout.IndexBytes, DataBytes: layout.DataBytes,
		FooterBytes: layout.FooterBytes, TimeZone: layout.TimeZone, Streams: []orcMetaStream{},
	}
	for _, x := range layout.Streams {
		s.Streams = append(s.Streams, orcMetaStream(x))
		m.Columns[x.Column].Bytes += x.Bytes
		m.Columns[x.Column].Streams.add(x.Kind, x.Bytes)
	}
	for id, e := range layout.Encodings {
		m.Columns[id].Encodings.add(e.Kind, 1)
		part := orcMetaPart{ID: id, Encoding: e.Kind, DictionaryEntries: e.DictionaryEntries}
		said, err := f.StripeFacts(number, id)
		if err != nil {
			return nil, err
		}
		part.Statistics = said
		index, err := r.RowIndex(id)
		if err != nil {
			return nil, err
		}
		for _, entry := range index {
			part.RowIndex = append(part.RowIndex, orcMetaGroup{entry.Positions, entry.Statistics})
		}
		if part.BloomKind, part.BloomFilters, err = r.BloomFilters(id); err != nil {
			return nil, err
		}
		if part.BloomKind != "" {
			trusted := r.HasBloomFilter(columns[id].Path)
			part.BloomTrusted = &trusted
		}
		s.Columns = append(s.Columns, part)
	}
	return s, nil
}

// writeJSON prints an object on one line.
func (m *orcMeta) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(m)
}

// person makes text from a file fit to be seen.
func person(text string) string { return string(output.Escape(nil, []byte(text))) }

func (f facts) String() string {
	var parts []string
	for _, x := range f {
		text := fmt.Sprint(x.Value)
		if s, ok := x.Value.(string); ok {
			text = person(strconv.QuoteToGraphic(cutLong(s)))
		}
		parts = append(parts, x.Name+" "+text)
	}
	return strings.Join(parts, ", ")
}

// longText is how many bytes of a bound are shown to people.
const longText = 80

func cutLong(s string) string {
	if len(s) <= longText {
		return s
	}
	at := longText
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at] + "…"
}

func (c counts) String() string {
	var parts []string
	for _, x := range c {
		parts = append(parts, x.name+" "+thousands(x.n))
	}
	return strings.Join(parts, ", ")
}

// writeText prints a file's description for people.
func (m *orcMeta) writeText(w io.Writer, rowGroups bool) error {
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("File %s", person(m.File))
	p("  size          %s bytes, %s rows, stripes: %d", thousands(m.Bytes), thousands(m.Rows), len(m.Stripes))
	p("  format        %s, writer %s, writer version %d%s", m.Version, m.Writer, m.WriterVersion, prefixed(", ", person(m.SoftwareVersion)))
	p("  compression   %s in chunks of %s bytes", m.Compression, thousands(m.ChunkBytes))
	index := "none"
	if m.RowIndexStride > 0 {
		index = "row groups of " + thousands(m.RowIndexStride) + " rows"
	}
	p("  row index     %s", index)
	p("  calendar      %s", m.Calendar)
	p("  tail          footer %s bytes, stripe statistics %s bytes", thousands(m.FooterBytes), thousands(m.StatisticsBytes))
	p("  schema        %s", person(m.Schema))
	for i, item := range m.Metadata {
		label := ""
		if i == 0 {
			label = "metadata"
		}
		p("  %-13s %s = %s", label, person(item.Name), person(cutLong(item.Value)+prefixed("base64 ", cutLong(item.Base64))))
	}
	p("\nColumns")
	share := max(1, m.Bytes)
	for _, c := range m.Columns {
		p("  %d %s  %s", c.ID, nameOf(c.Path), person(c.Type))
		p("      size        %s bytes, %.1f %% of the file%s", thousands(c.Bytes), 100*float64(c.Bytes)/float64(share), prefixed(": ", c.Streams.String()))
		if len(c.Encodings) > 0 {
			p("      encoding    %s", encodingText(c.Encodings, len(m.Stripes)))
		}
		for _, a := range c.Attributes {
			p("      attribute   %s = %s", person(a.Name), person(a.Value))
		}
		if len(c.Statistics) > 0 {
			p("      statistics  %s", c.Statistics)
		}
	}
	for i, s := range m.Stripes {
		m.writeStripe(p, i, s, rowGroups)
	}
	p("")
	_, err := w.Write(b.Bytes())
	return err
}

func (m *orcMeta) writeStripe(p func(string, ...any), number int, s *orcMetaStripe, rowGroups bool) {
	p("\nStripe %d", number)
	p("  %s rows at byte %s: index %s, data %s, footer %s bytes%s", thousands(s.Rows), thousands(s.Offset), thousands(s.IndexBytes),
		thousands(s.DataBytes), thousands(s.FooterBytes), prefixed("; writer's time zone ", person(s.TimeZone)))
	for _, x := range s.Streams {
		p("  stream %-17s of %d %s: %s bytes at %s", x.Kind, x.Column, nameOf(m.Columns[x.Column].Path), thousands(x.Bytes), thousands(x.Offset))
	}
	for _, c := range s.Columns {
		text := c.Encoding
		if c.DictionaryEntries > 0 {
			text += " of " + thousands(c.DictionaryEntries) + " entries"
		}
		p("  column %d %s: %s%s", c.ID, nameOf(m.Columns[c.ID].Path), text, prefixed("; ", c.Statistics.String()))
		if c.BloomTrusted != nil {
			trust := ""
			if !*c.BloomTrusted {
				trust = ", not used: of a writer or form that is not to be trusted"
			}
			p("    %s, row groups: %d%s", c.BloomKind, len(c.BloomFilters), trust)
		}
		if !rowGroups {
			continue
		}
		for g, entry := range c.RowIndex {
			p("    row group %d: positions %v%s", g, entry.Positions, prefixed("; ", entry.Statistics.String()))
			if g < len(c.BloomFilters) {
				x := c.BloomFilters[g]
				p("      bloom filter: %d hash functions, %s of %s bits set", x.HashFunctions, thousands(x.Set), thousands(x.Bits))
			}
		}
	}
}

// encodingText leaves the count out where all stripes agree.
func encodingText(c counts, stripes int) string {
	if len(c) == 1 && c[0].n == int64(stripes) {
		return c[0].name
	}
	return c.String() + " of the stripes"
}

func nameOf(path string) string {
	if path == "" {
		return "(rows)"
	}
	return person(path)
}

// prefixed returns text behind a prefix, or nothing if it is empty.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
