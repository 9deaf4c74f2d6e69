package main

import (
	"fmt"
	"time"

	"github.com/ctlake/ctlake/storage/types"
)

// location returns the zone that --timezone names.
func location(name string) (*time.Location, error) {
	zone, err := types.ZoneOf(name)
	if err != nil {
		return nil, fmt.Errorf("no such zone; take an IANA name such as Europe/Berlin, or an offset such as +02:00")
	}
	if named, err := types.LoadLocation(zone.String()); err == nil {
		return named, nil
	}
	return time.FixedZone(zone.String(), zone.Offset(0)), nil
}
