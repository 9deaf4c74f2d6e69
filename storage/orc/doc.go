// Package orc reads and writes ORC files, version 1 of the format as the
// specification ORCv1 of Apache ORC has it, of any writer. It knows nothing of
// what the columns mean; vectors go in and come out.
//
// A file is stripes and a tail that describes them. Offsets lead backwards: the
// last byte is the length of the postscript, which has the lengths before it.
//
//	┌─────┬──────────┬──────────┬───┬───────────────────┬────────┬────────────┬───┐
//	│"ORC"│ stripe 0 │ stripe 1 │ … │ stripe statistics │ footer │ postscript │ n │
//	└─────┴──────────┴──────────┴───┴───────────────────┴────────┴────────────┴───┘
//	footer      schema, stripes (offset, rows), statistics of all rows, user metadata
//	postscript  lengths of footer and statistics, codec, chunk size, versions; n bytes, not compressed
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
// Columns are the nodes of the schema tree, numbered as it is walked. A NULL is
// a 0 in PRESENT and has no value in other streams, nor in those of children;
// PRESENT is missing where a stripe has no NULL.
//
//	type                       streams beside PRESENT
//	boolean, tinyint           DATA: bits, bytes in runs
//	smallint … bigint, date    DATA: integers in runs
//	real, double               DATA: IEEE 754, little endian
//	varchar, char, varbinary   DATA: the bytes; LENGTH: integers in runs
//	… in a dictionary          DATA: entry numbers in runs; DICTIONARY_DATA, LENGTH: the sorted entries
//	timestamp                  DATA: seconds from 2015 on; SECONDARY: nanoseconds, zeros cut
//	decimal                    DATA: varints of up to 128 bits; SECONDARY: scales
//	array, map                 LENGTH: integers in runs; children: elements, or keys and values
//	row                        none; children: fields
//	union                      DATA: tags in runs of bytes; children: members
//
// Runs are packages internal/rle and internal/bits; each stream is cut into
// chunks and compressed by internal/framing; the messages of index and tail are
// internal/protobuf; internal/bloom has the filters.
//
// The rows of a stripe form row groups. ROW_INDEX has for each the statistics
// and the positions at which the column's streams begin it:
//
//	PRESENT      chunk, byte in it, byte of a run, bit of the byte
//	integers     chunk, byte in it, value of a run
//	plain bytes  chunk, byte in it
//
// (without a codec there is no chunk, only a byte). Our Writer ends a run where a
// row group ends, so that the place in a run is always 0.
//
// # Writing
//
// A Writer collects a row group in each column, encodes it, and compresses what
// fills a chunk. The stripe lies in memory, compressed, until it has enough
// bytes or rows. String columns begin a stripe with a dictionary, and give it up
// at the end of a row group where it does not pay. What other engines demand of
// files is kept: TIMESTAMP with the writer zone UTC, no more digits of a second
// than the type has, hasNull on columns without values, checksums in zstd frames.
// One thing ORC cannot say: readers take a timestamp within the last second
// before 1970 for one a second later, so the Writer refuses it.
//
// # Reading
//
// Open reads the tail, File.Stripe a stripe's footer, StripeReader.Column nothing
// at all. ColumnReader.Read seeks to the row group by the row index, decodes what
// is asked for, and reads on from there the next time; ranges of the file
// are read in pieces that grow while one reads onwards, small streams side by side
// at once. ColumnReader.Gather passes over rows without decoding their values.
//
// A file is not trusted: every size is compared with the file and with Limits
// before memory is asked for, and decoders look only at bytes that are there.
// What a file does wrong is a *CorruptError.
package orc
