package regex

import "unicode"

// machine runs a program from one place of a text after another. What it can do
// otherwise is on its stack:
//
//	pc >= 0              go on at pc, at place at
//	pc = -1 - register   put at back into the register
//	pc = markBase - n    here begins n (opMark, opNot), at place at
//
// For a linear program it remembers which splits it has seen at which places: from there
// nothing led to a match, so they are not tried again, and time is linear.
type machine struct {
	stack     []frame
	registers []int
	memo      []uint64
	touched   []int32 // words of memo that are not zero
	steps     int
	threads   threads
}

type frame struct {
	pc int32
	at int
}

const markBase = -1 << 30

// search finds the first match from from on. spans may be nil.
func (m *machine) search(of *Matcher, s string, from int, spans []int) (bool, error) {
	p := of.prog
	if cap(m.registers) < p.registers {
		m.registers = make([]int, p.registers)
	}
	m.registers = m.registers[:p.registers]
	if p.linear {
		bits := p.splits * (len(s) - from + 1)
		if bits > maxMemoBits {
			return m.threads.search(of, s, from, spans)
		}
		if words := bits/64 + 1; len(m.memo) < words {
			m.memo, m.touched = make([]uint64, words), m.touched[:0]
		}
		for _, w := range m.touched {
			m.memo[w] = 0
		}
		m.touched = m.touched[:0]
	}
	for at := from; ; {
		at = p.candidate(s, at)
		if at < 0 || p.anchored && at > 0 {
			return false, nil
		}
		for i := range m.registers {
			m.registers[i] = -1
		}
		ok, err := m.run(of, s, from, at)
		if ok || err != nil {
			copy(spans, m.registers)
			return ok, err
		}
		if at == len(s) {
			return false, nil
		}
		_, size := decode(s, at)
		at += size
	}
}

// candidate returns the first place from at on where a match may begin, or -1.
func (p *program) candidate(s string, at int) int {
	if p.first == nil {
		return at
	}
	for at < len(s) {
		if b := s[at]; b < 0x80 {
			if p.first[b] {
				return at
			}
			at++
			continue
		}
		if p.first[0x80] {
			return at
		}
		_, size := decode(s, at)
		at += size
	}
	return -1
}

// run tries to match at one place. from is where the search began.
func (m *machine) run(of *Matcher, s string, from, at int) (bool, error) {
	p := of.prog
	pc := p.start
	m.stack = m.stack[:0]
	for {
		in := &p.code[pc]
		ok := true
		switch in.op {
		case opCode:
			if at < len(s) {
				if b := s[at]; b < 0x80 {
					ok = code(b) == in.c
					at++
				} else {
					c, size := decode(s, at)
					ok = c == in.c
					at += size
				}
			} else {
				ok = false
			}
		case opSet:
			if at < len(s) {
				if b := s[at]; b < 0x80 {
					ok = in.set.ascii[b>>6]>>(b&63)&1 != 0
					at++
				} else {
					c, size := decode(s, at)
					ok = in.set.set.has(c)
					at += size
				}
			} else {
				ok = false
			}
		case opSplit:
			if m.steps++; m.steps%stepsPerCheck == 0 && of.Stop != nil {
				if err := of.Stop(); err != nil {
					return false, err
				}
			}
			if p.linear {
				bit := int(in.n)*(len(s)-from+1) + at - from
				word, mask := bit>>6, uint64(1)<<(bit&63)
				old := m.memo[word]
				if old&mask != 0 {
					ok = false
					break
				}
				if old == 0 {
					m.touched = append(m.touched, int32(word))
				}
				m.memo[word] = old | mask
			} else if len(m.stack) >= maxStack {
				return false, errTooMuch
			}
			m.stack = append(m.stack, frame{in.other, at})
		case opSave:
			m.stack = append(m.stack, frame{-1 - in.n, m.registers[in.n]})
			m.registers[in.n] = at
		case opAssert:
			ok = holds(in.assert, s, from, at)
		case opMatch:
			return true, nil
		case opMark:
			m.stack = append(m.stack, frame{markBase - in.n, at})
		case opCut:
			m.cut(in.n)
		case opAhead:
			at = m.cut(in.n)
		case opNot:
			m.stack = append(m.stack, frame{markBase - in.n, at}, frame{in.other, at})
		case opNotEnd:
			m.unwind(in.n)
			ok = false
		case opBack:
			for n := in.n; n > 0 && ok; n-- {
				if ok = at > 0; ok {
					_, size := decodeLast(s, at)
					at -= size
				}
			}
		case opBackref:
			at, ok = m.backref(s, in, at)
		case opEmptyCheck:
			if m.registers[in.n] == at {
				pc = in.other
				continue
			}
		}
		if ok {
			pc = in.out
			continue
		}
		if pc, at = m.fail(); pc < 0 {
			return false, nil
		}
		if m.steps++; m.steps%stepsPerCheck == 0 && of.Stop != nil {
			if err := of.Stop(); err != nil {
				return false, err
			}
		}
	}
}

