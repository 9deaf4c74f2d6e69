package function

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// patternTranslation rewrites a pattern of Java's syntax into what both Go's
// regexp and regexp2 read, and finds out whether it needs to backtrack.
type patternTranslation struct {
	pattern    string
	at         int
	out        strings.Builder
	backtracks bool

	inClass bool
	atom    int   // where in out the last thing begins that a quantifier would repeat
	groups  []int // where in out the open groups begin
}

// javaClasses are Java's names of character classes in \p{…} that others spell
// otherwise, as the inside of a class.
var javaClasses = map[string]string{
	"Lower": "a-z", "Upper": "A-Z", "ASCII": `\x00-\x7F`, "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
	"Punct": "!-/:-@\\[-`{-~", "Graph": "!-~", "Print": " -~", "Blank": ` \t`, "Cntrl": `\x00-\x1F\x7F`,
	"XDigit": "0-9a-fA-F", "Space": javaSpaces,
	"IsAlphabetic": `\p{L}\p{Nl}`, "IsLetter": `\p{L}`, "IsDigit": `\p{Nd}`, "IsUppercase": `\p{Lu}`, "IsLowercase": `\p{Ll}`,
	"IsPunctuation": `\p{P}`, "IsWhite_Space": javaSpaces, "javaLowerCase": `\p{Ll}`, "javaUpperCase": `\p{Lu}`,
}

const (
	javaSpaces      = ` \t\n\x0B\f\r`
	javaHorizontal  = " \\t\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
	javaVertical    = "\\n\\x0B\\f\\r\u0085\u2028\u2029"
	javaLineEndings = "(?:\\r\\n|[" + javaVertical + "])"
)

func (t *patternTranslation) unsupported(what string) error {
	return badPattern(t.pattern, what+" is not supported")
}

// rest returns what is not yet read.
func (t *patternTranslation) rest() string { return t.pattern[t.at:] }

func (t *patternTranslation) run() error {
	for t.at < len(t.pattern) {
		c := t.pattern[t.at]
		switch {
		case c == '\\' && t.at+1 < len(t.pattern):
			if !t.inClass {
				t.atom = t.out.Len()
			}
			if err := t.escape(); err != nil {
				return err
			}
		case t.inClass:
			if err := t.classMember(c); err != nil {
				return err
			}
		case c == '[':
			t.openClass()
		case c == '(':
			t.groups = append(t.groups, t.out.Len())
			if err := t.openGroup(); err != nil {
				return err
			}
		case c == ')':
			if n := len(t.groups); n > 0 {
				t.atom, t.groups = t.groups[n-1], t.groups[:n-1]
			}
			t.copy(1)
		case c == '*' || c == '+' || c == '?' || c == '{':
			t.quantifier(c)
		default:
			t.atom = t.out.Len()
			_, size := utf8.DecodeRuneInString(t.rest())
			t.copy(size)
		}
	}
	return nil
}

func (t *patternTranslation) copy(n int) {
	t.out.WriteString(t.pattern[t.at : t.at+n])
	t.at += n
}

// quantifier reads a quantifier. A possessive one, which gives nothing back,
// becomes an atomic group.
func (t *patternTranslation) quantifier(c byte) {
	n := 1
	if c == '{' {
		end := strings.IndexByte(t.rest(), '}')
		if end < 0 || strings.Trim(t.rest()[1:end], "0123456789,") != "" {
			t.copy(1)
			return
		}
		n = end + 1
	}
	if !strings.HasPrefix(t.rest()[n:], "+") {
		t.copy(n)
		if strings.HasPrefix(t.rest(), "?") {
			t.copy(1)
		}
		return
	}
	before, repeated := t.out.String()[:t.atom], t.out.String()[t.atom:]
	t.out.Reset()
	t.out.WriteString(before + "(?>" + repeated + t.rest()[:n] + ")")
	t.at += n + 1
	t.backtracks = true
}

func (t *patternTranslation) openClass() {
	t.atom = t.out.Len()
	t.inClass = true
	t.copy(1)
	if strings.HasPrefix(t.rest(), "^") {
		t.copy(1)
	}
	if strings.HasPrefix(t.rest(), "]") { // stands for itself at the start
		t.out.WriteString(`\]`)
		t.at++
	}
}

func (t *patternTranslation) classMember(c byte) error {
	switch {
	case c == '[':
		return t.unsupported("a character class within another")
	case c == '&' && strings.HasPrefix(t.rest(), "&&"):
		return t.unsupported("an intersection of character classes")
	case c == ']':
		t.inClass = false
	}
	t.copy(1)
	return nil
}

