package format

// exportTimeBytes is the length of a time as CloudWatch Logs writes it before each line of an
// export to S3, with the blank behind it: 2015-08-24T19:03:07.000Z.
const exportTimeBytes = 25

// exportTime returns the length of the time with which text begins, if a line of an export does; else 0.
func exportTime(text []byte) int {
	if n := shaped(text, "0000-00-00T00:00:00.000Z "); n == exportTimeBytes {
		return n
	}
	return 0
}

// beginsWithTime reports whether a line begins with a time, as those of logs do.
func beginsWithTime(line []byte) bool { return shaped(line, secondShape) == len(secondShape) }

// secondShape is a time to the second.
const secondShape = "0000-00-00T00:00:00"

// shaped returns how much of text has a shape, in which '0' stands for a digit.
func shaped(text []byte, shape string) int {
	for i := range min(len(text), len(shape)) {
		c, want := text[i], shape[i]
		if want == '0' && (c < '0' || c > '9') || want != '0' && c != want {
			return i
		}
	}
	return min(len(text), len(shape))
}

const (
	// maxStreamBytes bounds the name of a log stream: CloudWatch Logs' own limit is 512 characters.
	maxStreamBytes = 4 * 512
	// maxTimeBytes bounds a time as aws logs tail writes it, 2023-07-10T12:05:01.123000+00:00, with the blank.
	maxTimeBytes = 40
)

// tailTime returns the length of what aws logs tail writes before an event, a time and maybe the name of a log
// stream, if the event is JSON; else 0.
func tailTime(text []byte) int {
	if !beginsWithTime(text) {
		return 0
	}
	n := len(secondShape)
	for n < len(text) && n < maxTimeBytes && text[n] != ' ' {
		n++
	}
	word := func() {
		for n < len(text) && text[n] == ' ' {
			n++
		}
	}
	if word(); n < len(text) && text[n] != '{' {
		for from := n; n < len(text) && n-from < maxStreamBytes && text[n] > ' ' && text[n] != '{'; n++ {
		}
		word()
	}
	if n == len(text) || text[n] != '{' || text[n-1] != ' ' {
		return 0
	}
	return n
}

// exportTime passes over the time before a line of an export. What is behind it is a record,
// or the line of another log, which is passed over as well.
func (t *text) exportTime() bool {
	t.fill(maxTimeBytes + maxStreamBytes)
	rest := t.buf[t.window.at:]
	start := origin{at: t.offset()}
	n := tailTime(rest)
	if n == 0 {
		if exportTime(rest) == 0 {
			return false
		}
		t.stranger(start, "a line of another log", true)
		t.skipLine()
		return true
	}
	t.window.at += n
	t.line = t.offset()
	t.exported = true
	return true
}
