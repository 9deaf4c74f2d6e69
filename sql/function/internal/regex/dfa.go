package regex

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxTransitions bounds the table of a DFA, in entries of 4 bytes. When it is full it is
	// emptied, and made anew as far as it is needed.
	maxTransitions = 1 << 18
	// maxCores bounds the instructions that its states hold.
	maxCores = 1 << 20
	// maxSets bounds the sets of a program with a DFA: its alphabet takes time that grows with their square.
	maxSets = 1 << 10
	// bytesPerCheck is after how many bytes of text it asks whether to stop.
	bytesPerCheck = 1 << 20
)

// dfa tells whether a linear program matches anywhere in a text. Its states are made
// when they are first reached.
//
//	text   G   E   T   ␣   /     symbols: codes that no set of the program tells apart
//	       ▼   ▼   ▼   ▼   ▼     (a last \n and the end of the text have symbols of their own)
//	s0 ─► s1 ► s2 ► s1 ► …       table[state+symbol]
//
// A state is the places in the program where a match may be, before what takes no text
// there, and what stood in front: that and the next symbol decide all assertions.
type dfa struct {
	prog   *program
	stride int32 // symbols, rounded up to a power of two
	ascii  [utf8.RuneSelf]uint16
	starts []code   // of ranges beyond ASCII, in order
	class  []uint16 // their symbols
	codes  []code   // one of each symbol; noCode for the end
	end    uint16   // the symbol of the end; the one before is that of a last \n

	table  []int32 // by state and symbol: the next state, as its place in table; or one of the following
	states []state
	ids    map[string]int32
	cores  int // of all states

	// scratch of step
	key     []byte
	seen    []uint32 // by instruction, the round that saw it
	round   uint32
	pending []int32
	next    []int32
	work    int
}

const (
	unknownState = 0
	matched      = 1 // there is a match
	dead         = 2 // there will be none
	firstState   = 3
)

type state struct {
	cores  []int32
	before context
}

// context is what stands in front of a place.
type context byte

const (
	atBegin context = 1 << iota
	atSearchStart
	behindNewline
	behindWord
)

// newDFA returns nil for a program with too many sets.
func newDFA(p *program) *dfa {
	sets := p.sets()
	if len(sets) > maxSets {
		return nil
	}
	d := &dfa{prog: p, seen: make([]uint32, len(p.code))}
	d.alphabet(sets)
	d.reset()
	return d
}

// sets returns what the symbols of a DFA must tell apart.
func (p *program) sets() []set {
	var sets []set
	known := map[*codeSet]bool{}
	for i := range p.code {
		switch in := &p.code[i]; in.op {
		case opCode:
			sets = append(sets, setOf(in.c))
		case opSet:
			if !known[in.set] {
				known[in.set] = true
				sets = append(sets, in.set.set)
			}
		}
	}
	sets = append(sets, newline)
	if p.words {
		sets = append(sets, wordCodes())
	}
	slices.SortFunc(sets, func(a, b set) int {
		return slices.CompareFunc(a, b, func(a, b codeRange) int {
			if a.lo != b.lo {
				return int(a.lo - b.lo)
			}
			return int(a.hi - b.hi)
		})
	})
	return slices.CompactFunc(sets, func(a, b set) bool { return slices.Equal(a, b) })
}

// alphabet finds the symbols.
func (d *dfa) alphabet(sets []set) {
	// Symbols are refined set by set: ranges with the same symbol so far that the set
	// has become another symbol.
	starts, class, count := []code{0}, []uint16{0}, 1
	for _, s := range sets {
		if len(s) > 0 {
			starts, class, count = refine(starts, class, count, s)
		}
	}
	d.codes = make([]code, count)
	for i := range d.codes {
		d.codes[i] = noCode
	}
	for i, c := range class {
		if d.codes[c] == noCode {
			d.codes[c] = starts[i]
		}
	}
	at := 0
	for b := range code(utf8.RuneSelf) {
		for at+1 < len(starts) && starts[at+1] <= b {
			at++
		}
		d.ascii[b] = class[at]
	}
	d.starts, d.class = starts, class
	d.codes = append(d.codes, '\n', noCode)
	d.end = uint16(count + 1)
	d.stride = 1
	for d.stride < int32(len(d.codes)) {
		d.stride *= 2
	}
}

