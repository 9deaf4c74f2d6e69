package sketch

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// QuantileDigest tells which integer has a rank among weighted ones, within an error that
// is a share of all ranks, after Shrivastava, Buragohain, Agrawal and Suri: a binary tree over
// all 64-bit integers, of which only nodes with weights, and those where two branches meet, are
// kept. A node with its children that weighs too little to matter is drawn into its parent.
//
//	0  error:64  decay:64  landmark:64  min:64  max:64  nodes:32
//	and of each node, children first:  level-1:6 left:1 right:1  weight:64  value:64
//
// The level of a node is how many low bits of its value are open; of a leaf it is 0.
type QuantileDigest struct {
	maxError float64
	weight   float64
	min, max int64
	root     int32
	nodes    []node
	free     []int32
}

// node is a subtree of values that agree in all but the low level bits. Children are places, or none.
type node struct {
	weight      float64
	value       uint64 // with the sign bit turned, so that it sorts
	left, right int32
	level       uint8
}

const (
	none              = -1
	maxLevel          = 64
	quantileDigestTag = 0
	negligible        = 1e-5 // weight that counts as none
	nodeBytes         = 17
)

// NewQuantileDigest returns an empty digest with an error greater than 0 and less than 1.
func NewQuantileDigest(maxError float64) *QuantileDigest {
	return &QuantileDigest{maxError: maxError, min: math.MaxInt64, max: math.MinInt64, root: none}
}

const signBit = 1 << 63

// Add takes in a value with a weight greater than 0.
func (d *QuantileDigest) Add(value int64, weight float64) {
	d.min, d.max = min(d.min, value), max(d.max, value)
	before := d.weight
	d.insert(uint64(value)^signBit, weight)
	if k := d.factor(); int64(before)/k != int64(d.weight)/k {
		d.compress()
	}
}

// factor is by how much of the whole weight nodes are worth keeping.
func (d *QuantileDigest) factor() int64 {
	if d.root == none {
		return 1
	}
	k := (float64(d.nodes[d.root].level) + 1) / d.maxError
	return int64(max(min(k, math.MaxInt32), 1))
}

// shared reports whether two values agree in all but their low level bits.
func shared(a, b uint64, level uint8) bool { return level >= maxLevel || a>>level == b>>level }

// goesRight reports to which child of a node of a level a value belongs.
func goesRight(value uint64, level uint8) bool { return value>>(level-1)&1 != 0 }

func (d *QuantileDigest) insert(value uint64, weight float64) {
	if weight < negligible {
		return
	}
	parent, current, right := int32(none), d.root, false
	hang := func(child int32) {
		switch {
		case parent == none:
			d.root = child
		case right:
			d.nodes[parent].right = child
		default:
			d.nodes[parent].left = child
		}
	}
	for {
		if current == none {
			hang(d.create(value, 0, weight))
			return
		}
		n := &d.nodes[current]
		if !shared(value, n.value, n.level) {
			hang(d.fork(current, d.create(value, 0, weight)))
			return
		}
		if n.level == 0 {
			n.weight += weight
			d.weight += weight
			return
		}
		parent, right = current, goesRight(value, n.level)
		current = n.left
		if right {
			current = n.right
		}
	}
}

// fork returns a new node over two that share no subtree.
func (d *QuantileDigest) fork(a, b int32) int32 {
	x, y := d.nodes[a].value, d.nodes[b].value
	level := uint8(bits.Len64(x ^ y))
	p := d.create(x, level, 0)
	if goesRight(x, level) {
		a, b = b, a
	}
	d.nodes[p].left, d.nodes[p].right = a, b
	return p
}

func (d *QuantileDigest) create(value uint64, level uint8, weight float64) int32 {
	d.weight += weight
	n := node{weight: weight, value: value, left: none, right: none, level: level}
	if last := len(d.free) - 1; last >= 0 {
		at := d.free[last]
		d.free = d.free[:last]
		d.nodes[at] = n
		return at
	}
	d.nodes = append(d.nodes, n)
	return int32(len(d.nodes) - 1)
}

// compress draws children that weigh too little into their parents.
func (d *QuantileDigest) compress() {
	if d.root == none {
		return
	}
	d.compressBelow(d.root, math.Floor(d.weight/float64(d.factor())))
	if d.nodes[d.root].weight < negligible {
		d.root = d.remove(d.root)
	}
}

