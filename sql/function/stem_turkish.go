package function

// Stems of Turkish, after the Snowball algorithm of Evren (Kapusuz) Çilden. Words of
// it are long chains of endings, which automata take off from the end:
//
//	doktoruymuşsunuz      you had been the doctor of him
//	doktor|uymuş|sunuz
//	       ^at   ^ket     what is between them is taken off, once the ending fits
//
// Endings obey the harmony of vowels, and most may begin with a letter that is there
// only behind a vowel.

const (
	turkishVowels = stemLetters("aeıioöuü")
	turkishHigh   = stemLetters("ıiuü")

	// maxTurkishChain bounds how many times a chain of endings before -ki goes on, far beyond any word.
	maxTurkishChain = 1000
)

var (
	turkishPossessives = stemRules("1: mız miz muz müz nız niz nuz nüz m n")
	turkishLArI        = stemRules("1: leri ları")
	turkishNU          = stemRules("1: nı ni nu nü")
	turkishUn          = stemRules("1: ın in un ün")
	turkishA           = stemRules("1: a e")
	turkishNA          = stemRules("1: na ne")
	turkishDA          = stemRules("1: da de ta te")
	turkishNdA         = stemRules("1: nda nde")
	turkishDAn         = stemRules("1: dan den tan ten")
	turkishNdAn        = stemRules("1: ndan nden")
	turkishLA          = stemRules("1: la le")
	turkishKi          = stemRules("1: ki")
	turkishCA          = stemRules("1: ca ce")
	turkishUm          = stemRules("1: ım im um üm")
	turkishSUn         = stemRules("1: sın sin sun sün")
	turkishUz          = stemRules("1: ız iz uz üz")
	turkishSUnUz       = stemRules("1: sınız siniz sunuz sünüz")
	turkishLAr         = stemRules("1: ler lar")
	turkishNUz         = stemRules("1: nız niz nuz nüz")
	turkishDUr         = stemRules("1: tır tir tur tür dır dir dur dür")
	turkishCAsInA      = stemRules("1: casına cesine")
	turkishDU          = stemRules("1: tım tim tum tüm dım dim dum düm tın tin tun tün dın din dun dün tık tik tuk tük dık dik duk dük tı ti tu tü dı di du dü")
	turkishSA          = stemRules("1: sam san sak sem sen sek sa se")
	turkishMUs         = stemRules("1: mış miş muş müş")
	turkishKen         = stemRules("1: ken")
)

// A turkishWord is a word of which the letters before at are not looked at yet.
type turkishWord struct {
	stemWord
	at, ket int
}

func stemTurkish(w *stemWord) {
	vowels := 0
	for _, r := range w.s {
		if turkishVowels.has(r) {
			vowels++
		}
	}
	if vowels < 2 {
		return
	}
	t := &turkishWord{stemWord: stemWord{s: append([]rune(nil), w.s...)}}
	t.at = len(t.s)
	if plural := t.verb(); plural {
		return
	}
	t.at = len(t.s)
	t.noun()
	if word := string(t.s); word == "ad" || word == "soyad" {
		return
	}
	t.lastConsonant()
	w.s = t.s
}

// try runs f, and goes back to where it was if that fails.
func (t *turkishWord) try(f func() bool) bool {
	rest := len(t.s) - t.at
	if f() {
		return true
	}
	t.at = len(t.s) - rest
	return false
}

func (t *turkishWord) open() { t.ket = t.at }

// remove takes the letters between at and ket off.
func (t *turkishWord) remove() { t.s = append(t.s[:t.at], t.s[t.ket:]...) }

// before returns the letter that stands before skip others that stand before at.
func (t *turkishWord) before(skip int) rune {
	if i := t.at - 1 - skip; i >= 0 {
		return t.s[i]
	}
	return 0
}

// take goes over an ending of a table.
func (t *turkishWord) take(table stemTable) bool {
	rule, n := t.find(table, len(t.s)-t.at)
	t.at -= n
	return rule != 0
}

// first goes over an ending of the first table that has one, with its optional letter and harmony.
func (t *turkishWord) first(endings ...turkishEnding) bool {
	for _, e := range endings {
		if t.ending(e) {
			return true
		}
	}
	return false
}

type turkishEnding struct {
	table    stemTable
	harmony  bool
	optional stemLetters // the letters of which one may stand before the ending, behind what is not of their kind
}

