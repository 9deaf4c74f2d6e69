package orc

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// ColumnReader decodes one column of a stripe. A value is NULL where a struct
// that the path leads through is. Reading onwards is cheap; reading back starts
// at a row group again.
type ColumnReader struct {
	s     *StripeReader
	col   *column
	key   *string    // of the maps of col, of which only its values are read; nil for all
	typ   types.Type // of the vectors
	root  node
	nodes []*nodeBase // all, for seeking
	at    int         // the row that the streams stand at
	valid bool        // streams stand at a row at all
	memo  readMemory
	uuids bool // texts may come as vector.UUIDs
	// budget bounds the buffers of the streams.
	budget *framing.Budget
}

// readMemory bounds what the vectors of one Read hold.
type readMemory struct{ left int64 }

func (m *readMemory) take(n int64) error {
	if n > m.left {
		return fmt.Errorf("%w: one read of more bytes than allowed", ErrLimit)
	}
	m.left -= n
	return nil
}

// node decodes a column of the schema tree. What append decodes piles up until
// take hands it over as a vector.
type node interface {
	// append decodes n slots. Those whose bit is set in parent, counted from the
	// slots that piled up before, have no value in the column since a parent is NULL; nil is none.
	append(n int, parent vector.Bitmap) error
	// skip passes over n values of the column, NULL ones counted.
	skip(n int) error
	take() vector.Vector
}

// nodeBase is what all nodes share: the PRESENT stream and where the others stand.
type nodeBase struct {
	col     *column
	memo    *readMemory
	present *rle.BitReader // nil if no value is NULL
	in      []*input       // PRESENT first, if there is one
	nulls   vector.Bitmap  // of the slots so far
	n       int            // slots so far
	missing int            // of them NULL
	entries int64          // bytes of a dictionary
}

// input is a stream of a column and what decodes it.
type input struct {
	kind uint64
	in   *framing.Reader
	// reset starts the decoder anew after in was moved; p are the numbers that
	// follow the position, as many as extra says.
	extra   int
	reset   func(p []uint64) error
	indexed bool // has positions in the row index
}

// begin empties what piled up.
func (b *nodeBase) begin() { b.nulls, b.n, b.missing = nil, 0, 0 }

// slots adds n slots, for each of which the node is about to take some bytes. It returns which is the first, and how many have values.
func (b *nodeBase) slots(n int, parent vector.Bitmap, bytesEach int) (at, present int, err error) {
	at = b.n
	if present, err = b.addSlots(n, parent); err != nil {
		return 0, 0, b.fail(protobuf.Present, err)
	}
	return at, present, b.memo.take(int64(bytesEach) * int64(n))
}

func (b *nodeBase) addSlots(n int, parent vector.Bitmap) (present int, err error) {
	if err := b.memo.take(int64(n/8 + 1)); err != nil {
		return 0, err
	}
	at := b.n
	b.n += n
	if b.present == nil {
		b.nulls = parent
		present = n - countRange(parent, at, n)
		b.missing += n - present
		return present, nil
	}
	b.nulls = growBitmap(b.nulls, b.n)
	if absent := countRange(parent, at, n); absent > 0 {
		present, err = b.spreadNulls(at, n, absent, parent)
	} else {
		present, err = b.present.ReadZeros(b.nulls, at, n)
	}
	b.missing += n - present
	return present, err
}

// spreadNulls reads PRESENT for the slots that the parent has.
func (b *nodeBase) spreadNulls(at, n, absent int, parent vector.Bitmap) (present int, err error) {
	own := vector.NewBitmap(n)
	if present, err = b.present.ReadZeros(own, 0, n-absent); err != nil {
		return 0, err
	}
	next := 0
	for i := at; i < at+n; i++ {
		if parent.Has(i) {
			b.nulls.Set(i)
			continue
		}
		if own.Has(next) {
			b.nulls.Set(i)
		}
		next++
	}
	return present, nil
}

// skipSlots passes over n values and returns how many are not NULL.
func (b *nodeBase) skipSlots(n int) (present int, err error) {
	if b.present == nil {
		return n, nil
	}
	present, err = b.present.Skip(n)
	return present, b.fail(protobuf.Present, err)
}

// missed returns the NULL slots for children and vectors; nil if there are none.
func (b *nodeBase) missed() vector.Bitmap {
	if b.missing == 0 {
		return nil
	}
	return b.nulls
}

// growBitmap returns b with room for n bits, new ones 0.
func growBitmap(b vector.Bitmap, n int) vector.Bitmap {
	words := (n + 63) / 64
	if words <= len(b) {
		return b
	}
	if cap(b) == 0 {
		return make(vector.Bitmap, words)
	}
	return append(b, make(vector.Bitmap, words-len(b))...)
}

