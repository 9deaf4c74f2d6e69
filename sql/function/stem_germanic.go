package function

// Stems of Germanic languages, after the Snowball algorithms.

const (
	englishVowels  = stemLetters("aeiouy")
	germanVowels   = stemLetters("aeiouyäöü")
	dutchVowels    = stemLetters("aeiouyè")
	swedishVowels  = stemLetters("aeiouyäåö")
	norwegianVowel = stemLetters("aeiouyæåø")
)

var (
	englishStep1a     = stemRules("1: sses; 2: ied ies; 3: s; 4: us ss")
	englishStep1b     = stemRules("1: eed eedly; 2: ed ing edly ingly")
	englishAfterStep1 = stemRules("1: at bl iz; 2: bb dd ff gg mm nn pp rr tt")
	englishStep2      = stemRules("1: tional; 2: enci; 3: anci; 4: abli; 5: entli; 6: ization izer; 7: ational ation ator; 8: alli aliti alism; 9: fulness; 10: ousli ousness; 11: iviti iveness; 12: bli biliti; 13: ogi; 14: fulli; 15: lessli; 16: li")
	englishStep3      = stemRules("1: tional; 2: ational; 3: alize; 4: icate iciti ical; 5: ful ness; 6: ative")
	englishStep4      = stemRules("1: ic ance ence able ible ate ive ize iti al ism er ous ant ent ment ement; 2: ion")
	englishWhole      = map[string]string{
		"skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "idly": "idl", "gently": "gentl", "ugly": "ugli",
		"early": "earli", "only": "onli", "singly": "singl", "sky": "sky", "news": "news", "howe": "howe", "atlas": "atlas",
		"cosmos": "cosmos", "bias": "bias", "andes": "andes",
	}
	englishAfter1a  = map[string]bool{"inning": true, "outing": true, "canning": true, "herring": true, "earring": true, "proceed": true, "exceed": true, "succeed": true}
	englishStep2New = [...]string{1: "tion", 2: "ence", 3: "ance", 4: "able", 5: "ent", 6: "ize", 7: "ate", 8: "al", 9: "ful", 10: "ous", 11: "ive", 12: "ble", 13: "og", 14: "ful", 15: "less", 16: ""}
	germanStep1     = stemRules("1: e em en ern er es; 2: s")
	germanStep2     = stemRules("1: en er est; 2: st")
	germanStep3     = stemRules("1: end ung; 2: ig isch ik; 3: lich heit; 4: keit")
	germanKeit      = stemRules("1: ig lich")
	dutchStep1      = stemRules("1: heden; 2: ene en; 3: se s")
	dutchStep4      = stemRules("1: end ing; 2: ig; 3: lijk; 4: baar; 5: bar")
	dutchDoubles    = stemRules("1: dd kk tt")
	dutchVowelPairs = stemRules("1: aa ee oo uu")
	swedishEndings  = stemRules("1: a arna erna heterna orna ad e ade ande arne are aste en anden aren heten ern ar er heter or as arnas ernas ornas es ades andes ens arens hetens erns at andet het ast; 2: s")
	swedishPairs    = stemRules("1: dd gd nn dt gt kt tt")
	swedishOther    = stemRules("1: ig lig els; 2: löst; 3: fullt")
	norwegianEnds   = stemRules("1: a e ede ande ende ane ene hetene en heten ar er heter as es edes endes enes hetenes ens hetens ers ets et het ast; 2: s; 3: erte ert")
	norwegianPairs  = stemRules("1: dt vt")
	norwegianOther  = stemRules("1: leg eleg ig eig lig elig els lov elov slov hetslov")
	danishEndings   = stemRules("1: hed ethed ered e erede ende erende ene erne ere en heden eren er heder erer heds es endes erendes enes ernes eres ens hedens erens ers ets erets et eret; 2: s")
	danishPairs     = stemRules("1: gd dt gt kt")
	danishOther     = stemRules("1: ig lig elig els; 2: løst")
)

// maxEnglishExceptions is the length of the longest word that is an exception, in letters.
const maxEnglishExceptions = 7

