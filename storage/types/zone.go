package types

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Zone is a time zone within one process: a fixed offset, or a zone of the IANA
// database. Numbers of the latter are given out as names are met, so a Zone must
// not be stored beyond the process; its name may.
//
//	0            UTC
//	1 … 1681     offsets of -840 to +840 minutes
//	2048 …       zones by name
type Zone uint16

// UTC is the zone of ctlake's own times.
const UTC Zone = 0

// MaxOffsetMinutes bounds fixed offsets: 14 hours, as in Trino.
const MaxOffsetMinutes = 14 * 60

const firstNamedZone = 2048

// maxNamedZones is how many names may be in use; the IANA database has some 600.
const maxNamedZones = 1<<16 - firstNamedZone

type namedZone struct {
	name     string
	location *time.Location
}

// zones holds the named zones met so far. The list only grows and is replaced as
// a whole, so readers need no lock.
var zones struct {
	sync.Mutex
	list   atomic.Pointer[[]namedZone]
	byName sync.Map // string to Zone
}

// ZoneOfOffset returns the zone of a fixed offset.
func ZoneOfOffset(minutes int) (Zone, error) {
	switch {
	case minutes == 0:
		return UTC, nil
	case minutes < -MaxOffsetMinutes || minutes > MaxOffsetMinutes:
		return 0, errorf(CodeInvalidArg, "Invalid offset minutes %d", minutes)
	}
	return Zone(minutes + MaxOffsetMinutes + 1), nil
}

// utcNames are the spellings of UTC that are not made of a prefix and an offset.
var utcNames = map[string]bool{"UTC": true, "GMT": true, "UT": true, "UCT": true, "Z": true, "Zulu": true,
	"Greenwich": true, "Universal": true, "GMT0": true, "Etc/GMT": true, "Etc/GMT0": true, "Etc/UT": true,
	"Etc/UTC": true, "Etc/UCT": true, "Etc/Universal": true, "Etc/Greenwich": true, "Etc/Zulu": true}

// offsetPrefixes may stand before an offset.
var offsetPrefixes = []string{"Etc/GMT", "Etc/UTC", "Etc/UT", "GMT", "UTC", "UT", ""}

// ZoneOf returns the zone that name means: UTC and its other names, an offset
// (+5, +05, +0530, +05:30), an offset after UTC, GMT or UT, or a zone of the IANA
// database. Case matters, as in Trino.
func ZoneOf(name string) (Zone, error) {
	if utcNames[name] {
		return UTC, nil
	}
	if z, ok := zones.byName.Load(name); ok {
		return z.(Zone), nil
	}
	for _, prefix := range offsetPrefixes {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || rest == "" || rest[0] != '+' && rest[0] != '-' {
			continue
		}
		minutes, ok := parseOffset(rest)
		if !ok {
			break
		}
		if prefix == "Etc/GMT" { // POSIX counts westward
			minutes = -minutes
		}
		z, err := ZoneOfOffset(minutes)
		if err != nil {
			break
		}
		return z, nil
	}
	return internZone(name)
}

