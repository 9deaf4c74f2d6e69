// Package orc reads and writes ORC files, version 1 of the format as the
// specification ORCv1 of Apache ORC has it, of any writer. It knows nothing of
// what the columns mean; vectors go in and come out.
//
// # The file
//
// A file is stripes and a tail that describes them. Offsets lead backwards: the
// last byte is the length of the postscript, which has the lengths before it.
//
//	┌─────┬──────────┬──────────┬───┬───────────────────┬────────┬────────────┬───┐
//	│"ORC"│ stripe 0 │ stripe 1 │ … │ stripe statistics │ footer │ postscript │ n │
//	└─────┴──────────┴──────────┴───┴───────────────────┴────────┴────────────┴───┘
//	postscript  n bytes, never compressed: lengths of footer and statistics, codec,
//	            chunk size, version of the format, version of the writer, "ORC"
//	footer      stripes (offset, lengths of index, data and footer, rows), schema, rows,
//	            statistics of each column, row index stride, user metadata, writer, calendar
//	stripe statistics  of each stripe, of each column
//
// All of these are protobuf messages (internal/protobuf). A message is a sequence
// of fields, each a varint of number<<3 and wire type, then a varint, eight or four
// bytes, or a length and so many bytes; unknown numbers are passed over. Varints
// have seven bits a byte, low ones first, and the eighth bit set but in the last.
//
// # Stripes and streams
//
// A stripe holds some rows, a column in streams of its own:
//
//	┌─────────────────────────────────┬──────────────────────────────────────┬───────────────┐
//	│ index: ROW_INDEX, BLOOM_FILTER_ │ data: PRESENT, DATA, LENGTH,         │ stripe footer │
//	│ UTF8 of column 0, 1, 2, …       │ DICTIONARY_DATA, SECONDARY of each   │               │
//	└─────────────────────────────────┴──────────────────────────────────────┴───────────────┘
//	stripe footer  the streams in order (column, kind, length), each column's encoding, the
//	               writer's time zone
//
// Columns are the nodes of the schema tree, numbered as it is walked:
//
//	struct<id:bigint, user:struct<arn:string>, tags:map<string,array<int>>>
//
//	0 ─┬─ 1 id                  A NULL is a 0 in PRESENT and has no value in other streams,
//	   ├─ 2 user ── 3 arn       nor in those of children: where user is NULL, arn has not even
//	   └─ 4 tags ─┬─ 5 key      a bit in its PRESENT. A column without NULL in the stripe
//	              └─ 6 value    has no PRESENT.
//	                  └─ 7 element
//
//	type                       streams beside PRESENT
//	boolean, tinyint           DATA: bits, bytes in runs
//	smallint … bigint, date    DATA: integers in runs; a date is days since 1970
//	real, double               DATA: IEEE 754, little endian
//	varchar, char, varbinary   DATA: the bytes; LENGTH: integers in runs
//	… in a dictionary          DATA: entry numbers in runs; DICTIONARY_DATA, LENGTH: the sorted entries
//	timestamp                  DATA: seconds from 2015 on; SECONDARY: nanoseconds, zeros cut
//	decimal                    DATA: varints of up to 128 bits; SECONDARY: scales
//	array, map                 LENGTH: integers in runs; children: elements, or keys and values
//	row                        none; children: fields
//	union                      DATA: tags in runs of bytes; children: members
//
// The encoding of a column is DIRECT or DICTIONARY; with _V2 its runs of integers
// are of version 2.
//
// With a codec each stream, and each message but the postscript, is cut into
// chunks that are compressed one by one (internal/framing): zlib means deflate
// without header, snappy and lz4 raw blocks, zstd frames. Without one there are no headers.
//
//	┌────────┬──────────────────┬────────┬──────────────────┬─
//	│ 3 bytes│ compressed chunk │ 3 bytes│ chunk as it was  │ …
//	└────────┴──────────────────┴────────┴──────────────────┴─
//	little endian: length<<1, plus 1 if the chunk was not worth compressing
//
// # Runs
//
// Bytes come in runs of one value and in literals (internal/rle):
//
//	61 00           run: 0x61+3 times 00                61 ≤ 7f: a run of 3 to 130
//	fe 44 45        literals: 256-0xfe = 2 bytes        fe ≥ 80: 1 to 128 literals
//
// Booleans, PRESENT among them, are the bits of such bytes, high ones first.
//
// Integers of version 1 are alike; a run has a step, and values are varints:
//
//	61 ff 64        run: 0x61+3 values from 0x64 down by one: 100, 99, … 1
//	fb 02 03 04 07 0b  literals: 256-0xfb = 5 values
//
// Signed integers are zigzag encoded throughout: 0, -1, 1, -2 as 0, 1, 2, 3.
//
// Integers of version 2 come in four kinds of run, up to 512 values each. The two
// high bits of the first byte tell the kind; numbers are packed with the high
// bits first, in W bits each. Five bits tell W: codes 0 to 23 are widths of 1 to
// 24, codes 24 to 31 are 26, 28, 30, 32, 40, 48, 56 and 64.
//
//	short repeat   00 www ccc │ value of w+1 bytes, c+3 times
//
//	  0a 27 10     00 001 010, 2 bytes, 5 times: 10000 10000 10000 10000 10000
//
//	direct         01 WWWWW l │ llllllll │ l+1 values of W bits
//
//	  5e 03 5c a1 ab 1e de ad be ef
//	               01 01111 0 │ 3: 4 values of 16 bits: 23713 43806 57005 48879
//
//	patched base   10 WWWWW l │ llllllll │ bbb PPPPP │ ggg LLLLL │ base of b+1 bytes │
//	               l+1 values of W bits to add to it │ L patches of g+1 and P bits
//
//	               for a few large values among small ones: the values lack their bits
//	               above W, which the patches hold. A patch is the distance from the
//	               patch before, and the bits; a distance too far for g+1 bits is split by
//	               patches of 0. The base's high bit is its sign. Gap and bits together take
//	               the next width that there is a code for.
//
//	delta          11 WWWWW l │ llllllll │ first value │ first step │ l-1 steps of W bits
//
//	  c6 09 02 02 22 42 42 46
//	               11 00011 0 │ 9: 10 values, steps of 4 bits: 2, then 1 (zigzag 2), then
//	               2 2 4 2 4 2 4 6: 2 3 5 7 11 13 17 19 23 29. The first two are varints;
//	               further steps have the sign of the first. With W code 0 all steps equal
//	               the first, and nothing follows.
//
// # Strings
//
// A string column has a dictionary where values repeat. Entries are sorted, so
// that their numbers compare like the strings:
//
//	values           PutObject GetObject PutObject GetObject GetObject
//	DICTIONARY_DATA  GetObjectPutObject
//	LENGTH           9 9
//	DATA             1 0 1 0 0
//
// The dictionary is the whole stripe's. Row groups have positions in DATA alone.
//
// # Lists and maps
//
// LENGTH has the number of children of each list that is not NULL; children of all
// lists follow on each other. Maps have the same for two children, keys and values:
//
//	rows             [a b]  NULL  []  [c NULL]
//	PRESENT            1     0    1      1
//	LENGTH             2          0      2
//	element PRESENT   1 1               1 0
//	element DATA      a b               c
//
// # Decimals
//
// A decimal is an integer and a scale. DATA has the integer, zigzag encoded over
// 128 bits, as a varint of up to 19 bytes; SECONDARY has the scale of each value, which
// may be another than the type's, and is made up for. Files of a version from 1 on, which
// call themselves forerunners of 2.0, keep short decimals as integers in runs, without scales.
//
//	-1.28 in decimal(5,2): unscaled -128, zigzag 255 = ff 01; SECONDARY 2
//
// # Dates and times
//
// The seconds of a timestamp are counted from 2015-01-01 00:00:00, in the writer's
// time zone: what the column means is the time on the writer's clock, so a reader
// shows the seconds in the zone that the stripe footer names. A timestamp with
// local time zone is an instant: UTC throughout.
//
// SECONDARY has the nanoseconds. If they end in two or more zeros the zeros are cut,
// and the low three bits say how many there were, less one:
//
//	500,000,000 ns   5, 8 zeros   5<<3 | 7
//	    123,456 ns   no zeros     123456<<3
//
// Before 1970 the format has a quirk, kept from Java: seconds are cut towards zero
// while nanoseconds count upwards. -1.5 s is written as -1 s and 500,000,000 ns, and a
// reader takes a second off wherever seconds are negative and there is a millisecond
// or more of nanoseconds. The last second before 1970 would be second 0 and cannot be
// told from the first one after; our Writer refuses it.
//
// Days before 1582-10-15 are those of the Julian calendar in files whose footer says
// so, or whose writer is Java of before it said anything; they are turned into the
// days that bear the same date in the calendar without the reform, which is ours.
//
// # Row groups
//
// The rows of a stripe form row groups of as many rows as the footer's stride.
// ROW_INDEX has for each the statistics, and the positions at which the column's
// streams begin it: PRESENT first if the column has one, then the others.
//
//	PRESENT      chunk, byte in it, byte of a run, bit of the byte
//	integers     chunk, byte in it, value of a run
//	plain bytes  chunk, byte in it
//
//	     chunk at 0           chunk at 5,120
//	┌───────────────────────┬───────────────────────┬─
//	│ run run run run run ru│n run run [run run] …  │   position 5120, 17, 3: the fourth value
//	└───────────────────────┴───────────────────────┴─  of the run at byte 17 of the chunk at 5,120
//
// (without a codec there is no chunk, only a byte). Our Writer ends a run where a
// row group ends, so that the place in a run is always 0.
//
// Statistics have the number of values, whether there are NULLs, and by type:
// minimum, maximum and sum; for strings of more than 1,024 bytes a bound below
// and above in their place; for timestamps milliseconds, in UTC for writers that can be
// trusted, and the nanoseconds beyond. What some writers got wrong is not used.
//
// A bloom filter (internal/bloom) says which values a row group cannot have. It is m
// bits, of which a value sets k, at places made of one hash of 64 bits:
//
//	hash   = Murmur3 of the UTF-8 bytes, or Thomas Wang's mix of the integer
//	bit i  = (low 32 bits + i · high 32 bits, inverted if negative) mod m,   i = 1 … k
//
// # Writing
//
// A Writer collects a row group in each column, encodes it, and compresses what
// fills a chunk. The stripe lies in memory, compressed, until it has enough
// bytes or rows. String columns begin a stripe with a dictionary, and give it up
// at the end of a row group where it does not pay. What other engines demand of
// files is kept: TIMESTAMP with the writer zone UTC, no more digits of a second
// than the type has, hasNull on columns without values, checksums in zstd frames.
//
// # Reading
//
// Open reads the tail, File.Stripe a stripe's footer, StripeReader.Column nothing
// at all. ColumnReader.Read seeks to the row group by the row index, decodes what
// is asked for, and reads on from there the next time; ranges of the file
// are read in pieces that grow while one reads onwards, small streams side by side
// at once. ColumnReader.Gather passes over rows without decoding their values.
// Columns are read down to single fields, those inside of lists, maps and unions
// too. A union comes as Trino has it: a row of the tag and a field for each member.
//
// A file is not trusted: every size is compared with the file and with Limits
// before memory is asked for, and decoders look only at bytes that are there.
// What a file does wrong is a *CorruptError. ORC itself has no checksums: a bit that
// was changed on the way may come out as another value, unless a codec notices.
package orc
