package function

import "strings"

// Stems of Romance languages, after the Snowball algorithms.

const (
	spanishVowels    = stemLetters("aeiouáéíóúü")
	portugueseVowels = stemLetters("aeiouáéíóúâêô")
	italianVowels    = stemLetters("aeiouàèìòù")
	frenchVowels     = stemLetters("aeiouyâàëéêèïîôûù")
)

var (
	spanishPronouns  = stemRules("1: la sela le me se lo selo las selas les los selos nos")
	spanishGerunds   = stemRules("1: iéndo; 2: ándo; 3: ár; 4: ér; 5: ír; 6: ando iendo ar er ir; 7: yendo")
	spanishSuffixes  = stemRules("1: ica osa ista anza able ible ico ismo oso amiento imiento icas osas istas anzas ables ibles icos ismos osos amientos imientos; 2: ancia adora ante ación ador ancias adoras aciones adores antes; 3: logía logías; 4: ución uciones; 5: encia encias; 6: amente; 7: mente; 8: idad idades; 9: iva ivo ivas ivos")
	spanishVerbsY    = stemRules("1: ya ye yan yen yeron yendo yo yas yes yais yamos yó")
	spanishVerbs     = stemRules("1: en es éis emos; 2: aba ada ida ara iera ía aría ería iría ad ed id ase iese aste iste an aban aran ieran ían arían erían irían asen iesen aron ieron arán erán irán ado ido ando iendo ar er ir as abas adas idas aras ieras ías arías erías irías ases ieses abais arais ierais íais aríais eríais iríais aseis ieseis asteis isteis áis aréis eréis iréis ados idos amos ábamos áramos iéramos íamos aríamos eríamos iríamos aremos eremos iremos ásemos iésemos imos arás erás irás ís ará erá irá aré eré iré ió")
	spanishResidue   = stemRules("1: a o os á í ó; 2: e é")
	spanishAmente    = stemRules("1: iv; 2: ic ad os")
	spanishMente     = stemRules("1: able ible ante")
	spanishIdad      = stemRules("1: ic abil iv")
	portugueseMente  = stemRules("1: ante avel ível")
	portugueseSuffix = stemRules("1: ica ância adora osa ista eza ante ável ível ico ismo oso amento imento aça~o ador icas adoras osas istas ezas adores antes aço~es icos ismos osos amentos imentos; 2: logía logías; 3: ución uciones; 4: ência ências; 5: amente; 6: mente; 7: idade idades; 8: iva ivo ivas ivos; 9: ira iras")
	portugueseVerbs  = stemRules("1: ada ida ia aria eria iria ara era ira ava asse esse isse aste este iste ei arei erei irei am iam ariam eriam iriam aram eram iram avam em arem erem irem assem essem issem ado ido ando endo indo ara~o era~o ira~o ar er ir as adas idas ias arias erias irias aras eras iras avas es ardes erdes irdes ares eres ires asses esses isses astes estes istes is ais eis areis ereis ireis áreis éreis íreis ásseis ésseis ísseis áveis íeis aríeis eríeis iríeis ados idos amos áramos éramos íramos ávamos íamos aríamos eríamos iríamos emos aremos eremos iremos ássemos êssemos íssemos imos armos ermos irmos ámos arás erás irás eu iu ou ará erá irá")
	portugueseRest   = stemRules("1: a i o os á í ó")
	italianPronouns  = stemRules("1: la cela gliela mela tela vela le cele gliele mele tele vele ne cene gliene mene sene tene vene ci li celi glieli meli teli veli gli mi si ti vi lo celo glielo melo telo velo")
	italianGerunds   = stemRules("1: ando endo; 2: ar er ir")
	italianAmente    = stemRules("1: iv; 2: ic abil os")
	italianSuffixes  = stemRules("1: ica osa ista anza ice atrice iche abile ibile ose ante mente iste anze ici atrici ichi abili ibili ismi osi anti isti ico ismo oso istà istè istì; 2: azione atore azioni atori; 3: logia logie; 4: usione uzione usioni uzioni; 5: enza enze; 6: amenti imenti amento imento; 7: amente; 8: ità; 9: iva ive ivi ivo")
	italianVerbs     = stemRules("1: isca enda ata ita uta ava eva iva erebbe irebbe isce ende are ere ire asse ate avate evate ivate ete erete irete ite ereste ireste ute erai irai isci endi erei irei assi ati iti eresti iresti uti avi evi ivi isco ando endo Yamo iamo avamo evamo ivamo eremo iremo assimo ammo emmo eremmo iremmo immo ano iscano avano evano ivano eranno iranno ono iscono arono erono irono erebbero irebbero assero essero issero ato ito uto avo evo ivo ar ir erà irà erò irò")
	frenchSuffixes   = stemRules("1: iqUe ance able isme iste iqUes ances ables ismes istes eux; 2: atrice ation ateur atrices ations ateurs; 3: logie logies; 4: usion ution usions utions; 5: ence ences; 6: ements ement; 7: ités ité; 8: ive if ives ifs; 9: eaux; 10: aux; 11: euse euses; 12: issements issement; 13: amment; 14: emment; 15: ments ment")
	frenchEment      = stemRules("1: iv; 2: eus; 3: abl iqU; 4: ièr Ièr")
	frenchIte        = stemRules("1: abil; 2: ic; 3: iv")
	frenchVerbsI     = stemRules("1: ira ie isse issante i irai ir iras ies îmes isses issantes îtes is irais issais irions issions irons issons issants it irait issait issant iraIent issaIent irent issent iront ît iriez issiez irez issez")
	frenchVerbs      = stemRules("1: ions; 2: era ée erai er eras ées erais erions erons és erait eraIent èrent eront ez iez eriez erez é; 3: a asse ante ai as âmes asses antes âtes ais assions ants ait ant aIent assent ât assiez")
	frenchResidue    = stemRules("1: ion; 2: Ière ière Ier ier; 3: e; 4: ë")
	frenchDoubles    = stemRules("1: ell eill enn onn ett")
)

