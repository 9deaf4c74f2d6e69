package vector

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
	"github.com/ctlake/ctlake/storage/types"
)

// Odd constants with well-spread bits, from the fractions of sqrt(2), sqrt(3) and sqrt(5).
const (
	hashK0   = 0x6a09e667f3bcc909
	hashK1   = 0xbb67ae8584caa73b
	hashNull = 0x3c6ef372fe94f82b
)

// mix combines two words such that the order matters.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^hashK0, b^hashK1)
	return hi ^ lo
}

// Hash mixes the hash of each row of v into hashes[row], for len(hashes) =
// v.Len(). Call it for one column after the other, beginning with zeros or a
// seed. Rows that are not distinct get equal hashes whatever their encoding,
// and the same ones in every process.
func Hash(v Vector, hashes []uint64) {
	switch w := v.(type) {
	case *Dictionary:
		hashDictionary(w, hashes)
		return
	case *UUIDs:
		var text [UUIDBytes]byte
		for i, u := range w.Values {
			h := uint64(hashNull)
			if !w.nulls.Has(i) {
				u.spell(&text)
				h = xxhash.Sum64(text[:])
			}
			hashes[i] = mix(hashes[i], h)
		}
		return
	case *Constant:
		h := uint64(hashNull)
		if !w.IsNull() {
			var one [1]uint64
			hashValues(w.Value, one[:])
			h = one[0]
		}
		for i := range hashes {
			hashes[i] = mix(hashes[i], h)
		}
		return
	}
	if v.Nulls() == nil && mixFlat(v, hashes) {
		return
	}
	own := make([]uint64, len(hashes))
	hashValues(v, own)
	mixAll(hashes, own, v.Nulls())
}

// mixFlat does the common cases without a buffer in between.
func mixFlat(v Vector, hashes []uint64) bool {
	switch v := v.(type) {
	case *Flat[int64]:
		for i, x := range v.Values {
			hashes[i] = mix(hashes[i], mix(uint64(x), 0))
		}
		return true
	case *Flat[string]:
		if v.typ.Is(types.Char) {
			return false
		}
		for i, x := range v.Values {
			hashes[i] = mix(hashes[i], xxhash.Sum64String(x))
		}
		return true
	}
	return false
}

func mixAll(hashes, own []uint64, nulls Bitmap) {
	for i, h := range own {
		if nulls.Has(i) {
			h = hashNull
		}
		hashes[i] = mix(hashes[i], h)
	}
}

// hashDictionary hashes each entry once, or none that no row uses where entries outnumber rows.
func hashDictionary(v *Dictionary, hashes []uint64) {
	if v.Values.Len() > len(v.Ids) {
		own := make([]uint64, len(hashes))
		hashValues(Gather(v.Values, v.Ids), own)
		mixAll(hashes, own, v.nulls)
		return
	}
	entries := make([]uint64, v.Values.Len())
	hashValues(v.Values, entries)
	if v.nulls == nil {
		for i, id := range v.Ids {
			hashes[i] = mix(hashes[i], entries[id])
		}
		return
	}
	for i, id := range v.Ids {
		h := entries[id]
		if v.nulls.Has(i) {
			h = hashNull
		}
		hashes[i] = mix(hashes[i], h)
	}
}

// hashValues sets out to the hash of each row of a plain vector, NULL or not.
func hashValues(v Vector, out []uint64) {
	switch v := v.(type) {
	case *Flat[bool]:
		for i, x := range v.Values {
			out[i] = 1
			if x {
				out[i] = 2
			}
		}
	case *Flat[int64]:
		for i, x := range v.Values {
			out[i] = mix(uint64(x), 0)
		}
	case *Flat[float64]:
		for i, x := range v.Values {
			switch {
			case x == 0: // -0.0 too
				x = 0
			case x != x:
				x = math.NaN()
			}
			out[i] = mix(math.Float64bits(x), 0)
		}
	case *Flat[string]:
		if v.typ.Is(types.Char) {
			for i, x := range v.Values {
				out[i] = xxhash.Sum64String(types.TrimChar(x))
			}
			return
		}
		for i, x := range v.Values {
			out[i] = xxhash.Sum64String(x)
		}
	case *Flat[types.Int128]:
		for i, x := range v.Values {
			x = v.typ.OrderKey(x)
			out[i] = mix(uint64(x.Hi), x.Lo)
		}
	case *Array:
		children := hashChildren(v.Elements, v.Offsets)
		for i := range out {
			h := uint64(0)
			for _, c := range spanOf(children, v.Offsets, i) {
				h = mix(h, c)
			}
			out[i] = mix(h, uint64(v.Offsets[i+1]-v.Offsets[i]))
		}
	case *Map:
		entries := hashChildren(v.Keys, v.Offsets)
		Hash(Slice(v.Values, int(v.Offsets[0]), int(v.Offsets[v.Len()])), entries)
		for i := range out {
			h := uint64(0)
			for _, c := range spanOf(entries, v.Offsets, i) {
				h += c // maps have no order
			}
			out[i] = mix(h, uint64(v.Offsets[i+1]-v.Offsets[i]))
		}
	case *Row:
		clear(out)
		for _, f := range v.Fields {
			Hash(f, out)
		}
	default:
		panic(fmt.Sprintf("hash of a vector %T", v))
	}
}

// hashChildren returns the hashes of the children between the first and the last offset.
func hashChildren(children Vector, offsets []int32) []uint64 {
	from, to := int(offsets[0]), int(offsets[len(offsets)-1])
	hashes := make([]uint64, to-from)
	Hash(Slice(children, from, to), hashes)
	return hashes
}

func spanOf(hashes []uint64, offsets []int32, i int) []uint64 {
	return hashes[offsets[i]-offsets[0] : offsets[i+1]-offsets[0]]
}
