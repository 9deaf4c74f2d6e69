// Package orc reads and writes ORC files, version 1 of the format.
package orc
