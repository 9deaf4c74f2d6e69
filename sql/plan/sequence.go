package plan

import "strconv"

// Sequence gives the bigints Start, Start+Step, … as far as they are not beyond Stop. Step is not 0, and
// leads from Start to Stop.
type Sequence struct {
	Output            Column
	Start, Stop, Step int64
}

// Count returns how many rows there are, less one, so that every sequence's fits.
func (n *Sequence) Count() (lessOne uint64) {
	if n.Step > 0 {
		return (uint64(n.Stop) - uint64(n.Start)) / uint64(n.Step)
	}
	return (uint64(n.Start) - uint64(n.Stop)) / -uint64(n.Step)
}

// Columns implements Node.
func (n *Sequence) Columns() []Column { return []Column{n.Output} }

// Inputs implements Node.
func (n *Sequence) Inputs() []Node { return nil }

// WithInputs implements Node.
func (n *Sequence) WithInputs([]Node) Node { return n }

func (n *Sequence) text() string {
	return "Sequence " + ColumnText(n.Output) + ": " + strconv.FormatInt(n.Start, 10) + " to " + strconv.FormatInt(n.Stop, 10) +
		" by " + strconv.FormatInt(n.Step, 10)
}