// parseOffset reads +H, +HH, +HHMM, +HH:MM or +H:MM, and the same with zero seconds.
func parseOffset(s string) (minutes int, ok bool) {
	sign, s := s[0], s[1:]
	hours, rest, colon := strings.Cut(s, ":")
	if colon {
		rest, _ = strings.CutSuffix(rest, ":00")
		if len(rest) != 2 {
			return 0, false
		}
	} else if len(s) == 6 && strings.HasSuffix(s, "00") {
		hours, rest = s[:2], s[2:4]
	} else if len(s) == 4 {
		hours, rest = s[:2], s[2:]
	} else {
		rest = "00"
	}
	if len(hours) < 1 || len(hours) > 2 || !allDigits(hours) || !allDigits(rest) {
		return 0, false
	}
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(rest)
	if m > 59 {
		return 0, false
	}
	minutes = h*60 + m
	if sign == '-' {
		minutes = -minutes
	}
	return minutes, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// maxZoneName bounds the bytes of a zone's name.
const maxZoneName = 64

func internZone(name string) (Zone, error) {
	unknown := errorf(CodeNotSupported, "Time zone not supported: %s", name)
	if len(name) > maxZoneName || name == "Factory" { // which has no time
		return 0, unknown
	}
	location, err := LoadLocation(name)
	if err != nil {
		return 0, unknown
	}
	zones.Lock()
	defer zones.Unlock()
	if z, ok := zones.byName.Load(name); ok {
		return z.(Zone), nil
	}
	var list []namedZone
	if old := zones.list.Load(); old != nil {
		list = *old
	}
	if len(list) == maxNamedZones {
		return 0, errorf(CodeNotSupported, "More than %d time zones", maxNamedZones)
	}
	name = strings.Clone(name)
	grown := append(append(make([]namedZone, 0, len(list)+1), list...), namedZone{name, location})
	zones.list.Store(&grown)
	z := Zone(firstNamedZone + len(list))
	zones.byName.Store(name, z)
	return z, nil
}

// fixed returns the offset of a zone that has only one.
func (z Zone) fixed() (minutes int, ok bool) {
	switch {
	case z == UTC:
		return 0, true
	case z < firstNamedZone:
		return int(z) - MaxOffsetMinutes - 1, true
	}
	return 0, false
}

func (z Zone) named() namedZone {
	if list := zones.list.Load(); list != nil && int(z)-firstNamedZone < len(*list) {
		return (*list)[z-firstNamedZone]
	}
	return namedZone{"UTC", time.UTC} // a number that was never given out
}

// Append appends the name of z: UTC, +05:30, America/New_York.
func (z Zone) Append(dst []byte) []byte {
	if z == UTC {
		return append(dst, "UTC"...)
	}
	if minutes, ok := z.fixed(); ok {
		return appendOffset(dst, minutes)
	}
	return append(dst, z.named().name...)
}

// String returns the name of z.
func (z Zone) String() string { return string(z.Append(nil)) }

func appendOffset(dst []byte, minutes int) []byte {
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	dst = append2(append(dst, sign), minutes/60)
	return append2(append(dst, ':'), minutes%60)
}

// Offset returns how many seconds the clocks of z are ahead of UTC at an instant.
func (z Zone) Offset(epochSecond int64) int {
	if minutes, ok := z.fixed(); ok {
		return minutes * 60
	}
	_, offset := time.Unix(epochSecond, 0).In(z.named().location).Zone()
	return offset
}

// Abbreviation returns what the IANA database calls the time of z at an instant, EST or
// EDT, which are digits after a sign where people have no name for it; "" for a fixed offset.
func (z Zone) Abbreviation(epochSecond int64) string {
	if _, ok := z.fixed(); ok {
		return ""
	}
	name, _ := time.Unix(epochSecond, 0).In(z.named().location).Zone()
	return name
}

// Instant returns the epoch second at which the clocks of z show local, the
// seconds from 1970-01-01 00:00:00 on that clock. Where they show it twice, it
// is the first time; where they never do, because they are put forward, gap is
// true and the instant is as much later as they were put forward.
func (z Zone) Instant(local int64) (epochSecond int64, gap bool) {
	if minutes, ok := z.fixed(); ok {
		return local - int64(minutes)*60, false
	}
	// Offsets are less than a day: what was due a day before, and what is a day after, are all there is, but
	// for clocks that are put twice within two days. (The bounds that package time has for the
	// time between two changes are wrong on the last day of leap years.)
	const around = 24 * 60 * 60
	before, after := int64(z.Offset(local-around)), int64(z.Offset(local+around))
	if before == after {
		return local - before, false
	}
	for _, offset := range []int64{before, after} {
		if int64(z.Offset(local-offset)) == offset {
			return local - offset, false
		}
	}
	return local - before, true
}
