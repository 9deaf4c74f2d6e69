// Package rle holds the run length encodings of ORC: of bytes, of booleans, and
// of integers in both versions (specification, "Run Length Encoding").
//
// Version 2 of the integers has four kinds of run, told by the two upper bits of
// the first byte; W is a width of Bytes(n, width), see package bits:
//
//	short repeat  00 www ccc                        value of w+1 bytes, c+3 times
//	direct        01 WWWWW l  llllllll              l+1 values of W bits
//	patched base  10 WWWWW l  llllllll  bbb PPPPP  ggg LLLLL
//	              base of b+1 bytes, l+1 values of W bits above it,
//	              L patches of g+1 bits of gap and P of value
//	delta         11 WWWWW l  llllllll              first value and first delta as
//	              varints, l-1 further deltas of W bits, all of the first one's sign
//
// Signed integers are zigzag encoded, but for what is relative to a base.
package rle
