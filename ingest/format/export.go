package format

// exportTimeBytes is the length of a time as CloudWatch Logs writes it before each line of an
// export to S3, with the blank behind it: 2015-08-24T19:03:07.000Z.
const exportTimeBytes = 25

// exportTime returns the length of the time with which text begins, if a line of an export does; else 0.
func exportTime(text []byte) int {
	const shape = "0000-00-00T00:00:00.000Z "
	if len(text) < exportTimeBytes {
		return 0
	}
	for i := range exportTimeBytes {
		c, want := text[i], shape[i]
		if want == '0' {
			if c < '0' || c > '9' {
				return 0
			}
		} else if c != want {
			return 0
		}
	}
	return exportTimeBytes
}

// exportTime passes over the time before a line of an export. What is behind it is a record,
// or the line of another log, which is passed over as well.
func (t *text) exportTime() bool {
	t.fill(exportTimeBytes + 1)
	n := exportTime(t.buf[t.window.at:])
	if n == 0 {
		return false
	}
	start := origin{at: t.offset()}
	t.window.at += n
	t.line = t.offset()
	t.fill(1)
	if rest := t.buf[t.window.at:]; len(rest) > 0 && rest[0] == '{' {
		t.exported = true
		return true
	}
	t.stranger(t.here(start, "a line of another log"), true)
	t.skipLine()
	return true
}

// skipLine goes on behind the next line feed.
func (t *text) skipLine() {
	for {
		for t.window.at < len(t.buf) {
			t.window.at++
			if t.buf[t.window.at-1] == '\n' {
				t.line = t.offset()
				return
			}
		}
		if !t.more() {
			return
		}
	}
}
