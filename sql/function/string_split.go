package function

import (
	"math"
	"strings"
	"unicode"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/vector"
)

// splitter returns the kernel of a function that makes arrays of parts of a text.
// parts gives them one by one.
func splitter(parts func(c *Call, i int, part func(string)) error) Kernel {
	return func(c *Call) (vector.Vector, error) {
		b := vector.NewBuilder(c.Result, c.N).(*vector.ArrayBuilder)
		elements := b.Elements.(*vector.FlatBuilder[string])
		for i := range c.N {
			if c.Nulls.Has(i) {
				b.AppendNull()
				continue
			}
			if err := parts(c, i, elements.AppendValue); err != nil {
				return nil, err
			}
			b.Close()
		}
		return b.Build(), nil
	}
}

var _ = scalar("string", "split", "Splits a text at a delimiter into at most limit parts, of which the last has all that is left",
	"split('a,b,c', ',')", "[a, b, c]",
	Overload{Params: "varchar(x),varchar", Result: "array(varchar(x))", New: always(splitter(func(c *Call, i int, part func(string)) error {
		return splitText(vector.ViewOf[string](c.Args[0]).Get(i), vector.ViewOf[string](c.Args[1]).Get(i), math.MaxInt64, part)
	}))},
	Overload{Params: "varchar(x),varchar,bigint", Result: "array(varchar(x))", New: always(splitter(func(c *Call, i int, part func(string)) error {
		limit := vector.ViewOf[int64](c.Args[2]).Get(i)
		switch {
		case limit <= 0:
			return invalid("Limit must be positive")
		case limit > math.MaxInt32:
			return invalid("Limit is too large")
		}
		return splitText(vector.ViewOf[string](c.Args[0]).Get(i), vector.ViewOf[string](c.Args[1]).Get(i), limit, part)
	}))})

func splitText(s, delimiter string, limit int64, part func(string)) error {
	if delimiter == "" {
		return invalid("The delimiter may not be the empty string")
	}
	for ; limit > 1; limit-- {
		before, after, ok := strings.Cut(s, delimiter)
		if !ok {
			break
		}
		part(before)
		s = after
	}
	part(s)
	return nil
}

var _ = scalar("string", "split_part", "Splits a text at a delimiter and returns one part, counting from 1; NULL if there are fewer",
	"split_part('a,b,c', ',', 2)", "b",
	Overload{Params: "varchar(x),varchar,bigint", Result: "varchar(x)",
		NeverFailsWith: func(b Binding) bool { n, ok := constantOf[int64](b, 2); return ok && n > 0 },
		New: always(func(c *Call) (vector.Vector, error) {
			text, delimiter, index := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1]), vector.ViewOf[int64](c.Args[2])
			return eachOrNull(c, func(i int) (string, bool, error) { return splitPart(text.Get(i), delimiter.Get(i), index.Get(i)) })
		})})

func splitPart(s, delimiter string, index int64) (part string, ok bool, err error) {
	if index <= 0 {
		return "", false, invalid("Index must be greater than zero")
	}
	if delimiter == "" { // the parts are the characters
		if index > int64(len(s)) {
			return "", false, nil
		}
		part = substring(s, index, 1)
		return part, part != "", nil
	}
	for ; ; index-- {
		before, after, found := strings.Cut(s, delimiter)
		if index == 1 {
			return before, true, nil
		}
		if !found {
			return "", false, nil
		}
		s = after
	}
}

// splitEntries gives the keys and values of the entries of a text. quote is how an error quotes an entry.
func splitEntries(s, entryDelimiter, keyValueDelimiter, quote string, entry func(key, value string) error) error {
	switch {
	case entryDelimiter == "":
		return invalid("entryDelimiter is empty")
	case keyValueDelimiter == "":
		return invalid("keyValueDelimiter is empty")
	case entryDelimiter == keyValueDelimiter:
		return invalid("entryDelimiter and keyValueDelimiter must not be the same")
	}
	for s != "" {
		pair, rest, _ := strings.Cut(s, entryDelimiter)
		s = rest
		key, value, ok := strings.Cut(pair, keyValueDelimiter)
		if !ok || strings.Contains(value, keyValueDelimiter) {
			return invalid("Key-value delimiter must appear exactly once in each entry. Bad input: "+quote, sql.Printable(pair, maxQuotedRunes))
		}
		if err := entry(key, value); err != nil {
			return err
		}
	}
	return nil
}