func stemSpanish(w *stemWord) {
	w.markRV(spanishVowels)
	w.markR1R2(spanishVowels, 0)
	w.spanishPronoun()
	if !w.spanishSuffix() && !w.spanishVerbY() {
		rule, n := w.findBehind(w.pv, spanishVerbs)
		if rule == 1 && w.has("gu", n) {
			n++
		}
		w.cut(n)
	}
	switch rule, n := w.find(spanishResidue, 0); {
	case rule == 0 || !w.in(w.pv, n):
	case rule == 1:
		w.cut(n)
	default:
		w.cut(n)
		if w.has("gu", 0) && w.in(w.pv, 1) {
			w.cut(1)
		}
	}
	replaceRunes(w.s, "áéíóú", "aeiou")
}

// spanishVerbY takes an ending off that begins with y and stands after u.
func (w *stemWord) spanishVerbY() bool {
	rule, n := w.findBehind(w.pv, spanishVerbsY)
	if rule == 0 || w.letter(n) != 'u' {
		return false
	}
	w.cut(n)
	return true
}

func (w *stemWord) spanishPronoun() {
	rule, n := w.find(spanishPronouns, 0)
	if rule == 0 {
		return
	}
	form, m := w.find(spanishGerunds, n)
	if form == 0 || !w.in(w.pv, n+m) {
		return
	}
	switch form {
	case 1:
		w.swap(n+m, "iendo")
	case 2:
		w.swap(n+m, "ando")
	case 3:
		w.swap(n+m, "ar")
	case 4:
		w.swap(n+m, "er")
	case 5:
		w.swap(n+m, "ir")
	case 6:
		w.cut(n)
	case 7:
		if w.letter(n+m) == 'u' {
			w.cut(n)
		}
	}
}

