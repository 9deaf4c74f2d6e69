package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ctlake/ctlake/storage/types"
)

// machineMemory returns the memory of the machine, or of the control group that the
// process runs in, in bytes; 4 GiB where neither can be told.
func machineMemory() int64 {
	const unknown = 4 << 30
	memory := int64(unknown)
	if file, err := os.Open("/proc/meminfo"); err == nil {
		scanner := bufio.NewScanner(file)
		for scanner.Scan() {
			fields := strings.Fields(scanner.Text())
			if len(fields) >= 2 && fields[0] == "MemTotal:" {
				if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil && kib > 0 {
					memory = kib << 10
				}
			}
		}
		_ = file.Close() // only read
	}
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
			memory = min(memory, limit)
		}
	}
	return memory
}

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