// countRange returns how many of the bits at..at+n-1 are set.
func countRange(b vector.Bitmap, at, n int) int {
	if b == nil || n == 0 {
		return 0
	}
	count := 0
	for n > 0 {
		word := b[at>>6] >> (at & 63)
		width := min(64-at&63, n)
		count += bits.OnesCount64(word & (^uint64(0) >> (64 - width)))
		at += width
		n -= width
	}
	return count
}

// spread moves the first present of dst's values to the slots that are not NULL,
// whose bits begin at at; NULL ones get the zero value.
func spread[T any](dst []T, present int, nulls vector.Bitmap, at int) {
	if present == 0 {
		clear(dst)
		return
	}
	// From the end, the slots of one word of nulls at a time.
	for end := len(dst); present < end; {
		word := (at + end - 1) >> 6
		start := max(0, word<<6-at)
		null := nulls[word] << (63 - (at+end-1)&63) // the bit of slot end-1 on top
		n := end - start
		switch slots := dst[start:end]; {
		case null>>(64-n) == 0:
			copy(slots, dst[present-n:present])
			present -= n
		case null>>(64-n) == ^uint64(0)>>(64-n):
			clear(slots)
		default:
			var zero T
			for i := n - 1; i >= 0; i-- {
				if int64(null) < 0 {
					slots[i] = zero
				} else {
					present--
					slots[i] = dst[present]
				}
				null <<= 1
			}
		}
		end = start
	}
}

// grow returns s longer by n.
func grow[T any](s []T, n int) []T {
	if len(s) == 0 && cap(s) == 0 {
		return make([]T, n)
	}
	return slices.Grow(s, n)[:len(s)+n]
}

// streamError says which stream a decoder failed at.
type streamError struct {
	column string
	kind   uint64
	at     int64
	err    error
}

func (e *streamError) Error() string { return e.err.Error() }
func (e *streamError) Unwrap() error { return e.err }

var errMissing = errors.New("the stream is missing or empty")

// fail names the stream of an error.
func (b *nodeBase) fail(kind uint64, err error) error {
	if err == nil || errors.Is(err, ErrLimit) {
		return err
	}
	at := int64(-1)
	for _, x := range b.in {
		if x.kind != kind {
			continue
		}
		if _, length := x.in.Range(); length == 0 {
			err = errMissing
		} else {
			at = x.in.Offset()
		}
	}
	return &streamError{b.col.path(), kind, at, err}
}

// Column returns a reader of the column at path: useridentity, or useridentity
// and arn. What lies in a list or map, such as resources, element and type, comes
// as an array for each list or map on the way, NULL where that is; a member of a
// union is NULL where the union is another one. Of an absent column: ErrNoColumn.
// Nothing is read before the first Read or Gather. Each call returns a reader of its own.
func (s *StripeReader) Column(path []string) (*ColumnReader, error) {
	col, err := s.f.schema.find(path)
	if err != nil {
		return nil, err
	}
	c := &ColumnReader{s: s, col: col}
	if err := c.build(); err != nil {
		return nil, err
	}
	return c, nil
}

// build makes the decoders, standing nowhere.
func (c *ColumnReader) build() error {
	var err error
	c.nodes, c.valid = nil, false
	c.budget = &framing.Budget{Left: c.s.f.limits.ReadBytes}
	if c.root, c.typ, err = c.follow(c.s.f.schema, c.col.steps); err != nil {
		return c.s.f.wrap(err, c.s.number, c.col.path(), "", -1)
	}
	c.AllowUUIDs(c.uuids)
	c.coalesce()
	return nil
}

// base makes the shared part of a node, whose encoding must be one of those given.
func (c *ColumnReader) base(col *column, encodings ...uint64) (*nodeBase, error) {
	e := c.s.footer.Encodings[col.id]
	if !slices.Contains(encodings, e.Kind) {
		return nil, fmt.Errorf("column %s of type %s has encoding %d", col.path(), col.typ, e.Kind)
	}
	b := &nodeBase{col: col, memo: &c.memo}
	if x, ok := c.s.streams[streamKey{col.id, protobuf.Present}]; ok && x.length > 0 {
		in := c.stream(col, protobuf.Present)
		b.present = rle.NewBitReader(in)
		b.add(protobuf.Present, in, extraBits, func(p []uint64) error { return b.present.Reset(count(p[0]), count(p[1])) })
	}
	c.nodes = append(c.nodes, b)
	return b, nil
}

// count bounds a number of a row index: values in one run.
func count(v uint64) int { return int(min(v, 1<<20)) }