// cutBefore takes one of a table off, if it lies in R2.
func (w *stemWord) cutBefore(t stemTable) int {
	rule, n := w.find(t, 0)
	if rule == 0 || !w.in(w.p2, n) {
		return 0
	}
	w.cut(n)
	return rule
}

func (w *stemWord) spanishSuffix() bool {
	rule, n := w.find(spanishSuffixes, 0)
	mark := w.p2
	if rule == 6 {
		mark = w.p1
	}
	if rule == 0 || !w.in(mark, n) {
		return false
	}
	switch rule {
	case 3:
		w.swap(n, "log")
		return true
	case 4:
		w.swap(n, "u")
		return true
	case 5:
		w.swap(n, "ente")
		return true
	}
	w.cut(n)
	switch rule {
	case 2:
		w.cutIf("ic", w.p2)
	case 6:
		if w.cutBefore(spanishAmente) == 1 {
			w.cutIf("at", w.p2)
		}
	case 7:
		w.cutBefore(spanishMente)
	case 8:
		w.cutBefore(spanishIdad)
	case 9:
		w.cutIf("at", w.p2)
	}
	return true
}

func stemPortuguese(w *stemWord) {
	w.s = []rune(stemTilde.Replace(string(w.s)))
	w.markRV(portugueseVowels)
	w.markR1R2(portugueseVowels, 0)
	done := w.portugueseSuffix() || w.behind(w.pv, func() bool {
		rule, n := w.find(portugueseVerbs, 0)
		w.cut(n)
		return rule != 0
	})
	if done {
		if w.has("ci", 0) && w.in(w.pv, 1) {
			w.cut(1)
		}
	} else if rule, n := w.find(portugueseRest, 0); rule != 0 && w.in(w.pv, n) {
		w.cut(n)
	}
	switch last := w.letter(0); {
	case last == 'ç':
		w.swap(1, "c")
	case (last == 'e' || last == 'é' || last == 'ê') && w.in(w.pv, 1):
		w.cut(1)
		if (w.has("gu", 0) || w.has("ci", 0)) && w.in(w.pv, 1) {
			w.cut(1)
		}
	}
	w.s = []rune(stemUntilde.Replace(string(w.s)))
}

// stemTilde sets apart the tilde of Portuguese, which is no vowel's part in its algorithm.
var (
	stemTilde   = strings.NewReplacer("ã", "a~", "õ", "o~")
	stemUntilde = strings.NewReplacer("a~", "ã", "o~", "õ")
)

func (w *stemWord) portugueseSuffix() bool {
	rule, n := w.find(portugueseSuffix, 0)
	mark := w.p2
	switch rule {
	case 0:
		return false
	case 5:
		mark = w.p1
	case 9:
		mark = w.pv
	}
	if !w.in(mark, n) {
		return false
	}
	switch rule {
	case 2:
		w.swap(n, "log")
		return true
	case 3:
		w.swap(n, "u")
		return true
	case 4:
		w.swap(n, "ente")
		return true
	case 9:
		if w.letter(n) != 'e' {
			return false
		}
		w.swap(n, "ir")
		return true
	}
	w.cut(n)
	switch rule {
	case 5:
		if w.cutBefore(spanishAmente) == 1 {
			w.cutIf("at", w.p2)
		}
	case 6:
		w.cutBefore(portugueseMente)
	case 7:
		w.cutBefore(spanishIdad)
	case 8:
		w.cutIf("at", w.p2)
	}
	return true
}

// raiseBetween makes u and i between vowels capital: consonants, for the time being.
func (w *stemWord) raiseBetween(v stemLetters) {
	for i := 0; i+2 < len(w.s); i++ {
		if c := w.s[i+1]; (c == 'u' || c == 'i') && v.has(w.s[i]) && v.has(w.s[i+2]) {
			w.s[i+1] += 'A' - 'a'
		}
	}
}