var _ = scalar("string", "split_to_map", "Splits a text into entries, and these into keys and values", "split_to_map('a=1,b=2', ',', '=')", "{a=1, b=2}",
	Overload{Params: "varchar,varchar,varchar", Result: "map(varchar,varchar)", New: always(func(c *Call) (vector.Vector, error) {
		b := vector.NewBuilder(c.Result, c.N).(*vector.MapBuilder)
		keys, values := b.Keys.(*vector.FlatBuilder[string]), b.Values.(*vector.FlatBuilder[string])
		err := eachEntries(c, b, func(text, entries, pairs string) error {
			seen := map[string]bool{}
			return splitEntries(text, entries, pairs, "'%s'", func(key, value string) error {
				if seen[key] {
					return invalid("Duplicate keys (%s) are not allowed", sql.Printable(key, maxQuotedRunes))
				}
				seen[key] = true
				keys.AppendValue(key)
				values.AppendValue(value)
				return nil
			})
		})
		return b.Build(), err
	})})

func eachEntries(c *Call, b *vector.MapBuilder, f func(text, entries, pairs string) error) error {
	text, entries, pairs := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1]), vector.ViewOf[string](c.Args[2])
	for i := range c.N {
		if c.Nulls.Has(i) {
			b.AppendNull()
			continue
		}
		if err := f(text.Get(i), entries.Get(i), pairs.Get(i)); err != nil {
			return err
		}
		b.Close()
	}
	return nil
}

var _ = scalar("string", "split_to_multimap", "Splits a text into entries, and these into keys and values; a key has all its values",
	"split_to_multimap('a=1,b=2,a=3', ',', '=')", "{a=[1, 3], b=[2]}",
	Overload{Params: "varchar,varchar,varchar", Result: "map(varchar,array(varchar))", New: always(func(c *Call) (vector.Vector, error) {
		b := vector.NewBuilder(c.Result, c.N).(*vector.MapBuilder)
		keys, lists := b.Keys.(*vector.FlatBuilder[string]), b.Values.(*vector.ArrayBuilder)
		err := eachEntries(c, b, func(text, entries, pairs string) error {
			var order []string // of first appearance
			values := map[string][]string{}
			err := splitEntries(text, entries, pairs, "%s", func(key, value string) error {
				if _, ok := values[key]; !ok {
					order = append(order, key)
				}
				values[key] = append(values[key], value)
				return nil
			})
			for _, key := range order {
				keys.AppendValue(key)
				for _, value := range values[key] {
					lists.Elements.(*vector.FlatBuilder[string]).AppendValue(value)
				}
				lists.Close()
			}
			return err
		})
		return b.Build(), err
	})})

var _ = scalar("string", "soundex", "Returns the Soundex code of a word, by which names that sound alike are found", "soundex('Miller')", "M460",
	Overload{Params: "varchar", Result: "varchar(4)", New: unaryErr(soundex)})

// soundexCodes are the digits of the letters A to Z; 0 is none.
const soundexCodes = "01230120022455012623010202"

func soundex(s string) (string, error) {
	var out []byte
	last := byte('0')
	for _, r := range strings.ToUpper(strings.ReplaceAll(s, "\u00df", "SS")) {
		if !unicode.IsLetter(r) || r > math.MaxUint16 {
			continue
		}
		if len(out) == 4 {
			break
		}
		if len(out) > 0 && (r == 'H' || r == 'W') {
			continue
		}
		if r < 'A' || r > 'Z' {
			return "", invalid("The character is not mapped: %c (index=%d)", r, r-'A')
		}
		code := soundexCodes[r-'A']
		switch {
		case len(out) == 0:
			out = append(out, byte(r))
		case code != '0' && code != last:
			out = append(out, code)
		}
		last = code
	}
	if len(out) == 0 {
		return "", nil
	}
	return string(append(out, "000"...)[:4]), nil
}
