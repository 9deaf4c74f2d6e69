package main

import (
	"os"
	"testing"
)

// asProgram, set in the environment, makes the test binary be ctlake.
const asProgram = "CTLAKE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args[1:]))
	}
	// Under the race detector a process that ends waits a second for others to complain. The tests start hundreds.
	if os.Getenv("GORACE") == "" {
		if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
