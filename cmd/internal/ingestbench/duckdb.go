package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
)

//go:embed duckdb.py
var duckDBScript string

// duckDB lets DuckDB read the same archive with read_json and write zstd Parquet.
func duckDB(ctx context.Context, s settings, logs, parquet string) error {
	command := exec.CommandContext(ctx, s.python, "-c", duckDBScript, logs, parquet)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return command.Run()
}