func stemEnglish(w *stemWord) {
	if len(w.s) <= maxEnglishExceptions {
		if to, ok := englishWhole[string(w.s)]; ok {
			w.swap(len(w.s), to)
			return
		}
	}
	if len(w.s) < 3 {
		return
	}
	v := englishVowels
	if w.s[0] == '\'' {
		w.s = w.s[1:]
	}
	for i, r := range w.s {
		if r == 'y' && (i == 0 || v.has(w.s[i-1])) {
			w.s[i] = 'Y'
		}
	}
	w.markR1R2(v, 0)
	for _, prefix := range []string{"gener", "commun", "arsen"} {
		if w.begins(prefix) {
			w.p1, w.p2 = len(prefix), len(w.s)
			if at := w.past(v, false, w.past(v, true, w.p1)); at >= 0 {
				w.p2 = at
			}
		}
	}
	w.englishStep1a()
	if len(w.s) > maxEnglishExceptions || !englishAfter1a[string(w.s)] {
		w.englishStep1bc()
		w.englishSteps234()
		switch last := w.letter(0); {
		case last == 'e' && (w.in(w.p2, 1) || w.in(w.p1, 1) && !w.englishShort(1)):
			w.cut(1)
		case last == 'l' && w.in(w.p2, 1) && w.letter(1) == 'l':
			w.cut(1)
		}
	}
	replaceRunes(w.s, "Y", "y")
}

// englishShort reports whether a short syllable stands before the last skip letters.
func (w *stemWord) englishShort(skip int) bool {
	v := englishVowels
	if !v.has(w.letter(skip+1)) || len(w.s) < skip+2 {
		return false
	}
	if c := w.letter(skip + 2); v.lacks(c) && !stemLetters("aeiouywxY").has(w.letter(skip)) {
		return true
	}
	return len(w.s) == skip+2 && v.lacks(w.letter(skip))
}

func (w *stemWord) englishStep1a() {
	for _, suffix := range []string{"'s'", "'s", "'"} {
		if w.has(suffix, 0) {
			w.cut(len(suffix))
			break
		}
	}
	switch rule, n := w.find(englishStep1a, 0); rule {
	case 1:
		w.swap(n, "ss")
	case 2:
		if len(w.s) > n+1 {
			w.swap(n, "i")
		} else {
			w.swap(n, "ie")
		}
	case 3:
		for i := 0; i < len(w.s)-2; i++ {
			if englishVowels.has(w.s[i]) {
				w.cut(1)
				break
			}
		}
	}
}

func (w *stemWord) englishStep1bc() {
	switch rule, n := w.find(englishStep1b, 0); rule {
	case 1:
		if w.in(w.p1, n) {
			w.swap(n, "ee")
		}
	case 2:
		vowel := false
		for _, r := range w.s[:len(w.s)-n] {
			vowel = vowel || englishVowels.has(r)
		}
		if !vowel {
			break
		}
		w.cut(n)
		switch rule, _ := w.find(englishAfterStep1, 0); {
		case rule == 1 || rule == 0 && len(w.s) == w.p1 && w.englishShort(0):
			w.swap(0, "e")
		case rule == 2:
			w.cut(1)
		}
	}
	if c := w.letter(0); (c == 'y' || c == 'Y') && englishVowels.lacks(w.letter(1)) && len(w.s) > 2 {
		w.swap(1, "i")
	}
}

func (w *stemWord) englishSteps234() {
	if rule, n := w.find(englishStep2, 0); rule != 0 && w.in(w.p1, n) {
		c := w.letter(n)
		if rule != 13 && rule != 16 || rule == 13 && c == 'l' || rule == 16 && stemLetters("cdeghkmnrt").has(c) {
			w.swap(n, englishStep2New[rule])
		}
	}
	if rule, n := w.find(englishStep3, 0); rule != 0 && w.in(w.p1, n) {
		switch rule {
		case 1:
			w.swap(n, "tion")
		case 2:
			w.swap(n, "ate")
		case 3:
			w.swap(n, "al")
		case 4:
			w.swap(n, "ic")
		case 5:
			w.cut(n)
		case 6:
			if w.in(w.p2, n) {
				w.cut(n)
			}
		}
	}
	if rule, n := w.find(englishStep4, 0); rule != 0 && w.in(w.p2, n) {
		if c := w.letter(n); rule == 1 || c == 's' || c == 't' {
			w.cut(n)
		}
	}
}

