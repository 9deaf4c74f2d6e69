package function

import "github.com/ctlake/ctlake/sql/function/internal/regex"

// RequiredByLike returns a text that every text contains that matches a pattern of LIKE; exact says that all texts that
// contain it match. ok is false if there is no such text, or the pattern is none. Without hasEscape there is no escape character.
func RequiredByLike(pattern, escape string, hasEscape bool) (text string, exact, ok bool) {
	m, err := newLikeMatcher(pattern, escape, hasEscape)
	if err != nil {
		return "", false, false
	}
	exact = true
	texts := 0
	for i, p := range m.parts {
		anchored := i == 0 || i == len(m.parts)-1
		for _, literal := range p.literals {
			if literal != "" {
				texts++
			}
			if len(literal) > len(text) {
				text = literal
			}
			if anchored && literal != "" {
				exact = false
			}
		}
		if len(p.gaps) > 0 {
			exact = false
		}
	}
	return text, exact && texts == 1, texts > 0
}

// RequiredByRegexp is RequiredByLike for patterns of regexp_like whose matching never fails.
func RequiredByRegexp(pattern string) (text string, exact, ok bool) {
	p, err := regex.Compile(pattern)
	if err != nil || !p.Linear() {
		return "", false, false
	}
	text, exact = p.Required()
	return text, exact && text != "", text != ""
}
