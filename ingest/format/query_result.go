package format

import "slices"

// recordColumns returns columns that say which is the first one of the names; nil if none is.
func recordColumns(header []string, names ...string) []string {
	columns := make([]string, len(header))
	for i, name := range header {
		if slices.Contains(names, plainColumn(name)) {
			columns[i] = "record"
			return columns
		}
	}
	return nil
}

// recordOfRow returns what such a column holds.
func recordOfRow(columns []string, row *csvRow, dst []byte) ([]byte, string) {
	if i := slices.Index(columns[:min(len(columns), len(row.ends))], "record"); i >= 0 {
		if v := row.field(i); len(v) > 0 {
			return append(dst, v...), ""
		}
	}
	return dst, "a row without a record"
}

// wrappedRows is CSV of other programs, with records whole in a column: Splunk's _raw, @message of CloudWatch Logs
// Insights.
var wrappedRows = table{
	name: formOtherWrapping,
	columns: func(header []string) []string {
		return recordColumns(header, "raw", "message", "event", "eventoriginal")
	},
	row:   recordOfRow,
	mixed: true,
}

// queryResult is CSV with a column that holds records whole: results of a query of
// CloudTrail Lake (whose first line begins with '#') or of Athena with eventjson, and what
// tools make of LookupEvents. Other columns are derived from it.
var queryResult = table{
	name: formQueryResult,
	columns: func(header []string) []string {
		return recordColumns(header, "eventjson", "cloudtrailevent", "eventrecord")
	},
	row: recordOfRow,
}