func stemGerman(w *stemWord) {
	v := germanVowels
	for i := 0; i+2 < len(w.s); i++ {
		if c := w.s[i+1]; (c == 'u' || c == 'y') && v.has(w.s[i]) && v.has(w.s[i+2]) {
			w.s[i+1] += 'A' - 'a'
		}
	}
	w.s = germanUmlauts(w.s)
	if len(w.s) < 3 {
		w.p1, w.p2 = len(w.s), len(w.s)
	} else {
		w.markR1From3(v)
	}
	if rule, n := w.find(germanStep1, 0); rule != 0 && w.in(w.p1, n) && (rule == 1 || stemLetters("bdfghklmnrt").has(w.letter(n))) {
		w.cut(n)
	}
	if rule, n := w.find(germanStep2, 0); rule != 0 && w.in(w.p1, n) &&
		(rule == 1 || stemLetters("bdfghklmnt").has(w.letter(n)) && len(w.s) >= n+4) {
		w.cut(n)
	}
	if rule, n := w.find(germanStep3, 0); rule != 0 && w.in(w.p2, n) {
		switch rule {
		case 1:
			w.cut(n)
			if w.has("ig", 0) && w.letter(2) != 'e' && w.in(w.p2, 2) {
				w.cut(2)
			}
		case 2:
			if w.letter(n) != 'e' {
				w.cut(n)
			}
		case 3:
			w.cut(n)
			if (w.has("er", 0) || w.has("en", 0)) && w.in(w.p1, 2) {
				w.cut(2)
			}
		case 4:
			w.cut(n)
			w.cutBefore(germanKeit)
		}
	}
	replaceRunes(w.s, "UYäöü", "uyaou")
}

// germanUmlauts writes ß as ss, and ae, oe and ue as the umlauts that they stand for. What follows qu is left alone.
func germanUmlauts(s []rune) []rune {
	out := make([]rune, 0, len(s)+1)
	for i := 0; i < len(s); i++ {
		next := rune(0)
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch c := s[i]; {
		case c == 'ß':
			out = append(out, 's', 's')
		case next == 'e' && (c == 'a' || c == 'o' || c == 'u'):
			out = append(out, map[rune]rune{'a': 'ä', 'o': 'ö', 'u': 'ü'}[c])
			i++
		case c == 'q' && next == 'u':
			if i+4 > len(s) {
				return append(out, s[i:]...)
			}
			out = append(out, s[i:i+4]...)
			i += 3
		default:
			out = append(out, c)
		}
	}
	return out
}

func stemDutch(w *stemWord) {
	v := dutchVowels
	replaceRunes(w.s, "äáëéïíöóüú", "aaeeiioouu")
	if len(w.s) > 0 && w.s[0] == 'y' {
		w.s[0] = 'Y'
	}
	for i := 0; i+1 < len(w.s); i++ {
		switch c := w.s[i+1]; {
		case !v.has(w.s[i]):
		case c == 'y':
			w.s[i+1] = 'Y'
		case c == 'i' && i+2 < len(w.s) && v.has(w.s[i+2]):
			w.s[i+1] = 'I'
		}
	}
	w.markR1From3(v)
	switch rule, n := w.find(dutchStep1, 0); {
	case rule == 0 || !w.in(w.p1, n):
	case rule == 1:
		w.swap(n, "heid")
	case rule == 2:
		w.dutchEn(n)
	case rule == 3 && stemLetters("aeiouyèj").lacks(w.letter(n)):
		w.cut(n)
	}
	eFound := w.dutchE()
	if w.has("heid", 0) && w.in(w.p2, 4) && w.letter(4) != 'c' {
		w.cut(4)
		if w.has("en", 0) && w.in(w.p1, 2) {
			w.dutchEn(2)
		}
	}
	if rule, n := w.find(dutchStep4, 0); rule != 0 && w.in(w.p2, n) {
		switch rule {
		case 1:
			w.cut(n)
			if w.has("ig", 0) && w.in(w.p2, 2) && w.letter(2) != 'e' {
				w.cut(2)
			} else {
				w.undouble(dutchDoubles)
			}
		case 2:
			if w.letter(n) != 'e' {
				w.cut(n)
			}
		case 3:
			w.cut(n)
			w.dutchE()
		case 4:
			w.cut(n)
		case 5:
			if eFound {
				w.cut(n)
			}
		}
	}
	if pair, n := w.find(dutchVowelPairs, 1); pair != 0 && stemLetters("aeiouyèI").lacks(w.letter(0)) && v.lacks(w.letter(1+n)) {
		w.s = append(w.s[:len(w.s)-2], w.s[len(w.s)-1])
	}
	replaceRunes(w.s, "YI", "yi")
}