// refine splits ranges of codes, which have symbols 0..count-1, by whether s has them.
func refine(starts []code, class []uint16, count int, s set) ([]code, []uint16, int) {
	outStarts := make([]code, 0, len(starts)+2*len(s))
	outClass := make([]uint16, 0, cap(outStarts))
	in := map[uint16]uint16{}      // the symbol that part of a symbol's codes get
	outside := make([]bool, count) // symbols with codes outside of s
	type piece struct {
		start code
		class uint16
		has   bool
	}
	var pieces []piece
	r := 0
	for i, start := range starts {
		end := maxCode
		if i+1 < len(starts) {
			end = starts[i+1] - 1
		}
		for at := start; at <= end; {
			for r < len(s) && s[r].hi < at {
				r++
			}
			has, until := false, end
			switch {
			case r == len(s):
			case s[r].lo <= at:
				has, until = true, min(end, s[r].hi)
			default:
				until = min(end, s[r].lo-1)
			}
			pieces = append(pieces, piece{at, class[i], has})
			if !has {
				outside[class[i]] = true
			}
			at = until + 1
		}
	}
	for _, p := range pieces {
		c := p.class
		if p.has && outside[c] {
			other, ok := in[c]
			if !ok {
				other = uint16(count)
				count++
				in[c] = other
			}
			c = other
		}
		if n := len(outClass); n > 0 && outClass[n-1] == c {
			continue
		}
		outStarts, outClass = append(outStarts, p.start), append(outClass, c)
	}
	return outStarts, outClass, count
}

// symbol returns the symbol of a code beyond ASCII.
func (d *dfa) symbol(c code) uint16 {
	i, ok := slices.BinarySearch(d.starts, c)
	if !ok {
		i--
	}
	return d.class[i]
}

func (d *dfa) reset() {
	d.table = make([]int32, firstState*d.stride)
	d.states = d.states[:0]
	d.ids = map[string]int32{}
	d.cores = 0
}

// state returns the place in table of the state of cores, which it sorts.
func (d *dfa) state(cores []int32, before context) int32 {
	slices.Sort(cores)
	d.key = append(d.key[:0], byte(before))
	for _, c := range cores {
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(c))
	}
	if id, ok := d.ids[string(d.key)]; ok {
		return id
	}
	if len(d.table) > maxTransitions || d.cores > maxCores {
		d.reset()
	}
	id := int32(len(d.table))
	d.table = append(d.table, make([]int32, d.stride)...)
	d.states = append(d.states, state{slices.Clone(cores), before})
	d.ids[string(d.key)] = id
	d.cores += len(cores)
	return id
}

// match reports whether there is a match that begins at from or later.
func (d *dfa) match(s string, from int, stop func() error) (bool, error) {
	p := d.prog
	if from > 0 && p.anchored {
		return false, nil
	}
	begin := from
	if p.prefix != "" {
		i := strings.Index(s[from:], p.prefix)
		if i < 0 {
			return false, nil
		}
		begin += i
	}
	before := context(0)
	if begin == 0 {
		before = atBegin
	} else {
		c, _ := decodeLast(s, begin)
		before = contextOf(c, p.words)
	}
	if begin == from {
		before |= atSearchStart
	}
	at := d.state(append(d.next[:0], p.start), before)
	n := len(s)
	if p.ends && strings.HasSuffix(s, "\n") && n > begin {
		n--
	}
	for i := begin; i < n; {
		until := min(n, i+bytesPerCheck)
		table := d.table
		for i < until {
			var symbol uint16
			if b := s[i]; b < utf8.RuneSelf {
				symbol = d.ascii[b]
				i++
			} else {
				c, size := decode(s, i)
				symbol = d.symbol(c)
				i += size
			}
			to := table[at+int32(symbol)]
			if to < firstState {
				if to == unknownState {
					to = d.step(at, symbol)
					table = d.table
				}
				if to == matched {
					return true, nil
				}
				if to == dead {
					return false, nil
				}
				if d.work > stepsPerCheck {
					d.work = 0
					if stop != nil {
						if err := stop(); err != nil {
							return false, err
						}
					}
				}
			}
			at = to
		}
		if stop != nil && until < n {
			if err := stop(); err != nil {
				return false, err
			}
		}
	}
	if n < len(s) {
		if at = d.last(at, d.end-1); at < firstState {
			return at == matched, nil
		}
	}
	return d.last(at, d.end) == matched, nil
}