func stemItalian(w *stemWord) {
	for i, r := range w.s {
		if r == 'u' && i > 0 && w.s[i-1] == 'q' {
			w.s[i] = 'U'
		}
	}
	replaceRunes(w.s, "áéíóú", "àèìòù")
	w.raiseBetween(italianVowels)
	w.markRV(italianVowels)
	w.markR1R2(italianVowels, 0)
	if rule, n := w.find(italianPronouns, 0); rule != 0 {
		form, m := w.find(italianGerunds, n)
		switch {
		case form == 0 || !w.in(w.pv, n+m):
		case form == 1:
			w.cut(n)
		default:
			w.swap(n, "e")
		}
	}
	if !w.italianSuffix() {
		w.behind(w.pv, func() bool {
			_, n := w.find(italianVerbs, 0)
			w.cut(n)
			return true
		})
	}
	if stemLetters("aeioàèìò").has(w.letter(0)) && w.in(w.pv, 1) {
		w.cut(1)
		w.cutIf("i", w.pv)
	}
	if (w.has("ch", 0) || w.has("gh", 0)) && w.in(w.pv, 2) {
		w.cut(1)
	}
	replaceRunes(w.s, "IU", "iu")
}

func (w *stemWord) italianSuffix() bool {
	rule, n := w.find(italianSuffixes, 0)
	mark := w.p2
	switch rule {
	case 0:
		return false
	case 6:
		mark = w.pv
	case 7:
		mark = w.p1
	}
	if !w.in(mark, n) {
		return false
	}
	switch rule {
	case 3:
		w.swap(n, "log")
		return true
	case 4:
		w.swap(n, "u")
		return true
	case 5:
		w.swap(n, "ente")
		return true
	}
	w.cut(n)
	switch rule {
	case 2:
		w.cutIf("ic", w.p2)
	case 7:
		if w.cutBefore(italianAmente) == 1 {
			w.cutIf("at", w.p2)
		}
	case 8:
		w.cutBefore(spanishIdad)
	case 9:
		if w.cutIf("at", w.p2) {
			w.cutIf("ic", w.p2)
		}
	}
	return true
}

func stemFrench(w *stemWord) {
	v := frenchVowels
	for i := 0; i < len(w.s); i++ {
		at := func(k int) rune {
			if i+k < len(w.s) {
				return w.s[i+k]
			}
			return 0
		}
		switch c, next := w.s[i], at(1); {
		case v.has(c) && (next == 'u' || next == 'i') && v.has(at(2)):
			w.s[i+1] += 'A' - 'a'
		case v.has(c) && next == 'y':
			w.s[i+1] = 'Y'
		case c == 'y' && v.has(next):
			w.s[i] = 'Y'
		case c == 'q' && next == 'u':
			w.s[i+1] = 'U'
		}
	}
	w.pv = len(w.s)
	switch {
	case len(w.s) > 2 && v.has(w.s[0]) && v.has(w.s[1]):
		w.pv = 3
	case len(w.s) > 2 && (string(w.s[:3]) == "par" || string(w.s[:3]) == "col" || string(w.s[:3]) == "tap"):
		w.pv = 3
	default:
		if at := w.past(v, true, 1); at >= 0 && len(w.s) > 1 {
			w.pv = at
		}
	}
	w.markR1R2(v, 0)
	if w.frenchSuffix() || w.behind(w.pv, w.frenchVerbI) || w.behind(w.pv, w.frenchVerb) {
		switch w.letter(0) {
		case 'Y':
			w.swap(1, "i")
		case 'ç':
			w.swap(1, "c")
		}
	} else {
		w.frenchRest()
	}
	if rule, _ := w.find(frenchDoubles, 0); rule != 0 {
		w.cut(1)
	}
	at := len(w.s)
	for at > 0 && v.lacks(w.s[at-1]) {
		at--
	}
	if at > 0 && at < len(w.s) && (w.s[at-1] == 'é' || w.s[at-1] == 'è') {
		w.s[at-1] = 'e'
	}
	replaceRunes(w.s, "IUY", "iuy")
}