// openGroup reads the start of a group.
func (t *patternTranslation) openGroup() error {
	rest := t.rest()
	if !strings.HasPrefix(rest, "(?") {
		t.copy(1)
		return nil
	}
	for _, kind := range []string{"(?=", "(?!", "(?>", "(?<=", "(?<!"} {
		if strings.HasPrefix(rest, kind) {
			t.backtracks = true
			t.copy(len(kind))
			return nil
		}
	}
	if strings.HasPrefix(rest, "(?<") {
		t.copy(3)
		return nil
	}
	end := strings.IndexAny(rest, ":)")
	if end < 0 || strings.Trim(rest[2:end], "imsxduU-") != "" {
		t.copy(2)
		return nil
	}
	flags := rest[2:end]
	if strings.Contains(flags, "U") {
		return t.unsupported("the flag U")
	}
	t.backtracks = t.backtracks || strings.Contains(flags, "x")
	flags = strings.TrimSuffix(strings.Map(func(r rune) rune { // letters are Unicode's, and lines end with \n, anyhow
		if r == 'u' || r == 'd' {
			return -1
		}
		return r
	}, flags), "-")
	t.at += end + 1
	if rest[end] == ':' {
		t.out.WriteString("(?" + flags + ":")
		return nil
	}
	t.groups = t.groups[:len(t.groups)-1] // it ends here
	if flags != "" {
		t.out.WriteString("(?" + flags + ")")
	}
	return nil
}

// escape reads what begins with a backslash.
func (t *patternTranslation) escape() error {
	rest := t.rest()
	class := ""
	switch c := rest[1]; c {
	case 'k', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.backtracks = true
		t.copy(2)
		return nil
	case 'X', 'N', 'c', 'G':
		return t.unsupported(`\` + string(c))
	case 'R':
		t.out.WriteString(javaLineEndings)
	case 'Z':
		t.out.WriteString(`(?:\n?\z)`)
	case 'e':
		t.out.WriteString(`\x1B`)
	case 'h':
		class = javaHorizontal
	case 'v':
		class = javaVertical
	case 's':
		class = javaSpaces
	case 'S':
		if t.inClass {
			t.copy(2)
			return nil
		}
		t.out.WriteString("[^" + javaSpaces + "]")
	case 'u', 'x':
		return t.hexEscape()
	case '0':
		return t.octalEscape()
	case 'Q': // up to \E all characters stand for themselves
		quoted, _, closed := strings.Cut(rest[2:], `\E`)
		t.at += 2 + len(quoted)
		if closed {
			t.at += 2
		}
		for _, r := range quoted {
			t.atom = t.out.Len()
			t.literal(r)
		}
		return nil
	case 'p', 'P':
		return t.property(c == 'P')
	default:
		if c >= utf8.RuneSelf { // only ASCII can be escaped
			_, size := utf8.DecodeRuneInString(rest[1:])
			t.at++
			t.copy(size)
			return nil
		}
		t.copy(2)
		return nil
	}
	t.at += 2
	t.writeClass(class)
	return nil
}

func (t *patternTranslation) writeClass(class string) {
	switch {
	case class == "":
	case t.inClass:
		t.out.WriteString(class)
	default:
		t.out.WriteString("[" + class + "]")
	}
}

// literal writes a character that stands for itself.
func (t *patternTranslation) literal(r rune) {
	if t.inClass && strings.ContainsRune(`\]^-[&`, r) {
		t.out.WriteByte('\\')
		t.out.WriteRune(r)
		return
	}
	t.out.WriteString(regexp.QuoteMeta(string(r)))
}

// hexEscape reads \xhh, \x{h…} or \uhhhh.
func (t *patternTranslation) hexEscape() error {
	rest := t.rest()
	digits, n := "", 0
	switch {
	case rest[1] == 'u' && len(rest) >= 6:
		digits, n = rest[2:6], 6
	case strings.HasPrefix(rest, `\x{`):
		if end := strings.IndexByte(rest, '}'); end > 0 {
			digits, n = rest[3:end], end+1
		}
	case rest[1] == 'x' && len(rest) >= 4:
		digits, n = rest[2:4], 4
	}
	r, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || r > utf8.MaxRune {
		return badPattern(t.pattern, "invalid escape sequence")
	}
	t.at += n
	t.literal(rune(r))
	return nil
}

// octalEscape reads \0 and one to three octal digits.
func (t *patternTranslation) octalEscape() error {
	rest := t.rest()
	n := 2
	for n < len(rest) && n < 5 && rest[n] >= '0' && rest[n] <= '7' {
		n++
	}
	r, err := strconv.ParseUint(rest[2:n], 8, 32)
	if err != nil {
		return badPattern(t.pattern, "invalid escape sequence")
	}
	t.at += n
	t.literal(rune(r))
	return nil
}

// property reads \p{name} or \pL.
func (t *patternTranslation) property(negative bool) error {
	rest := t.rest()
	if !strings.HasPrefix(rest[2:], "{") {
		if len(rest) < 3 {
			return badPattern(t.pattern, "invalid escape sequence")
		}
		t.out.WriteString(rest[:2] + "{" + rest[2:3] + "}")
		t.at += 3
		return nil
	}
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		return badPattern(t.pattern, "invalid escape sequence")
	}
	name := rest[3:end]
	t.at += end + 1
	class, ok := javaClasses[name]
	switch {
	case !ok:
		name = strings.TrimPrefix(strings.TrimPrefix(name, "Is"), "general_category=")
		t.out.WriteString(rest[:2] + "{" + name + "}")
	case !negative:
		t.writeClass(class)
	case t.inClass:
		return t.unsupported(`\P{` + name + "} within a character class")
	default:
		t.out.WriteString("[^" + class + "]")
	}
	return nil
}
