package format

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
)

// What is looked at to tell whether a file is a table is not gone, however long its first line is.
func TestAFirstLineLongerThanTheWindow(t *testing.T) {
	long := `{"eventVersion":"1.08","eventName":"E","eventSource":"s","x":"` + strings.Repeat("x", 2*windowBytes) + `"}`
	f := func(name, text string, records int, want string) {
		t.Helper()
		c, v, err := read(strings.NewReader(text))
		got := v.Ignored
		if err != nil {
			got = err.Error()
		}
		if len(c.records) != records || got != want || len(c.bad) > 0 {
			t.Errorf("%s: %d records, %q, %q; want %d, %q", name, len(c.records), got, c.bad, records, want)
		}
	}
	at := "2026-03-01T10:00:00.000Z "
	f("a line of an export", at+long+"\n"+at+event+"\n", 2, "")
	for _, bytes := range []int{2 * windowBytes, 2*MaxRecordBytes + 9} {
		f("prose", strings.Repeat("x", bytes)+"\n"+event+"\n", 1, "at byte 0: 'x' where '{' or the end of the file should be")
		f("a comment", "# "+strings.Repeat("x", bytes)+"\n"+event+"\n", 1, "at byte 0: '#' where '{' or the end of the file should be")
	}
	f("a record in lines, over the end of what is searched", strings.Repeat("x", 2*MaxRecordBytes-46)+"\n"+strings.ReplaceAll(event, ",", ",\n")+"\n", 1,
		"at byte 0: 'x' where '{' or the end of the file should be")
	f("a header", strings.Repeat("x,", windowBytes)+"eventjson\n", 0, "no JSON")
}

// Members may have names of a megabyte, and a million values that are listed by them.
func TestPointersAreShort(t *testing.T) {
	for name, want := range map[string]string{
		strings.Repeat("n", 1<<20):           "/" + strings.Repeat("n", maxStepBytes-1) + "…/Messages/0",
		strings.Repeat("é", 1<<18):           "/" + strings.Repeat("é", (maxStepBytes-1)/2) + "…/Messages/0",
		"x" + strings.Repeat(`\u00e9`, 1<<8): "/x" + strings.Repeat("é", (maxStepBytes-2)/6) + "…/Messages/0",
		strings.Repeat(`\"`, 1<<8):           "/" + strings.Repeat(`"`, (maxStepBytes-1)/2) + "…/Messages/0",
	} {
		text := `{"` + name + `":{"Messages":[` + strings.Repeat("1,", 3000) + event + `]}}`
		allocated := testing.AllocsPerRun(1, func() {
			c, _, err := read(strings.NewReader(text))
			if err != nil || len(c.records) != 1 || len(c.bad) != 3000 || !strings.Contains(c.bad[0], " ("+want+"): ") {
				t.Errorf("%d records, %d bad, %v, %.2000s; want %s", len(c.records), len(c.bad), err, c.bad, want)
			}
		})
		const most = 40_000 // by those that are kept, not by all
		if allocated > most {
			t.Errorf("%.0f allocations", allocated)
		}
	}
}

// Lines of which each begins what the next ones go on with are not looked at two hundred times each.
func TestLinesThatNeverEnd(t *testing.T) {
	c, _, err := read(strings.NewReader(strings.Repeat("{\"a\":["+strings.Repeat(" ", 300)+"\n", 10_000)))
	if err == nil || !strings.HasSuffix(err.Error(), notRead) || len(c.bad) > 2000 {
		t.Errorf("%d lines were tried, %v", len(c.bad), err)
	}
	// Each broken by itself, they are all tried, and what is behind them is read.
	const lines = 20_000
	c, _, err = read(strings.NewReader(strings.Repeat("{\"a\":]\n", lines) + event))
	if err != nil || len(c.records) != 1 || len(c.bad) != lines {
		t.Errorf("%d records, %d bad, %v", len(c.records), len(c.bad), err)
	}
}

// A row may be much shorter than its header: a field that is not there costs nothing.
func TestRowsShorterThanTheirHeader(t *testing.T) {
	columns := make([]string, maxFields)
	row := csvRow{text: []byte("x"), ends: []int{1}}
	columns[0], columns[maxFields-1] = "eventName", "record"
	if _, reason := historyRecord(columns, &row, nil); reason != "a row with neither an event time nor an event ID" {
		t.Error(reason)
	}
	if _, reason := recordOfRow(columns, &row, nil); reason != "a row without a record" {
		t.Error(reason)
	}
}

// What other readers of an archive pass over, or come upon, is no place to hide events in.
func TestNothingIsHiddenInArchives(t *testing.T) {
	f := func(name string, file []byte, records int, want string) {
		t.Helper()
		c, v, err := read(bytes.NewReader(file))
		got := strings.Join(append(c.damaged, c.passed...), "; ") + v.Ignored
		if err != nil {
			got += err.Error()
		}
		if len(c.records) != records || got != want {
			t.Errorf("%s: %d records, %q; want %d, %q", name, len(c.records), got, records, want)
		}
	}
	behind := "tar: there is something behind its end"
	f("a tar behind a tar", append(tarred("a", file1), tarred("b", file1)...), 2, "")
	f("a tar, filled up", append(tarred("a", file1), make([]byte, 7000)...), 1, "")
	f("a tar with a tail", append(tarred("a", file1), "tail"...), 1, "at byte 0: "+behind)
	f("a file in tar, named like macOS's", tarred("a/._x", file1, "._y", file1), 2, "")
	f("macOS's in tar", tarred("a/._x", appleDouble+"x", "y", file1), 1, "")
	f("the bytes of macOS's by another name", tarred("x", appleDouble+"x", "y", file1), 1, "x: at byte 0: no text")

	behind = "zip: there is something behind its end"
	f("a zip behind a zip", append(zipped("a", file1), zipped("b", file1)...), 1, "at byte 0: "+behind)
	f("a zip with a tail", append(zipped("a", file1), "tail"...), 1, "at byte 0: "+behind)
	f("a zip, filled up", append(zipped("a", file1), make([]byte, 7000)...), 1, "")
	f("a zip without an end", zipped("a", file1)[:len(zipped("a", file1))-10], 1, "at byte 0: zip: the file is cut off")
	f("a file in zip, named like macOS's", zipped("__MACOSX/._x", file1, "__MACOSX/y", file1), 2, "")
	f("a zip with a comment", commented(), 1, "")
	f("a folder of zip that is a file", bytes.ReplaceAll(zipped("folderX", file1), []byte("folderX"), []byte("folder/")), 1, "")
}

func commented() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	e, _ := w.Create("a")
	_, _ = io.WriteString(e, file1)
	_ = w.SetComment(strings.Repeat("c", 60_000))
	_ = w.Close()
	return b.Bytes()
}