// cutOrSwap takes the last size letters off if they lie behind p2, and else replaces them if they lie behind a mark.
func (w *stemWord) cutOrSwap(size, mark int, with string) bool {
	switch {
	case w.in(w.p2, size):
		w.cut(size)
	case w.in(mark, size):
		w.swap(size, with)
	default:
		return false
	}
	return true
}

func (w *stemWord) frenchSuffix() bool {
	rule, n := w.find(frenchSuffixes, 0)
	inR2 := w.in(w.p2, n)
	switch rule {
	case 0:
		return false
	case 1, 2, 3, 4, 5, 7, 8:
		if !inR2 {
			return false
		}
	}
	switch rule {
	case 1:
		w.cut(n)
	case 2:
		w.cut(n)
		if w.has("ic", 0) {
			w.cutOrSwap(2, 0, "iqU")
		}
	case 3:
		w.swap(n, "log")
	case 4:
		w.swap(n, "u")
	case 5:
		w.swap(n, "ent")
	case 6:
		if !w.in(w.pv, n) {
			return false
		}
		w.cut(n)
		switch rule, m := w.find(frenchEment, 0); rule {
		case 1:
			if w.in(w.p2, m) {
				w.cut(m)
				w.cutIf("at", w.p2)
			}
		case 2:
			w.cutOrSwap(m, w.p1, "eux")
		case 3:
			if w.in(w.p2, m) {
				w.cut(m)
			}
		case 4:
			if w.in(w.pv, m) {
				w.swap(m, "i")
			}
		}
	case 7:
		w.cut(n)
		switch rule, m := w.find(frenchIte, 0); rule {
		case 1:
			w.cutOrSwap(m, 0, "abl")
		case 2:
			w.cutOrSwap(m, 0, "iqU")
		case 3:
			if w.in(w.p2, m) {
				w.cut(m)
			}
		}
	case 8:
		w.cut(n)
		if w.cutIf("at", w.p2) && w.has("ic", 0) {
			w.cutOrSwap(2, 0, "iqU")
		}
	case 9:
		w.swap(n, "eau")
	case 10:
		if !w.in(w.p1, n) {
			return false
		}
		w.swap(n, "al")
	case 11:
		return w.cutOrSwap(n, w.p1, "eux")
	case 12:
		if !w.in(w.p1, n) || !frenchVowels.lacks(w.letter(n)) {
			return false
		}
		w.cut(n)
	case 13, 14: // the verbs' endings are looked for still
		if w.in(w.pv, n) {
			w.swap(n, map[int]string{13: "ant", 14: "ent"}[rule])
		}
		return false
	case 15:
		if frenchVowels.has(w.letter(n)) && w.in(w.pv, n+1) {
			w.cut(n)
		}
		return false
	}
	return true
}

func (w *stemWord) frenchVerbI() bool {
	rule, n := w.find(frenchVerbsI, 0)
	if rule == 0 || !frenchVowels.lacks(w.letter(n)) {
		return false
	}
	w.cut(n)
	return true
}

func (w *stemWord) frenchVerb() bool {
	rule, n := w.find(frenchVerbs, 0)
	switch {
	case rule == 0 || rule == 1 && !w.in(w.p2, n):
		return false
	default:
		w.cut(n)
	}
	if rule == 3 && w.letter(0) == 'e' {
		w.cut(1)
	}
	return true
}

func (w *stemWord) frenchRest() {
	if w.letter(0) == 's' && stemLetters("aiouès").lacks(w.letter(1)) {
		w.cut(1)
	}
	w.behind(w.pv, func() bool {
		rule, n := w.find(frenchResidue, 0)
		switch rule {
		case 1:
			if c := w.letter(n); w.in(w.p2, n) && (c == 's' || c == 't') {
				w.cut(n)
			}
		case 2:
			w.swap(n, "i")
		case 3:
			w.cut(n)
		case 4:
			if w.has("gu", n) {
				w.cut(n)
			}
		}
		return rule != 0
	})
}
