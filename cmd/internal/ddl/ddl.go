// Package ddl writes statements by which other engines read the data files of an event data store as they
// lie: an external table over the files, which says more than the store does (files hold events that have expired until
// their whole day has), and a view over that, which says what the store says.
//
//	trail_files   the files, partitioned by calendarday
//	trail         SELECT … FROM trail_files WHERE the event has not expired, AND its file is of the store
//
// Only the view is for people. Where age counts from now, its bound moves with the engine's own clock.
package ddl

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
)

// Store is what the statements are about.
type Store struct {
	// Name is that of the view; the table has the suffix _files.
	Name string
	// Location is the folder with the partitions: a path for ClickHouse, a URI else.
	Location string
	Columns  []schema.Column
	// NotBefore is the time, in milliseconds since 1970, before which events have expired by now; of no meaning unless Expires.
	NotBefore int64
	Expires   bool
	// Days is the retention period, if age counts from now; 0 if the bound stands still.
	Days int
	// Foreign are the names of files that lie in the folder and are not of the store any more.
	Foreign []string
}

// Errors of Write.
var (
	ErrEngine   = errors.New("no such engine")
	ErrLocation = errors.New("the engine cannot read from there")
)

// dialect is how an engine writes things.
type dialect struct {
	quote func(name string) string
	// viewQuote is that of the view, where it differs.
	viewQuote func(name string) string
	typeOf    func(t types.Type) string
	table     func(d *dialect, s *Store) (string, error)
	// view begins the statement of the view.
	view string
	// now is the time in UTC, without a zone; days is an interval of so many; at is a time.
	now  string
	days string
	at   string
	// file is the name of the file that a row is from, without folders.
	file string
}

var dialects = map[string]*dialect{
	"trino": {quote: double, typeOf: trinoType, table: trinoTable, view: "CREATE OR REPLACE VIEW",
		now: "CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))", days: "INTERVAL '%d' DAY", at: "TIMESTAMP '%s'",
		file: `regexp_extract("$path", '[^/]+$')`},
	"athena": {quote: backquote, viewQuote: double, typeOf: hiveType, table: hiveTable, view: "CREATE OR REPLACE VIEW",
		now: "CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))", days: "INTERVAL '%d' DAY", at: "TIMESTAMP '%s'",
		file: `regexp_extract("$path", '[^/]+$')`},
	"spark": {quote: backquote, typeOf: hiveType, table: sparkTable, view: "CREATE OR REPLACE VIEW",
		now: "to_utc_timestamp(current_timestamp(), current_timezone())", days: "INTERVAL '%d' DAY", at: "TIMESTAMP '%s'",
		file: "element_at(split(input_file_name(), '/'), -1)"},
	"hive": {quote: backquote, typeOf: hiveType, table: hiveTable, view: "CREATE OR REPLACE VIEW",
		now: "current_timestamp", days: "INTERVAL '%d' DAY", at: "TIMESTAMP '%s'",
		file: "regexp_extract(INPUT__FILE__NAME, '[^/]+$', 0)"},
	"clickhouse": {quote: backquote, typeOf: clickHouseType, view: "CREATE OR REPLACE VIEW",
		now: "now64(3, 'UTC')", days: "INTERVAL %d DAY", at: "toDateTime64('%s', 3, 'UTC')", file: "_file"},
}

