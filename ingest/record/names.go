package record

import (
	"slices"

	"github.com/ctlake/ctlake/storage/schema"
)

// Name is a name that members of records have, exactly so spelled and without escapes: those that the columns of the
// tables are read from. NoName is any other. Who meets a member by its Name need not look at its text.
type Name uint8

const (
	// NoName is the Name of a member that has none.
	NoName Name = 0
	// MaxNames is above every Name.
	MaxNames = 64
)

var (
	// nameTokens are the names as they begin a member: in quotes, with the colon.
	nameTokens = tokens()
	// namesOf are the Names by their text in quotes.
	namesOf = namesByText()
)

func tokens() []string {
	tokens := []string{""}
	for _, kind := range schema.Kinds {
		table, _ := schema.Of(kind)
		for _, c := range table.Columns {
			if token := `"` + c.Member + `":`; c.Member != "" && !slices.Contains(tokens, token) {
				tokens = append(tokens, token)
			}
		}
	}
	if len(tokens) > MaxNames {
		panic("more members than MaxNames")
	}
	return tokens
}

func namesByText() map[string]Name {
	names := map[string]Name{}
	for i, token := range nameTokens {
		if i > 0 {
			names[token[:len(token)-1]] = Name(i)
		}
	}
	return names
}

// NameOf returns the Name of a text; NoName if it is not one of them.
func NameOf(text string) Name { return namesOf[`"`+text+`"`] }

// text returns a name as it is spelled; "" of what is no Name.
func (n Name) text() string {
	if n == NoName || int(n) >= len(nameTokens) {
		return ""
	}
	return nameTokens[n][1 : len(nameTokens[n])-2]
}

// followers are the names that followed each last, the last one first: events are mostly written in one
// order, with members left out.
type followers [MaxNames][2]Name

// name returns the Name of the member that begins at text[at] and the place behind its colon, if it is
// one of those that followed the last one before; else it returns NoName.
func (f *followers) name(text []byte, at int, last Name) (Name, int) {
	guess := &f[last%MaxNames]
	for i, n := range guess {
		token := nameTokens[n]
		if end := at + len(token); n != NoName && end <= len(text) && string(text[at:end]) == token {
			if i > 0 {
				guess[0], guess[1] = n, guess[0]
			}
			return n, end
		}
	}
	return NoName, 0
}

// learn takes note of what followed a name.
func (f *followers) learn(last, name Name) {
	guess := &f[last%MaxNames]
	guess[0], guess[1] = name, guess[0]
}