// fail returns the alternative that was kept last; pc is -1 if there is none.
func (m *machine) fail() (pc int32, at int) {
	for n := len(m.stack) - 1; n >= 0; n-- {
		f := m.stack[n]
		switch {
		case f.pc >= 0:
			m.stack = m.stack[:n]
			return f.pc, f.at
		case f.pc > markBase:
			m.registers[-1-f.pc] = f.at
		}
	}
	m.stack = m.stack[:0]
	return -1, 0
}

// cut forgets the alternatives since n began, and returns where that was. What undoes
// registers stays.
func (m *machine) cut(n int32) (at int) {
	from := len(m.stack) - 1
	for m.stack[from].pc != markBase-n {
		from--
	}
	at = m.stack[from].at
	to := from
	for _, f := range m.stack[from+1:] {
		if f.pc < 0 && f.pc > markBase {
			m.stack[to] = f
			to++
		}
	}
	m.stack = m.stack[:to]
	return at
}

// unwind undoes all since n began.
func (m *machine) unwind(n int32) {
	i := len(m.stack) - 1
	for ; m.stack[i].pc != markBase-n; i-- {
		if f := m.stack[i]; f.pc < 0 && f.pc > markBase {
			m.registers[-1-f.pc] = f.at
		}
	}
	m.stack = m.stack[:i]
}

func (m *machine) backref(s string, in *instruction, at int) (end int, ok bool) {
	from, to := m.registers[2*in.n], m.registers[2*in.n+1]
	if from < 0 || to < 0 {
		return at, false
	}
	for from < to {
		if at >= len(s) {
			return at, false
		}
		a, n := decode(s, from)
		b, k := decode(s, at)
		if a != b && !(in.fold && foldsTo(a, b)) {
			return at, false
		}
		from += n
		at += k
	}
	return at, true
}

func foldsTo(a, b code) bool {
	if a > unicode.MaxRune {
		return false
	}
	for c := unicode.SimpleFold(a); c != a; c = unicode.SimpleFold(c) {
		if c == b {
			return true
		}
	}
	return false
}

// holds reports whether place at of s looks like a.
func holds(a assert, s string, from, at int) bool {
	switch a {
	case beginText:
		return at == 0
	case beginLine:
		return at == 0 || at < len(s) && s[at-1] == '\n'
	case endText:
		return at == len(s)
	case semiEnd:
		return at == len(s) || at == len(s)-1 && s[at] == '\n'
	case endLine:
		return at == len(s) || s[at] == '\n'
	case searchStart:
		return at == from
	case wordBound:
		return wordBefore(s, at) != wordAt(s, at)
	}
	return wordBefore(s, at) == wordAt(s, at)
}

func wordAt(s string, at int) bool {
	if at == len(s) {
		return false
	}
	c, _ := decode(s, at)
	return isWord(c)
}

func wordBefore(s string, at int) bool {
	if at == 0 {
		return false
	}
	c, _ := decodeLast(s, at)
	return isWord(c)
}

func isWord(c code) bool {
	if c < 0x80 {
		return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return wordCodes().has(c)
}
