package ddl

import (
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// trinoType is a type as Trino writes it.
func trinoType(t types.Type) string { return t.String() }

// hiveType is a type as Hive, Spark and Athena write it.
func hiveType(t types.Type) string {
	switch t.Kind() {
	case types.Varchar:
		return "string"
	case types.Timestamp:
		return "timestamp"
	case types.Array:
		return "array<" + hiveType(t.Elem()) + ">"
	case types.Map:
		return "map<" + hiveType(t.Key()) + "," + hiveType(t.Value()) + ">"
	case types.Row:
		fields := make([]string, len(t.Fields()))
		for i, f := range t.Fields() {
			fields[i] = "`" + f.Name + "`:" + hiveType(f.Type)
		}
		return "struct<" + strings.Join(fields, ",") + ">"
	case types.Integer:
		return "int"
	}
	return t.String() // boolean, bigint, double: all engines agree
}

// clickHouseType is a type as ClickHouse writes it. Tuples, maps and arrays are never NULL there.
func clickHouseType(t types.Type) string {
	switch t.Kind() {
	case types.Varchar:
		return "Nullable(String)"
	case types.Timestamp:
		return "Nullable(DateTime64(3, 'UTC'))"
	case types.Boolean:
		return "Nullable(Bool)"
	case types.Integer:
		return "Nullable(Int32)"
	case types.Bigint:
		return "Nullable(Int64)"
	case types.Double:
		return "Nullable(Float64)"
	case types.Array:
		return "Array(" + clickHouseType(t.Elem()) + ")"
	case types.Map:
		return "Map(String, " + clickHouseType(t.Value()) + ")"
	}
	fields := make([]string, len(t.Fields()))
	for i, f := range t.Fields() {
		fields[i] = "`" + f.Name + "` " + clickHouseType(f.Type)
	}
	return "Tuple(" + strings.Join(fields, ", ") + ")"
}