// undouble takes the last letter off where one of a table's pairs ends the word.
func (w *stemWord) undouble(pairs stemTable) {
	if rule, _ := w.find(pairs, 0); rule != 0 {
		w.cut(1)
	}
}

func (w *stemWord) dutchE() bool {
	if w.letter(0) != 'e' || !w.in(w.p1, 1) || !dutchVowels.lacks(w.letter(1)) {
		return false
	}
	w.cut(1)
	w.undouble(dutchDoubles)
	return true
}

func (w *stemWord) dutchEn(n int) {
	if dutchVowels.lacks(w.letter(n)) && !w.has("gem", n) {
		w.cut(n)
		w.undouble(dutchDoubles)
	}
}

// markNordic sets p1 as the Scandinavian languages have it.
func (w *stemWord) markNordic(v stemLetters) {
	w.p1 = len(w.s)
	if len(w.s) < 3 {
		return
	}
	if at := w.past(v, false, w.past(v, true, 0)); at >= 0 {
		w.p1 = max(at, 3)
	}
}

// findBehind is find where only suffixes that lie behind a mark count.
func (w *stemWord) findBehind(mark int, t stemTable) (rule, size int) {
	w.behind(mark, func() bool {
		rule, size = w.find(t, 0)
		return true
	})
	return rule, size
}

func stemSwedish(w *stemWord) {
	w.markNordic(swedishVowels)
	if rule, n := w.findBehind(w.p1, swedishEndings); rule == 1 || rule == 2 && stemLetters("bcdfghjklmnoprtvy").has(w.letter(n)) {
		w.cut(n)
	}
	if rule, _ := w.findBehind(w.p1, swedishPairs); rule != 0 {
		w.cut(1)
	}
	switch rule, n := w.findBehind(w.p1, swedishOther); rule {
	case 1:
		w.cut(n)
	case 2:
		w.swap(n, "lös")
	case 3:
		w.swap(n, "full")
	}
}

func stemNorwegian(w *stemWord) {
	v := norwegianVowel
	w.markNordic(v)
	switch rule, n := w.findBehind(w.p1, norwegianEnds); rule {
	case 1:
		w.cut(n)
	case 2:
		if c := w.letter(n); stemLetters("bcdfghjlmnoprtvyz").has(c) || c == 'k' && v.lacks(w.letter(n+1)) {
			w.cut(n)
		}
	case 3:
		w.swap(n, "er")
	}
	if rule, _ := w.findBehind(w.p1, norwegianPairs); rule != 0 {
		w.cut(1)
	}
	_, n := w.findBehind(w.p1, norwegianOther)
	w.cut(n)
}

func stemDanish(w *stemWord) {
	v := norwegianVowel
	w.markNordic(v)
	if rule, n := w.findBehind(w.p1, danishEndings); rule == 1 || rule == 2 && stemLetters("abcdfghjklmnoprtvyzå").has(w.letter(n)) {
		w.cut(n)
	}
	pair := func() {
		if rule, _ := w.findBehind(w.p1, danishPairs); rule != 0 {
			w.cut(1)
		}
	}
	pair()
	if w.has("igst", 0) {
		w.cut(2)
	}
	switch rule, n := w.findBehind(w.p1, danishOther); rule {
	case 1:
		w.cut(n)
		pair()
	case 2:
		w.swap(n, "løs")
	}
	if n := len(w.s); n > w.p1 && n > 1 && v.lacks(w.s[n-1]) && w.s[n-1] == w.s[n-2] {
		w.cut(1)
	}
}