func (b *nodeBase) add(kind uint64, in *framing.Reader, extra int, reset func([]uint64) error) {
	if reset == nil {
		reset = func([]uint64) error { return nil }
	}
	b.in = append(b.in, &input{kind, in, extra, reset, true})
}

// stream returns a reader of a stream; one that the stripe lacks is empty.
func (c *ColumnReader) stream(col *column, kind uint64) *framing.Reader {
	x, f := c.s.streams[streamKey{col.id, kind}], c.s.f
	return framing.NewReader(f.r, x.at, x.length, framing.Kind(f.post.Compression), int(f.post.ChunkSize), c.budget)
}

// ints adds a stream of integers.
func (c *ColumnReader) ints(b *nodeBase, kind uint64, signed bool) *rle.IntReader {
	e := c.s.footer.Encodings[b.col.id].Kind
	return c.intsOf(b, kind, signed, e == protobuf.Direct || e == protobuf.Dictionary)
}

// intsOf adds a stream of integers in runs of version 1, or of version 2.
func (c *ColumnReader) intsOf(b *nodeBase, kind uint64, signed, v1 bool) *rle.IntReader {
	in := c.stream(b.col, kind)
	r := rle.NewIntReader(in, v1, signed)
	b.add(kind, in, extraRun, func(p []uint64) error { return r.Reset(count(p[0])) })
	return r
}

// plain adds a stream of bytes.
func (c *ColumnReader) plain(b *nodeBase, kind uint64) *framing.Reader {
	in := c.stream(b.col, kind)
	b.add(kind, in, extraNone, nil)
	return in
}

// coalesce arranges that small streams side by side are read together.
func (c *ColumnReader) coalesce() {
	var all []*framing.Reader
	for _, b := range c.nodes {
		for _, x := range b.in {
			if _, n := x.in.Range(); n > 0 && n <= maxSmallStream {
				all = append(all, x.in)
			}
		}
	}
	slices.SortFunc(all, func(a, b *framing.Reader) int {
		x, _ := a.Range()
		y, _ := b.Range()
		return int(max(-1, min(1, x-y)))
	})
	for len(all) > 1 {
		from, n := all[0].Range()
		end, members := from+n, 1
		for members < len(all) {
			at, n := all[members].Range()
			if at != end || end+n-from > maxCoalesced {
				break
			}
			end += n
			members++
		}
		if members > 1 {
			shared := &sharedRange{src: c.s.f.r, at: from, length: end - from, budget: c.budget}
			for _, r := range all[:members] {
				r.SetSource(shared)
			}
		}
		all = all[members:]
	}
}

// sharedRange is a part of the file that is read once, when first needed.
type sharedRange struct {
	src        source
	at, length int64
	budget     *framing.Budget
	bytes      []byte
}

// ReadAt implements framing.Source.
func (r *sharedRange) ReadAt(p []byte, off int64) error {
	if r.bytes == nil {
		if err := r.budget.Take(r.length); err != nil {
			return err
		}
		b := make([]byte, r.length)
		if err := r.src.ReadAt(b, r.at); err != nil {
			return err
		}
		r.bytes = b
	}
	copy(p, r.bytes[off-r.at:])
	return nil
}

// StoredBytes returns how many bytes the streams of the column have in the file.
func (c *ColumnReader) StoredBytes() int64 {
	total := int64(0)
	for _, b := range c.nodes {
		for _, x := range b.in {
			_, n := x.in.Range()
			total += n
		}
	}
	return total
}

// HeldBytes returns about how much memory the reader holds on to between two calls: buffers of
// its streams, and dictionaries, which its vectors share.
func (c *ColumnReader) HeldBytes() int64 {
	total := int64(0)
	for _, b := range c.nodes {
		total += b.entries
		for _, x := range b.in {
			total += x.in.HeldBytes()
		}
	}
	return total
}

// AllowUUIDs says whether Read and Gather may return vector.UUIDs, if all texts of theirs are UUIDs. That is for
// texts that lie in no list or map, and have no dictionary in the stripe; others come as before.
func (c *ColumnReader) AllowUUIDs(allowed bool) {
	c.uuids = allowed
	if _, d, ok := c.texts(); ok {
		d.uuids = allowed
	}
}

// Type returns the type of the vectors that Read returns.
func (c *ColumnReader) Type() types.Type { return c.typ }

// Read returns the rows from..from+n-1 of the stripe. Strings in a dictionary
// come as a vector.Dictionary, whose Values is the same vector for the whole
// stripe; rows of one value may come as a vector.Constant.
func (c *ColumnReader) Read(from, n int) (vector.Vector, error) {
	if from < 0 || n < 0 || from > c.s.rows-n {
		return nil, fmt.Errorf("rows %d to %d of a stripe of %d", from, from+n, c.s.rows)
	}
	c.memo.left = c.s.f.limits.ReadBytes
	var err error
	if n > 0 { // behind the last row there is no place to go to
		if err = c.moveTo(from); err == nil {
			err = c.root.append(n, nil)
			c.at += n
		}
	}
	return c.taken(err)
}