// Engines returns the names of the engines, sorted.
func Engines() []string {
	names := []string{}
	for name := range dialects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Write returns the statements for an engine. ErrEngine if there are none for it, ErrLocation if it cannot read from the store's location.
func Write(engine string, s Store) (string, error) {
	d := dialects[strings.ToLower(engine)]
	if d == nil {
		if strings.EqualFold(engine, "duckdb") {
			return "", fmt.Errorf("%w: DuckDB reads no ORC files; ctlake query --output csv or jsonl hands rows over to it", ErrEngine)
		}
		return "", fmt.Errorf("%w as %q; there are statements for %s", ErrEngine, engine, strings.Join(Engines(), ", "))
	}
	s.Location = strings.TrimSuffix(s.Location, "/")
	var b strings.Builder
	b.WriteString(header(engine, &s))
	if d.table != nil {
		table, err := d.table(d, &s)
		if err != nil {
			return "", err
		}
		b.WriteString(table)
	}
	if strings.EqualFold(engine, "clickhouse") {
		b.WriteString(clickHouseView(d, &s))
	} else {
		b.WriteString(d.viewOf(&s))
	}
	return b.String(), nil
}

// header says what the statements do not.
func header(engine string, s *Store) string {
	b := "-- Query the view; the files hold events that have expired until their whole day has.\n"
	switch {
	case !s.Expires:
		b += "-- Nothing in the store expires yet: write this anew after the next ingest.\n"
	case s.Days > 0:
		b += fmt.Sprintf("-- Events are kept for %d days by eventtime; the view counts them from the engine's clock.\n", s.Days)
	default:
		b += "-- Age counts from the newest event: write this anew after each ingest, which moves the bound.\n"
	}
	if strings.EqualFold(engine, "hive") {
		b += "SET hive.local.time.zone=UTC;\n"
	}
	return b
}

// literal returns a time as the engines write it, in UTC.
func literal(millis int64) string {
	return time.UnixMilli(millis).UTC().Format("2006-01-02 15:04:05.000")
}

// condition is what holds of the rows that belong to the store; "" if all do.
func (d *dialect) condition(s *Store, quote func(string) string) string {
	var all []string
	column := quote(schema.EventTime)
	if s.Expires {
		bound := column + " >= " + fmt.Sprintf(d.at, literal(s.NotBefore))
		if s.Days > 0 {
			bound += " AND " + column + " >= " + d.now + " - " + fmt.Sprintf(d.days, s.Days)
		}
		all = append(all, "("+bound+" OR "+column+" IS NULL)")
	}
	if len(s.Foreign) > 0 {
		names := slices.Clone(s.Foreign)
		slices.Sort(names)
		for i, n := range names {
			names[i] = text(n)
		}
		all = append(all, d.file+" NOT IN ("+strings.Join(names, ", ")+")")
	}
	return strings.Join(all, "\n  AND ")
}

// viewOf is the view over the table.
func (d *dialect) viewOf(s *Store) string {
	quote := d.viewQuote
	if quote == nil {
		quote = d.quote
	}
	names := make([]string, 0, len(s.Columns)+1)
	for _, c := range s.Columns {
		names = append(names, quote(c.Name))
	}
	names = append(names, quote(schema.CalendarDay))
	view := fmt.Sprintf("%s %s AS\nSELECT %s\nFROM %s", d.view, quote(s.Name), strings.Join(names, ", "), quote(s.tableName()))
	if where := d.condition(s, quote); where != "" {
		view += "\nWHERE " + where
	}
	return view + ";\n"
}

func (s *Store) tableName() string { return s.Name + "_files" }

// fields returns the columns, a line each.
func (d *dialect) fields(columns []schema.Column) string {
	lines := make([]string, len(columns))
	for i, c := range columns {
		lines[i] = "  " + d.quote(c.Name) + " " + d.typeOf(c.Type)
	}
	return strings.Join(lines, ",\n")
}

func trinoTable(d *dialect, s *Store) (string, error) {
	return fmt.Sprintf("-- Run these in a catalog of the Hive connector, with its schema chosen by USE.\nCREATE TABLE %s (\n%s,\n  %s bigint\n)\nWITH (format = 'ORC', external_location = %s, partitioned_by = ARRAY['%s']);\n"+
		"CALL system.sync_partition_metadata(schema_name => current_schema, table_name => %s, mode => 'FULL');\n",
		d.quote(s.tableName()), d.fields(s.Columns), d.quote(schema.CalendarDay), text(s.Location), schema.CalendarDay, text(strings.ToLower(s.tableName()))), nil
}

func hiveTable(d *dialect, s *Store) (string, error) {
	if d.viewQuote != nil && !strings.HasPrefix(s.Location, "s3://") { // Athena
		return "", fmt.Errorf("%w: Athena reads from S3 alone; copy the folder of the store there, and give --location s3://BUCKET/PREFIX/", ErrLocation)
	}
	return fmt.Sprintf("CREATE EXTERNAL TABLE %s (\n%s\n)\nPARTITIONED BY (%s bigint)\nSTORED AS ORC\nLOCATION %s;\nMSCK REPAIR TABLE %s;\n",
		d.quote(s.tableName()), d.fields(s.Columns), d.quote(schema.CalendarDay), hiveText(s.Location), d.quote(s.tableName())), nil
}

func sparkTable(d *dialect, s *Store) (string, error) {
	return fmt.Sprintf("CREATE TABLE %s (\n%s,\n  %s BIGINT\n)\nUSING ORC\nPARTITIONED BY (%s)\nLOCATION %s;\nMSCK REPAIR TABLE %s;\n",
		d.quote(s.tableName()), d.fields(s.Columns), d.quote(schema.CalendarDay), d.quote(schema.CalendarDay), hiveText(s.Location), d.quote(s.tableName())), nil
}

// clickHouseView is a view over the files themselves.
func clickHouseView(d *dialect, s *Store) string {
	structure := make([]string, len(s.Columns))
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		structure[i] = d.quote(c.Name) + " " + d.typeOf(c.Type)
		names[i] = d.quote(c.Name)
	}
	files := fmt.Sprintf("file(%s, 'ORC',\n  %s)", hiveText(s.Location+"/calendarday=*/*.orc"), hiveText(strings.Join(structure, ", ")))
	if strings.HasPrefix(s.Location, "s3://") || strings.HasPrefix(s.Location, "https://") {
		files = fmt.Sprintf("s3(%s, 'ORC',\n  %s)", hiveText(s.Location+"/calendarday=*/*.orc"), hiveText(strings.Join(structure, ", ")))
	}
	view := fmt.Sprintf("%s %s AS\nSELECT %s, toInt64OrNull(extract(_path, 'calendarday=([0-9]+)')) AS %s\nFROM %s", d.view, d.quote(s.Name),
		strings.Join(names, ", "), d.quote(schema.CalendarDay), files)
	if where := d.condition(s, d.quote); where != "" {
		view += "\nWHERE " + where
	}
	return view + ";\n"
}

// text is a string of SQL.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// hiveText is a string where a backslash escapes.
func hiveText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

func backquote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

var plain = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func double(name string) string {
	if plain.MatchString(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Identifier makes of a store's name one that every engine takes: lower case, letters, digits and '_'.
func Identifier(name string) string {
	out := []byte(strings.ToLower(name))
	for i, c := range out {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			out[i] = '_'
		}
	}
	if len(out) == 0 || out[0] < 'a' || out[0] > 'z' {
		out = append([]byte("store_"), out...)
	}
	return string(out)
}