var (
	turkishEndPossessive = turkishEnding{turkishPossessives, false, turkishHigh}
	turkishEndLArI       = turkishEnding{turkishLArI, false, ""}
	turkishEndNU         = turkishEnding{turkishNU, true, ""}
	turkishEndNUn        = turkishEnding{turkishUn, true, "n"}
	turkishEndYA         = turkishEnding{turkishA, true, "y"}
	turkishEndNA         = turkishEnding{turkishNA, true, ""}
	turkishEndDA         = turkishEnding{turkishDA, true, ""}
	turkishEndNdA        = turkishEnding{turkishNdA, true, ""}
	turkishEndDAn        = turkishEnding{turkishDAn, true, ""}
	turkishEndNdAn       = turkishEnding{turkishNdAn, true, ""}
	turkishEndYlA        = turkishEnding{turkishLA, true, "y"}
	turkishEndKi         = turkishEnding{turkishKi, false, ""}
	turkishEndNcA        = turkishEnding{turkishCA, true, "n"}
	turkishEndYUm        = turkishEnding{turkishUm, true, "y"}
	turkishEndSUn        = turkishEnding{turkishSUn, true, ""}
	turkishEndYUz        = turkishEnding{turkishUz, true, "y"}
	turkishEndSUnUz      = turkishEnding{turkishSUnUz, false, ""}
	turkishEndLAr        = turkishEnding{turkishLAr, true, ""}
	turkishEndNUz        = turkishEnding{turkishNUz, true, ""}
	turkishEndDUr        = turkishEnding{turkishDUr, true, ""}
	turkishEndCAsInA     = turkishEnding{turkishCAsInA, false, ""}
	turkishEndYDU        = turkishEnding{turkishDU, true, "y"}
	turkishEndYsA        = turkishEnding{turkishSA, false, "y"}
	turkishEndYmUs       = turkishEnding{turkishMUs, true, "y"}
	turkishEndYken       = turkishEnding{turkishKen, false, "y"}
	turkishU             = stemRules("1: ı i u ü")
	turkishEndSU         = turkishEnding{turkishU, true, "s"}
	turkishEndYU         = turkishEnding{turkishU, true, "y"}
)

func (t *turkishWord) ending(e turkishEnding) bool {
	return t.try(func() bool {
		if e.harmony && !t.harmony() || !t.take(e.table) {
			return false
		}
		if e.optional == "" {
			return true
		}
		fits := func(r rune) bool {
			return turkishVowels.has(r) != (e.optional == turkishHigh) && r != 0
		}
		if e.optional.has(t.before(0)) {
			t.at--
			return fits(t.before(0))
		}
		return fits(t.before(1))
	})
}

// turkishHarmony is, by the last vowel, which ones may stand before it.
var turkishHarmony = map[rune]stemLetters{
	'a': "aıou", 'e': "eiöü", 'ı': "aı", 'i': "ei", 'o': "ou", 'ö': "öü", 'u': "ou", 'ü': "öü",
}

func (t *turkishWord) harmony() bool {
	i := t.at - 1
	for i >= 0 && !turkishVowels.has(t.s[i]) {
		i--
	}
	if i < 0 {
		return false
	}
	wanted := turkishHarmony[t.s[i]]
	for i--; i >= 0; i-- {
		if wanted.has(t.s[i]) {
			return true
		}
	}
	return false
}

// verb takes the endings of nominal verbs off. It reports whether the last of them was a plural's.
func (t *turkishWord) verb() (plural bool) {
	t.open()
	person := func() bool {
		t.first(turkishEndSUnUz, turkishEndLAr, turkishEndYUm, turkishEndSUn, turkishEndYUz)
		return t.ending(turkishEndYmUs)
	}
	switch {
	case t.first(turkishEndYmUs, turkishEndYDU, turkishEndYsA, turkishEndYken):
	case t.try(func() bool { return t.ending(turkishEndCAsInA) && person() }):
	case t.ending(turkishEndLAr):
		t.remove()
		t.open()
		t.first(turkishEndDUr, turkishEndYDU, turkishEndYsA, turkishEndYmUs)
		plural = true
	case t.try(func() bool { return t.ending(turkishEndNUz) && t.first(turkishEndYDU, turkishEndYsA) }):
	case t.first(turkishEndSUnUz, turkishEndYUz, turkishEndSUn, turkishEndYUm):
		t.remove()
		t.open()
		t.ending(turkishEndYmUs)
	case t.ending(turkishEndDUr):
		t.remove()
		t.open()
		t.try(person)
	default:
		return false
	}
	t.remove()
	return plural
}

