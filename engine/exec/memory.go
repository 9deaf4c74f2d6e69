package exec

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// ErrMemoryLimit is what errors of operators that needed more memory than their query may have wrap.
var ErrMemoryLimit = errors.New("memory limit exceeded")

// Memory is the budget of one query, or of all queries of a process. It is safe for concurrent use.
type Memory struct {
	limit      int64   // bytes; 0 for no limit
	process    *Memory // the budget of which this one is a part; nil for none
	used, peak atomic.Int64
	shared     bool              // it is the budget of the process
	reclaim    func(bytes int64) // asks others to give bytes back; nil for nobody
}

// NewMemory returns a budget of the given bytes; 0 means no limit.
func NewMemory(limitBytes int64) *Memory { return &Memory{limit: limitBytes} }

// NewSharedMemory returns the budget of all queries of a process; 0 means no limit. reclaim is asked to give
// bytes back, which it holds of the budget, before a query is refused; nil is nobody.
func NewSharedMemory(limitBytes int64, reclaim func(bytes int64)) *Memory {
	return &Memory{limit: limitBytes, shared: true, reclaim: reclaim}
}

// Within makes what is charged to m charged to the budget of the process, too. It is to
// be called before anything is.
func (m *Memory) Within(process *Memory) { m.process = process }

// Hold takes bytes whether or not they are left, or gives them back.
func (m *Memory) Hold(bytes int64) { m.notePeak(m.used.Add(bytes)) }

// Has reports whether bytes are left of the budget.
func (m *Memory) Has(bytes int64) bool { return m.limit <= 0 || m.used.Load()+bytes <= m.limit }

// Peak returns the most bytes that were charged at one time.
func (m *Memory) Peak() int64 { return m.peak.Load() }

// Used returns how many bytes are charged.
func (m *Memory) Used() int64 { return m.used.Load() }

// Charge takes bytes from the budget (or gives them back, if negative) on behalf
// of what, which an error of code EXCEEDED_LOCAL_MEMORY_LIMIT names.
func (m *Memory) Charge(what string, bytes int64) error {
	used := m.used.Add(bytes)
	if bytes > 0 {
		if m.limit > 0 && used > m.limit && m.reclaim != nil {
			m.reclaim(used - m.limit)
			used = m.used.Load()
		}
		if m.limit > 0 && used > m.limit {
			m.used.Add(-bytes)
			return m.exceeded(what, bytes)
		}
	}
	if m.process != nil {
		if err := m.process.Charge(what, bytes); err != nil {
			m.used.Add(-bytes)
			return err
		}
	}
	m.notePeak(used)
	return nil
}

// force takes bytes whether or not they are left: for the little that an operator
// cannot do without once it has given up what it could.
func (m *Memory) force(bytes int64) {
	used := m.used.Add(bytes)
	if bytes > 0 && m.limit > 0 && used > m.limit && m.reclaim != nil {
		m.reclaim(used - m.limit)
	}
	m.notePeak(used)
	if m.process != nil {
		m.process.force(bytes)
	}
}

func (m *Memory) notePeak(used int64) {
	for {
		peak := m.peak.Load()
		if used <= peak || m.peak.CompareAndSwap(peak, used) {
			return
		}
	}
}

// ChargeFunction fails if a function that is about to take bytes would exceed the
// budget. What functions take is not kept account of: it becomes part of a batch.
func (m *Memory) ChargeFunction(bytes int64) error { return m.room("a function", bytes) }

// room fails if bytes on behalf of what are not left.
func (m *Memory) room(what string, bytes int64) error {
	if m.limit > 0 && bytes > m.limit-m.used.Load() {
		return m.exceeded(what, bytes)
	}
	return nil
}

func (m *Memory) exceeded(what string, bytes int64) error {
	whose := "Query"
	if m.shared {
		whose = "All queries together"
	}
	return &sql.Error{
		Code: sql.EXCEEDED_LOCAL_MEMORY_LIMIT,
		Msg: fmt.Sprintf("%s exceeded the memory limit of %s while %s needed %s more",
			whose, byteSize(m.limit), what, byteSize(bytes)),
		Hint: "raise the limit with --memory",
		Err:  ErrMemoryLimit,
	}
}