func (d *QuantileDigest) compressBelow(at int32, bound float64) {
	n := &d.nodes[at]
	if n.left == none && n.right == none {
		return
	}
	left, right := 0.0, 0.0
	if n.left != none {
		d.compressBelow(n.left, bound)
		left = d.nodes[n.left].weight
	}
	if n.right != none {
		d.compressBelow(n.right, bound)
		right = d.nodes[n.right].weight
	}
	small := n.weight+left+right < bound
	if n.left != none && (small || left < negligible) {
		n.left = d.remove(n.left)
		n.weight += left
	}
	if n.right != none && (small || right < negligible) {
		n.right = d.remove(n.right)
		n.weight += right
	}
}

// remove takes the weight of a node away, and the node too unless two children need it.
// It returns what stands in its place.
func (d *QuantileDigest) remove(at int32) int32 {
	n := &d.nodes[at]
	if n.left != none && n.right != none {
		n.weight = 0
		return at
	}
	d.free = append(d.free, at)
	return max(n.left, n.right)
}

// Merge takes in all that o has seen.
func (d *QuantileDigest) Merge(o *QuantileDigest) {
	d.root = d.join(d.root, o, o.root)
	d.min, d.max = min(d.min, o.min), max(d.max, o.max)
	d.compress()
}

// join merges the subtree at p of o into the one at n, and returns its place. Recursion goes
// down a level each time.
func (d *QuantileDigest) join(n int32, o *QuantileDigest, p int32) int32 {
	switch {
	case p == none:
		return n
	case n == none:
		return d.copy(o, p)
	}
	a, b := d.nodes[n], o.nodes[p]
	switch {
	case !shared(a.value, b.value, max(a.level, b.level)):
		return d.fork(n, d.copy(o, p))
	case a.level > b.level:
		if goesRight(b.value, a.level) {
			child := d.join(a.right, o, p)
			d.nodes[n].right = child
		} else {
			child := d.join(a.left, o, p)
			d.nodes[n].left = child
		}
		return n
	case a.level < b.level:
		var left, right int32
		if goesRight(a.value, b.level) {
			left, right = d.copy(o, b.left), d.join(n, o, b.right)
		} else {
			left, right = d.join(n, o, b.left), d.copy(o, b.right)
		}
		at := d.create(b.value, b.level, b.weight)
		d.nodes[at].left, d.nodes[at].right = left, right
		return at
	}
	d.weight += b.weight
	d.nodes[n].weight += b.weight
	left := d.join(a.left, o, b.left)
	right := d.join(a.right, o, b.right)
	d.nodes[n].left, d.nodes[n].right = left, right
	return n
}

func (d *QuantileDigest) copy(o *QuantileDigest, p int32) int32 {
	if p == none {
		return none
	}
	b := o.nodes[p]
	at := d.create(b.value, b.level, b.weight)
	left := d.copy(o, b.left)
	right := d.copy(o, b.right)
	d.nodes[at].left, d.nodes[at].right = left, right
	return at
}

// Clone returns a copy.
func (d *QuantileDigest) Clone() *QuantileDigest {
	c := *d
	c.nodes, c.free = slices.Clone(d.nodes), slices.Clone(d.free)
	return &c
}

// walk visits the nodes below at, children first, until visit returns false. Backwards it
// begins with the right ones.
func (d *QuantileDigest) walk(at int32, backwards bool, visit func(n *node) bool) bool {
	n := &d.nodes[at]
	first, second := n.left, n.right
	if backwards {
		first, second = second, first
	}
	return (first == none || d.walk(first, backwards, visit)) && (second == none || d.walk(second, backwards, visit)) && visit(n)
}

// visit is walk over all nodes.
func (d *QuantileDigest) visit(backwards bool, visit func(n *node) bool) {
	if d.root != none {
		d.walk(d.root, backwards, visit)
	}
}

func (n *node) lower() int64 { return int64(n.value&^n.open() ^ signBit) }
func (n *node) upper() int64 { return int64((n.value | n.open()) ^ signBit) }

// open is the mask of the bits that differ among a node's values.
func (n *node) open() uint64 {
	if n.level == 0 {
		return 0
	}
	return math.MaxUint64 >> (maxLevel - n.level)
}

// Count returns the weight of all values.
func (d *QuantileDigest) Count() float64 { return d.weight }

