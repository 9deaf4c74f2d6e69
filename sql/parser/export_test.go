package parser

import (
	"maps"
	"slices"
)

// Keywords returns every word of the grammar.
func Keywords() []string { return slices.Sorted(maps.Keys(keywords)) }
