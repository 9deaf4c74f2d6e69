package record

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
)

// MaxOrdered is how many records can be put into an order at once.
const MaxOrdered = 1 << 16

// Order finds an order for records in which neighbours are alike: by recipient account, event source,
// event name and caller, as their JSON text compares; then as they came. Compression gains by it, and
// so does whatever looks a value up that the row before had. It is not safe for concurrent use.
type Order struct {
	children [orderKeys]int // of the table; -1 if it has no such column
	keys     [orderKeys]*textColumn
	places   []uint64
}

// orderKeys is the number of members that decide over the order.
const orderKeys = 4

var orderMembers = [orderKeys]string{"recipientAccountId", "eventSource", "eventName", "userIdentity"}

// NewOrder returns an order for records of table.
func NewOrder(table *schema.Table) *Order {
	o := &Order{}
	members := NewBuilder(table).members
	for i, name := range orderMembers {
		o.children[i] = -1
		if child, ok := members.names[name]; ok {
			o.children[i] = child
		}
		o.keys[i] = newTextColumn(types.TVarchar)
		o.keys[i].borrows = true // until Take, the records are there
	}
	return o
}

// Add adds a record.
func (o *Order) Add(records *Records, row int) {
	text, values, _ := records.at(row)
	var found [orderKeys][]byte
	for _, v := range values {
		for i, child := range o.children {
			if int(v.child) == child {
				found[i] = text[v.from:v.to]
			}
		}
	}
	for i, key := range o.keys {
		key.AppendStable(found[i])
	}
}

// Take returns the numbers of the records added since the last Take, counted from 0, in their order.
func (o *Order) Take() []int32 {
	n := o.keys[0].n
	o.places = slices.Grow(o.places[:0], n)[:n]
	clear(o.places)
	// The ranks of source and name share 16 bits with each other's, since one place holds four numbers of 16
	// bits and the last is the record's own.
	pairs := ranksOfPairs(o.keys[1].ids, o.keys[1].ranks(), o.keys[2].ids, o.keys[2].ranks())
	accounts, callers := o.keys[0].ranks(), o.keys[3].ranks()
	for i := range n {
		o.places[i] = uint64(accounts[o.keys[0].ids[i]])<<48 | uint64(pairs[i])<<32 | uint64(callers[o.keys[3].ids[i]])<<16 | uint64(i)
	}
	slices.Sort(o.places)
	order := make([]int32, n)
	for i, p := range o.places {
		order[i] = int32(p & (MaxOrdered - 1))
	}
	for _, key := range o.keys {
		key.restart()
	}
	return order
}

// ranks returns the place of each entry among them all.
func (c *textColumn) ranks() []uint16 {
	sorted := make([]int32, len(c.entries))
	for i := range sorted {
		sorted[i] = int32(i)
	}
	slices.SortFunc(sorted, func(a, b int32) int { return bytes.Compare(c.entry(a), c.entry(b)) })
	ranks := make([]uint16, len(sorted))
	for rank, entry := range sorted {
		ranks[entry] = uint16(rank)
	}
	return ranks
}

// ranksOfPairs returns for each row the rank of a pair among those that there are.
func ranksOfPairs(aIDs []int32, a []uint16, bIDs []int32, b []uint16) []uint16 {
	pairs := make([]uint32, len(aIDs))
	for i := range pairs {
		pairs[i] = uint32(a[aIDs[i]])<<16 | uint32(b[bIDs[i]])
	}
	distinct := slices.Clone(pairs)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	ranks := make([]uint16, len(pairs))
	for i, p := range pairs {
		if i > 0 && p == pairs[i-1] {
			ranks[i] = ranks[i-1]
			continue
		}
		rank, _ := slices.BinarySearchFunc(distinct, p, cmp.Compare[uint32])
		ranks[i] = uint16(rank)
	}
	return ranks
}