// pluralBeforeKi takes -lAr off, and the chain before it, which must be there.
func (t *turkishWord) pluralBeforeKi(depth int) bool {
	t.open()
	if !t.ending(turkishEndLAr) {
		return false
	}
	t.remove()
	return t.beforeKi(depth)
}

// owned takes a possessive ending off, or -sU, and goes on to a plural before it.
func (t *turkishWord) owned(depth int, endings ...turkishEnding) bool {
	if !t.first(endings...) {
		return false
	}
	t.remove()
	t.try(func() bool { return t.pluralBeforeKi(depth) })
	return true
}

func (t *turkishWord) plural(depth int) bool {
	if !t.ending(turkishEndLAr) {
		return false
	}
	t.remove()
	t.try(func() bool { return t.beforeKi(depth) })
	return true
}

// removed takes an ending off that stands there.
func (t *turkishWord) removed(e turkishEnding) bool {
	if !t.ending(e) {
		return false
	}
	t.remove()
	return true
}

// beforeKi takes chains of endings off that end with -ki.
func (t *turkishWord) beforeKi(depth int) bool {
	t.open()
	if depth++; depth > maxTurkishChain || !t.ending(turkishEndKi) {
		return false
	}
	switch {
	case t.removed(turkishEndDA):
		t.open()
		t.try(func() bool { return t.plural(depth) || t.owned(depth, turkishEndPossessive) })
		return true
	case t.removed(turkishEndNUn):
		t.open()
		t.try(func() bool {
			if t.removed(turkishEndLArI) {
				return true
			}
			t.open()
			return t.owned(depth, turkishEndPossessive, turkishEndSU) || t.beforeKi(depth)
		})
		return true
	}
	return t.try(func() bool {
		return t.ending(turkishEndNdA) && (t.removed(turkishEndLArI) || t.owned(depth, turkishEndSU) || t.try(func() bool { return t.beforeKi(depth) }))
	})
}

func (t *turkishWord) noun() bool {
	t.open()
	owned := func() bool { t.open(); return t.owned(0, turkishEndPossessive, turkishEndSU) }
	plural := func() bool { return t.try(func() bool { return t.pluralBeforeKi(0) }) }
	chain := func() bool { return t.try(func() bool { return t.beforeKi(0) }) }
	switch {
	case t.plural(0):
		return true
	case t.removed(turkishEndNcA):
		t.open()
		return t.removed(turkishEndLArI) || owned() || plural() || true
	}
	if t.try(func() bool {
		return t.first(turkishEndNdA, turkishEndNA) && (t.removed(turkishEndLArI) || t.owned(0, turkishEndSU) || chain())
	}) {
		return true
	}
	t.open()
	if t.try(func() bool {
		return t.first(turkishEndNdAn, turkishEndNU) && (t.owned(0, turkishEndSU) || t.ending(turkishEndLArI))
	}) {
		return true
	}
	t.open()
	switch {
	case t.removed(turkishEndDAn):
		t.open()
		return t.owned(0, turkishEndPossessive) || t.plural(0) || chain() || true
	case t.removed(turkishEndNUn), t.removed(turkishEndYlA):
		return plural() || owned() || chain() || true
	case t.removed(turkishEndLArI), chain():
		return true
	}
	t.open()
	if t.removed(turkishEndDA) || t.removed(turkishEndYU) || t.removed(turkishEndYA) {
		t.open()
		return t.try(func() bool {
			if t.removed(turkishEndPossessive) {
				t.open()
				t.ending(turkishEndLAr)
			} else if !t.ending(turkishEndLAr) {
				return false
			}
			t.remove()
			return t.beforeKi(0)
		}) || true
	}
	return owned()
}

// lastConsonant puts a vowel behind a last d or g, with which few words end, and hardens other last consonants.
func (t *turkishWord) lastConsonant() {
	if len(t.s) == 0 {
		return
	}
	last := &t.s[len(t.s)-1]
	if *last == 'd' || *last == 'g' {
		for i := len(t.s) - 2; i >= 0; i-- {
			if v := t.s[i]; turkishVowels.has(v) {
				t.s = append(t.s, map[rune]rune{'a': 'ı', 'ı': 'ı', 'e': 'i', 'i': 'i', 'o': 'u', 'u': 'u', 'ö': 'ü', 'ü': 'ü'}[v])
				return
			}
		}
	}
	switch *last {
	case 'b':
		*last = 'p'
	case 'c':
		*last = 'ç'
	case 'd':
		*last = 't'
	case 'ğ':
		*last = 'k'
	}
}
