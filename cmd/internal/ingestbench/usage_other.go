//go:build !unix

package main

import "time"

// The times and sizes of a process are not known here.
func cpuTime() time.Duration { return 0 }
func peakBytes() int64       { return 0 }
