package regex

import (
	"strings"
	"sync"
	"unicode"
)

// The classes of \d, \s and \w are ASCII's.
var (
	asciiDigit = set{{'0', '9'}}
	asciiSpace = set{{'\t', '\r'}, {' ', ' '}}
	asciiWord  = set{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	newline    = setOf('\n')
	anyCode    = set{{0, maxCode}}
)

// posix holds the POSIX brackets, [[:alpha:]], which are properties too, \p{Alpha}. They
// are Unicode's, but xdigit and ascii.
var posix = map[string]func() set{
	"alnum":  func() set { return fromTables(unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.Nd) },
	"alpha":  alphabetic,
	"blank":  func() set { return fromTables(unicode.Zs).union(setOf('\t')) },
	"cntrl":  func() set { return fromTables(unicode.Cc) },
	"digit":  func() set { return fromTables(unicode.Nd) },
	"graph":  func() set { return graph() },
	"lower":  func() set { return fromTables(unicode.Ll, unicode.Other_Lowercase) },
	"print":  func() set { return graph().union(fromTables(unicode.Zs)) },
	"punct":  func() set { return fromTables(unicode.P) },
	"space":  func() set { return fromTables(unicode.White_Space) },
	"upper":  func() set { return fromTables(unicode.Lu, unicode.Other_Uppercase) },
	"xdigit": func() set { return set{{'0', '9'}, {'A', 'F'}, {'a', 'f'}} },
	"ascii":  func() set { return set{{0, unicode.MaxASCII}} },
	"word":   wordCodes,
}

func alphabetic() set { return fromTables(unicode.L, unicode.Nl, unicode.Other_Alphabetic) }

func graph() set {
	return fromTables(unicode.White_Space, unicode.Cc, unicode.Cs).union(unassigned()).negate().intersect(set{{0, unicode.MaxRune}})
}

func unassigned() set {
	return fromTables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C).negate().intersect(set{{0, unicode.MaxRune}})
}

// wordCodes are the characters of words for \b.
var wordCodes = sync.OnceValue(func() set {
	return fromTables(unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc)
})

// properties holds further properties by their folded names.
var properties = map[string]func() set{
	"newline":   func() set { return newline },
	"any":       func() set { return set{{0, unicode.MaxRune}} },
	"assigned":  func() set { return unassigned().negate().intersect(set{{0, unicode.MaxRune}}) },
	"cn":        unassigned,
	"c":         func() set { return fromTables(unicode.C).union(unassigned()) },
	"lc":        func() set { return fromTables(unicode.Lu, unicode.Ll, unicode.Lt) },
	"math":      func() set { return fromTables(unicode.Sm, unicode.Other_Math) },
	"lowercase": posix["lower"],
	"uppercase": posix["upper"],
	"idstart":   func() set { return fromTables(unicode.L, unicode.Nl, unicode.Other_ID_Start) },
	"idcontinue": func() set {
		return fromTables(unicode.L, unicode.Nl, unicode.Other_ID_Start, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
	},
	"alphabetic": alphabetic,
}

// propertyAliases are other names of properties.
var propertyAliases = map[string]string{
	"other": "c", "control": "cc", "format": "cf", "unassigned": "cn", "privateuse": "co", "surrogate": "cs",
	"letter": "l", "casedletter": "lc", "lowercaseletter": "ll", "modifierletter": "lm", "otherletter": "lo", "titlecaseletter": "lt",
	"uppercaseletter": "lu", "mark": "m", "combiningmark": "m", "spacingmark": "mc", "enclosingmark": "me", "nonspacingmark": "mn",
	"number": "n", "decimalnumber": "nd", "letternumber": "nl", "othernumber": "no", "punctuation": "p",
	"connectorpunctuation": "pc", "dashpunctuation": "pd", "closepunctuation": "pe", "finalpunctuation": "pf",
	"initialpunctuation": "pi", "otherpunctuation": "po", "openpunctuation": "ps", "symbol": "s", "currencysymbol": "sc",
	"modifiersymbol": "sk", "mathsymbol": "sm", "othersymbol": "so", "separator": "z", "lineseparator": "zl",
	"paragraphseparator": "zp", "spaceseparator": "zs", "ids": "idstart", "idc": "idcontinue",
}

// unicodeTables are the categories, scripts and properties of package unicode, by their
// names in lower case and without underscores.
var unicodeTables = sync.OnceValue(func() map[string]*unicode.RangeTable {
	all := map[string]*unicode.RangeTable{}
	for _, tables := range []map[string]*unicode.RangeTable{unicode.Properties, unicode.Scripts, unicode.Categories} {
		for name, t := range tables {
			all[foldName(name)] = t
		}
	}
	return all
})

func foldName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}

// property returns the characters of \p{name}.
func property(name string) (set, bool) {
	name = strings.ToLower(name)
	if alias, ok := propertyAliases[name]; ok {
		name = alias
	}
	if f, ok := posix[name]; ok {
		return f(), true
	}
	if f, ok := properties[name]; ok {
		return f(), true
	}
	if t, ok := unicodeTables()[name]; ok {
		return fromTables(t), true
	}
	return nil, false
}
