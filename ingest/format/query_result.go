package format

// queryResult is CSV with a column that holds records whole: results of a query of
// CloudTrail Lake (whose first line begins with '#') or of Athena with eventjson, and what
// tools make of LookupEvents. Other columns are derived from it.
var queryResult = table{
	name: formQueryResult,
	columns: func(header []string) []string {
		columns := make([]string, len(header))
		found := false
		for i, name := range header {
			switch plainColumn(name) {
			case "eventjson", "cloudtrailevent", "eventrecord":
				if !found {
					columns[i], found = "record", true
				}
			}
		}
		if !found {
			return nil
		}
		return columns
	},
	row: func(columns []string, row *csvRow, dst []byte) ([]byte, string) {
		for i, c := range columns {
			if c != "record" {
				continue
			}
			if v := row.field(i); len(v) > 0 {
				return append(dst, v...), ""
			}
		}
		return dst, "a row without a record"
	},
}