// ValueAt returns the value at a quantile from 0 to 1, or one up to the error above.
func (d *QuantileDigest) ValueAt(quantile float64) (int64, error) {
	if !(quantile >= 0 && quantile <= 1) {
		return 0, fmt.Errorf("quantile must be between [0,1]")
	}
	sum, value := 0.0, d.max
	d.visit(false, func(n *node) bool {
		sum += n.weight
		if sum > quantile*d.weight {
			value = min(n.upper(), d.max)
			return false
		}
		return true
	})
	return value, nil
}

// QuantileOf returns the share of the weight below a value. ok is false outside of the
// least and the greatest value.
func (d *QuantileDigest) QuantileOf(value int64) (quantile float64, ok bool) {
	least, greatest := d.min, d.max
	d.visit(false, func(n *node) bool {
		if n.weight >= negligible {
			least = max(d.min, n.lower())
			return false
		}
		return true
	})
	d.visit(true, func(n *node) bool {
		if n.weight >= negligible {
			greatest = min(d.max, n.upper())
			return false
		}
		return true
	})
	if value > greatest || value < least {
		return 0, false
	}
	sum := 0.0
	d.visit(false, func(n *node) bool {
		if value <= n.upper() {
			return false
		}
		sum += n.weight
		return true
	})
	return sum / d.weight, true
}

// Append appends the bytes of d.
func (d *QuantileDigest) Append(dst []byte) []byte {
	d = d.Clone()
	d.compress()
	dst = appendFloat64(append(dst, quantileDigestTag), d.maxError)
	dst = appendFloat64(dst, 0)                    // no decay
	dst = binary.LittleEndian.AppendUint64(dst, 0) // and so no landmark
	dst = binary.LittleEndian.AppendUint64(dst, uint64(d.min))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(d.max))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(d.nodes)-len(d.free)))
	d.visit(false, func(n *node) bool {
		shape := max(n.level, 1) - 1
		shape <<= 2
		if n.left != none {
			shape |= 1
		}
		if n.right != none {
			shape |= 2
		}
		dst = appendFloat64(append(dst, shape), n.weight)
		dst = binary.LittleEndian.AppendUint64(dst, n.value)
		return true
	})
	return dst
}

// ReadQuantileDigest reads what Append wrote, or Trino.
func ReadQuantileDigest(s string) (*QuantileDigest, error) {
	r := &reader{s: s}
	if tag := r.uint8(); r.err == nil && tag != quantileDigestTag {
		return nil, errFormat
	}
	d := &QuantileDigest{maxError: r.float64(), root: none}
	decay := r.float64()
	r.uint64()
	d.min, d.max = int64(r.uint64()), int64(r.uint64())
	count := int64(r.uint32())
	switch {
	case r.err != nil:
		return nil, r.err
	case decay != 0 || !(d.maxError > 0 && d.maxError <= 1):
		return nil, fmt.Errorf("the error is %v, the decay %v", d.maxError, decay)
	case int64(len(r.s)) < nodeBytes*count:
		return nil, errShort
	}
	d.nodes = make([]node, count)
	var stack []int32
	for i := range d.nodes {
		n := &d.nodes[i]
		shape := r.uint8()
		n.weight, n.value = r.float64(), r.uint64()
		n.level, n.left, n.right = shape>>2, none, none
		if shape&3 != 0 {
			n.level++
		}
		for _, child := range []struct {
			bit   uint8
			place *int32
		}{{2, &n.right}, {1, &n.left}} {
			if shape&child.bit == 0 {
				continue
			}
			last := len(stack) - 1
			if last < 0 {
				return nil, errCorrupt
			}
			c := &d.nodes[stack[last]]
			if c.level >= n.level || !shared(c.value, n.value, n.level) || goesRight(c.value, n.level) != (child.bit == 2) {
				return nil, errCorrupt
			}
			*child.place, stack = stack[last], stack[:last]
		}
		if math.IsNaN(n.weight) || n.weight < 0 {
			return nil, errCorrupt
		}
		d.weight += n.weight
		stack = append(stack, int32(i))
	}
	if len(stack) > 1 {
		return nil, errCorrupt
	}
	if len(stack) == 1 {
		d.root = stack[0]
	}
	return d, r.end()
}

// Bytes estimates the memory that d holds.
func (d *QuantileDigest) Bytes() int64 { return 96 + 32*int64(cap(d.nodes)) + 4*int64(cap(d.free)) }