// byteSize writes a number of bytes as people and --memory do: 512MiB.
func byteSize(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	size, u := float64(n), 0
	for size >= 1024 && u < len(units)-1 {
		size, u = size/1024, u+1
	}
	if size == float64(int64(size)) {
		return fmt.Sprintf("%d%s", int64(size), units[u])
	}
	return fmt.Sprintf("%.1f%s", size, units[u])
}

// account is what one operator holds of the budget.
type account struct {
	memory  *Memory
	what    string
	held    int64
	profile *NodeProfile // nil for none
	// allowance is how much the operator may hold before it writes to disk; it is
	// out of reach where there is no disk to write to.
	allowance int64
}

// account returns an empty account for the operator of n, which what names in errors.
func (r *Runtime) account(n plan.Node, what string) account {
	a := account{memory: r.Memory, what: what, allowance: r.allowance()}
	if r.Profile != nil {
		a.profile = r.Profile.nodes[n]
	}
	return a
}

// set makes the held bytes what is held now.
func (a *account) set(bytes int64) error {
	if err := a.memory.Charge(a.what, bytes-a.held); err != nil {
		return err
	}
	if a.profile != nil {
		a.profile.hold(bytes - a.held)
	}
	a.held = bytes
	return nil
}

func (a *account) add(bytes int64) error { return a.set(a.held + bytes) }

// fits makes the held bytes what is held now if that is within the allowance and the budget. If not, the
// operator is to write to disk what it holds; where there is no disk, that is an error.
func (a *account) fits(bytes int64) (bool, error) {
	if a.allowance == noAllowance {
		return true, a.set(bytes)
	}
	if bytes > a.held && bytes > a.allowance {
		return false, nil
	}
	return a.set(bytes) == nil, nil
}

// must makes the held bytes what is held now, for an operator that has written to disk what it
// could. It may have its allowance, and beyond that what is left of the budget.
func (a *account) must(bytes int64) error {
	if a.allowance != noAllowance && bytes <= a.allowance {
		a.force(bytes)
		return nil
	}
	return a.set(bytes)
}

// more is must for so many bytes more, or less.
func (a *account) more(bytes int64) error { return a.must(a.held + bytes) }

// force makes the held bytes what is held now, whatever the budget says.
func (a *account) force(bytes int64) {
	a.memory.force(bytes - a.held)
	if a.profile != nil {
		a.profile.hold(bytes - a.held)
	}
	a.held = bytes
}

// release gives everything back.
func (a *account) release() {
	if a.held != 0 {
		_ = a.set(0) // giving back cannot fail
	}
}

// sizer adds up the bytes of batches, counting a dictionary that several share
// once, and an array or map that is a slice of a larger one for its own elements.
type sizer struct{ seen map[vector.Vector]struct{} }

func (s *sizer) bytes(b *vector.Batch) int64 {
	n := int64(64)
	for _, c := range b.Columns {
		n += s.of(c)
	}
	return n
}

func (s *sizer) of(v vector.Vector) int64 {
	switch v := v.(type) {
	case *vector.Dictionary:
		return 4*int64(len(v.Ids)) + 8*int64(len(v.Nulls())) + s.once(v.Values)
	case *vector.Constant:
		return s.once(v.Value)
	case *vector.Array:
		return 4*int64(len(v.Offsets)) + s.children(v.Elements, v.Offsets)
	case *vector.Map:
		return 4*int64(len(v.Offsets)) + s.children(v.Keys, v.Offsets) + s.children(v.Values, v.Offsets)
	case *vector.Row:
		n := int64(0)
		for _, f := range v.Fields {
			n += s.of(f)
		}
		return n
	}
	return vector.Bytes(v)
}

// once returns the bytes of what several vectors may share, when it is first seen. Entries that many dictionaries
// share belong to who has the list of them.
func (s *sizer) once(v vector.Vector) int64 {
	if vector.OriginOf(v) != nil {
		return 0
	}
	if _, ok := s.seen[v]; ok {
		return 0
	}
	if s.seen == nil {
		s.seen = map[vector.Vector]struct{}{}
	}
	s.seen[v] = struct{}{}
	return vector.Bytes(v)
}

// children returns the bytes of the children between the first and the last offset.
func (s *sizer) children(v vector.Vector, offsets []int32) int64 {
	from, to := int(offsets[0]), int(offsets[len(offsets)-1])
	if from == to {
		return 0
	}
	return s.of(vector.Slice(v, from, to))
}
