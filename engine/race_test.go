//go:build race

package engine

// slowness is how many times longer a test may take than the code it is about: the race detector is at work.
const slowness = 10