// Gather returns the given rows of the stripe, which ascend, and decodes as
// little else as it can.
func (c *ColumnReader) Gather(rows []int32) (vector.Vector, error) {
	if len(rows) == 0 {
		return c.Read(0, 0)
	}
	first, last := int(rows[0]), int(rows[len(rows)-1])
	if first < 0 || last >= c.s.rows || !slices.IsSorted(rows) {
		return nil, fmt.Errorf("rows %d to %d of a stripe of %d", first, last, c.s.rows)
	}
	if len(rows) >= (last-first+1)/denseShare {
		v, err := c.Read(first, last-first+1)
		if err != nil || len(rows) == last-first+1 {
			return v, err
		}
		at := make([]int32, len(rows))
		for i, r := range rows {
			at[i] = r - rows[0]
		}
		return vector.Gather(v, at), nil
	}
	c.memo.left = c.s.f.limits.ReadBytes
	var err error
	for i := 0; i < len(rows) && err == nil; {
		run := 1
		for i+run < len(rows) && rows[i+run] == rows[i]+int32(run) {
			run++
		}
		if i > 0 && rows[i] == rows[i-1] {
			err = errors.New("a row is asked for twice")
			break
		}
		if err = c.moveTo(int(rows[i])); err == nil {
			err = c.root.append(run, nil)
			c.at += run
		}
		i += run
	}
	return c.taken(err)
}

// denseShare is the share of rows from which on all between them are decoded.
const denseShare = 4

// taken ends a read.
func (c *ColumnReader) taken(err error) (vector.Vector, error) {
	if err == nil {
		return c.root.take(), nil
	}
	if err := c.build(); err != nil { // what piled up is no vector
		return nil, err
	}
	column, stream, at := c.col.path(), "", int64(-1)
	var e *streamError
	if errors.As(err, &e) {
		column, stream, at = e.column, protobuf.StreamName(e.kind), e.at
	}
	return nil, c.s.f.wrap(err, c.s.number, column, stream, at)
}

// moveTo makes row the next one: by the row index, if that leads closer, and by
// passing over what is left.
func (c *ColumnReader) moveTo(row int) error {
	if c.valid && row == c.at {
		return nil
	}
	stride := c.s.stride()
	group := row / stride
	if !c.valid || row < c.at || group > c.at/stride {
		indexed, err := c.seek(group)
		if err != nil {
			return err
		}
		switch {
		case indexed:
			c.at = group * stride
		case !c.valid || row < c.at:
			if _, err := c.seek(0); err != nil {
				return err
			}
			c.at = 0
		}
		c.valid = true
	}
	if row > c.at {
		if err := c.root.skip(row - c.at); err != nil {
			return err
		}
		c.at = row
	}
	return nil
}

// seek goes to the beginning of a row group. It does nothing and returns false
// if there is no row index to find it by.
func (c *ColumnReader) seek(group int) (bool, error) {
	positions := make([][]uint64, len(c.nodes))
	if group > 0 {
		for i, b := range c.nodes {
			entries, err := c.s.index(b.col)
			if err != nil || entries == nil {
				return false, err
			}
			positions[i] = entries[group].Positions
		}
	}
	for i, b := range c.nodes {
		if err := b.seek(positions[i], group == 0, c.s.f.post.Compression != 0); err != nil {
			return false, err
		}
	}
	return true, nil
}

// seek moves the streams of a column: to their beginnings, or to positions.
func (b *nodeBase) seek(positions []uint64, start, compressed bool) error {
	for _, x := range b.in {
		if !x.indexed {
			continue
		}
		var numbers [4]uint64 // chunk, offset within, and what follows
		if !start {
			take := x.extra
			if compressed {
				take++
			}
			if len(positions) < 1+take {
				return b.fail(x.kind, errors.New("the row index has too few positions"))
			}
			numbers[0] = positions[0]
			if compressed {
				numbers[1] = positions[1]
			}
			copy(numbers[2:], positions[1+take-x.extra:1+take])
			positions = positions[1+take:]
		}
		err := x.in.SeekTo(int64(min(numbers[0], 1<<62)), int64(min(numbers[1], 1<<62)))
		if err == nil {
			err = x.reset(numbers[2:])
		}
		if err != nil {
			return b.fail(x.kind, err)
		}
	}
	return nil
}
