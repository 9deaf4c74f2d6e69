package storage

import "time"

// RetentionFrom says from which moment the age of events counts.
type RetentionFrom string

// The origins of age.
const (
	RetentionFromNow    RetentionFrom = "now"
	RetentionFromNewest RetentionFrom = "newest" // the newest event in the store
)

// notBefore returns the time, in milliseconds since 1970, before which events have
// expired. newestMillis is the newest eventTime, 0 if there is none.
func (s *EventDataStore) notBefore(now time.Time, newestMillis int64) int64 {
	period := int64(s.RetentionDays) * millisPerDay
	if s.RetentionFrom == RetentionFromNewest {
		if newestMillis == 0 {
			return NeverExpires
		}
		return newestMillis - period
	}
	return now.UnixMilli() - period
}

// NeverExpires is before every time that a record can have.
const NeverExpires = -1 << 62
