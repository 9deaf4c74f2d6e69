package function

import (
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/vector"
)

// stemmers are the languages of word_stem, by the codes that Trino has for them.
var stemmers = map[string]func(*stemWord){
	"ca": stemCatalan, "da": stemDanish, "de": stemGerman, "en": stemEnglish, "es": stemSpanish, "eu": stemBasque, "fi": stemFinnish,
	"fr": stemFrench, "hu": stemHungarian, "hy": stemArmenian, "ir": stemIrish, "it": stemItalian, "lt": stemLithuanian, "nl": stemDutch,
	"no": stemNorwegian, "pt": stemPortuguese, "ro": stemRomanian, "ru": stemRussian, "sv": stemSwedish,
	"tr": stemTurkish,
}

func stemmerOf(language string) (func(*stemWord), error) {
	if stem := stemmers[language]; stem != nil {
		return stem, nil
	}
	return nil, invalid("Unknown stemmer language: %s", language)
}

// stemText appends the stem of a word. The letters of one batch share the memory of w.
func stemText(dst []byte, w *stemWord, s string, stem func(*stemWord)) []byte {
	*w = stemWord{s: appendRunes(w.s[:0], s)}
	stem(w)
	for _, r := range w.s {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

var _ = scalar("string", "word_stem", "Returns the stem of a word in lower case, of English or of a language whose code is given: ca, da, de, en, es, eu, fi, fr, hu, hy, ir, it, lt, nl, no, pt, ro, ru, sv or tr",
	"word_stem('connections')", "connect",
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		text, w := vector.ViewOf[string](c.Args[0]), &stemWord{}
		return eachText(c, func(dst []byte, i int) ([]byte, error) { return stemText(dst, w, text.Get(i), stemEnglish), nil })
	})},
	Overload{Params: "varchar(x),varchar(2)", Result: "varchar(x)", NeverFailsWith: func(b Binding) bool {
		language, ok := constantOf[string](b, 1)
		return ok && stemmers[language] != nil
	}, New: always(func(c *Call) (vector.Vector, error) {
		text, language, w := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1]), &stemWord{}
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			stem, err := stemmerOf(language.Get(i))
			if err != nil {
				return dst, err
			}
			return stemText(dst, w, text.Get(i), stem), nil
		})
	})})
