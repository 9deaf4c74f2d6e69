package regex

// threads runs a linear program over a text once, with all that may still match side by
// side: for texts so long that a machine cannot remember where it has been.
//
//	at ─► code ─► next at       each thread that consumes the code goes on, in order
//
// The threads are ordered by preference. When one matches, those behind it are given up.
type threads struct {
	prog    *program
	now     []thread
	next    []thread
	seen    []int // by instruction, the place that saw it, and 1
	pending []pendingStep
	spare   [][]int // registers for further use
}

type thread struct {
	pc        int32
	registers []int
}

// pendingStep is an instruction to follow, or, if restore, a register to set back.
type pendingStep struct {
	pc       int32
	restore  bool
	register int32
	old      int
}

// search is machine.search for a linear program and a text of any length.
func (t *threads) search(of *Matcher, s string, from int, spans []int) (bool, error) {
	t.prog = of.prog
	t.now, t.next = t.now[:0], t.next[:0]
	t.seen = make([]int, len(t.prog.code))
	found := false
	initial := make([]int, t.prog.registers)
	for i := range initial {
		initial[i] = -1
	}
	steps := 0
	for at := from; ; {
		if !found && (!t.prog.anchored || at == 0) {
			t.now = t.follow(t.now, t.prog.start, s, from, at, initial)
		}
		if len(t.now) == 0 && (found || t.prog.anchored) {
			return found, nil
		}
		c, size := noCode, 0
		if at < len(s) {
			c, size = decode(s, at)
		}
		for i, th := range t.now {
			if in := &t.prog.code[th.pc]; in.op == opMatch {
				found = true
				copy(spans, th.registers)
				t.drop(t.now[i:])
				break
			} else if c != noCode && (in.op == opCode && in.c == c || in.op == opSet && in.set.has(c)) {
				t.next = t.follow(t.next, in.out, s, from, at+size, th.registers)
			}
			t.spare = append(t.spare, th.registers)
		}
		if steps += len(t.now) + 1; steps > stepsPerCheck && of.Stop != nil {
			steps = 0
			if err := of.Stop(); err != nil {
				return false, err
			}
		}
		if at == len(s) {
			return found, nil
		}
		t.now, t.next = t.next, t.now[:0]
		at += size
	}
}

func (t *threads) drop(of []thread) {
	for _, th := range of {
		t.spare = append(t.spare, th.registers)
	}
}

// follow appends a thread for each instruction that consumes or matches and can be reached
// from pc without consuming, in order of preference. registers are not kept.
func (t *threads) follow(list []thread, pc int32, s string, from, at int, registers []int) []thread {
	regs := t.take(registers)
	t.pending = append(t.pending[:0], pendingStep{pc: pc})
	for len(t.pending) > 0 {
		p := t.pending[len(t.pending)-1]
		t.pending = t.pending[:len(t.pending)-1]
		if p.restore {
			regs[p.register] = p.old
			continue
		}
		if t.seen[p.pc] == at+1 {
			continue
		}
		t.seen[p.pc] = at + 1
		switch in := &t.prog.code[p.pc]; in.op {
		case opSplit:
			t.pending = append(t.pending, pendingStep{pc: in.other}, pendingStep{pc: in.out})
		case opSave:
			t.pending = append(t.pending, pendingStep{restore: true, register: in.n, old: regs[in.n]}, pendingStep{pc: in.out})
			regs[in.n] = at
		case opAssert:
			if holds(in.assert, s, from, at) {
				t.pending = append(t.pending, pendingStep{pc: in.out})
			}
		default:
			list = append(list, thread{p.pc, t.take(regs)})
		}
	}
	t.spare = append(t.spare, regs)
	return list
}

// take returns a copy of registers.
func (t *threads) take(registers []int) []int {
	if n := len(t.spare); n > 0 {
		out := t.spare[n-1]
		t.spare = t.spare[:n-1]
		copy(out, registers)
		return out
	}
	return append([]int(nil), registers...)
}