func (d *dfa) last(at int32, symbol uint16) int32 {
	if to := d.table[at+int32(symbol)]; to != unknownState {
		return to
	}
	return d.step(at, symbol)
}

func contextOf(c code, words bool) context {
	switch {
	case c == '\n':
		return behindNewline
	case words && isWord(c):
		return behindWord
	}
	return 0
}

// step finds where symbol leads from the state at at, and notes it in table.
func (d *dfa) step(at int32, symbol uint16) int32 {
	from := &d.states[at/d.stride-firstState]
	c := d.codes[symbol]
	to := d.follow(from, c, symbol)
	if to == unknownState { // a state of d.next
		table := d.table
		before := context(0)
		if c != noCode {
			before = contextOf(c, d.prog.words)
		}
		to = d.state(d.next, before)
		if &table[0] != &d.table[0] && len(d.states) == 1 {
			return to // the table was emptied meanwhile
		}
	}
	d.table[at+int32(symbol)] = to
	return to
}

// follow collects in d.next where the instructions of a state lead that consume c. It
// returns matched or dead instead, or unknownState.
func (d *dfa) follow(from *state, c code, symbol uint16) int32 {
	p := d.prog
	d.round++
	if d.round == 0 {
		clear(d.seen)
		d.round = 1
	}
	d.next = d.next[:0]
	d.pending = append(d.pending[:0], from.cores...)
	last := symbol == d.end-1
	for len(d.pending) > 0 {
		pc := d.pending[len(d.pending)-1]
		d.pending = d.pending[:len(d.pending)-1]
		if d.seen[pc] == d.round {
			continue
		}
		d.seen[pc] = d.round
		d.work++
		switch in := &p.code[pc]; in.op {
		case opCode:
			if in.c == c {
				d.next = append(d.next, in.out)
			}
		case opSet:
			if c != noCode && in.set.has(c) {
				d.next = append(d.next, in.out)
			}
		case opSplit:
			d.pending = append(d.pending, in.other, in.out)
		case opSave:
			d.pending = append(d.pending, in.out)
		case opAssert:
			if d.holds(in.assert, from.before, c, last) {
				d.pending = append(d.pending, in.out)
			}
		case opMatch:
			return matched
		}
	}
	if c == noCode {
		return dead
	}
	if !p.anchored {
		d.next = append(d.next, p.start)
	}
	if len(d.next) == 0 {
		return dead
	}
	slices.Sort(d.next)
	d.next = slices.Compact(d.next)
	return unknownState
}

// holds is what the function of that name is, by what stands in front and the next code.
func (d *dfa) holds(a assert, before context, c code, last bool) bool {
	switch a {
	case beginText:
		return before&atBegin != 0
	case beginLine:
		return before&atBegin != 0 || before&behindNewline != 0 && c != noCode
	case endText:
		return c == noCode
	case semiEnd:
		return c == noCode || last
	case endLine:
		return c == noCode || c == '\n'
	case searchStart:
		return before&atSearchStart != 0
	case wordBound:
		return (before&behindWord != 0) != (c != noCode && isWord(c))
	}
	return (before&behindWord != 0) == (c != noCode && isWord(c))
}
