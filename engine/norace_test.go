//go:build !race

package engine

// slowness is how many times longer a test may take than the code it is about.
const slowness = 1
