package vector

import "slices"

// Trim returns v with no more entries than it uses, if it is a dictionary of which most
// are not: v is kept, and they would be with it.
func Trim(v Vector) Vector {
	d, ok := v.(*Dictionary)
	if !ok {
		return v
	}
	used := make([]int32, d.Values.Len()) // numbers from 1 on
	var entries []int32
	for i, id := range d.Ids {
		if used[id] == 0 && !d.nulls.Has(i) {
			entries = append(entries, id)
			used[id] = int32(len(entries))
		}
	}
	const most = 2
	if len(entries) == 0 || len(entries) > len(used)/most {
		return v
	}
	slices.Sort(entries) // as they were
	for n, id := range entries {
		used[id] = int32(n)
	}
	ids := make([]int32, len(d.Ids))
	for i, id := range d.Ids {
		if !d.nulls.Has(i) {
			ids[i] = used[id]
		}
	}
	return &Dictionary{ids, Retain(Gather(d.Values, entries)), d.nulls}
}
