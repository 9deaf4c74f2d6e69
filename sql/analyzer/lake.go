package analyzer

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// Here is all that CloudTrail Lake's language means beyond Trino's, each with the
// sample that needs it.
//
// Tables are named in ways of their own, which the lexer reads and the Catalog resolves;
// the analyzer only hands on TableName.Placeholder:
//
//	FROM 1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809     FROM "arn:aws:cloudtrail:us-east-1:…:eventdatastore/1a2b…"
//	FROM $EDS_ID     FROM <event_data_store_ID>
//
// Hidden columns, which * leaves out, come with the table:
//
//	SELECT "$path", eventName FROM $EDS_ID WHERE calendarday = 20240501
//
// Struct fields, like columns, are found without regard to case, as Trino does for names
// without quotes (rowField, in scope.go):
//
//	SELECT userIdentity.sessionContext.sessionIssuer.userName FROM $EDS_ID

// lakeOperands coerces the operands of a comparison that Trino has none for:
//
//	WHERE eventTime > '2023-06-23 00:00:00' AND eventTime < '2022-07-05T22:00:00.000Z'
//	WHERE date(eventTime) = '2023-06-23'
//	WHERE readonly = 'true'
//
// A string that is compared with a date or a time becomes a timestamp of UTC, a constant
// one at once. A string that is compared with a boolean becomes a boolean. ok is false for all other types.
func lakeOperands(left, right plan.Expr) (l, r plan.Expr, ok bool, err error) {
	if isLakeTime(right.Type()) && left.Type().Is(types.Varchar) || right.Type().Is(types.Boolean) && left.Type().Is(types.Varchar) {
		r, l, ok, err = lakeOperands(right, left)
		return l, r, ok, err
	}
	switch {
	case isLakeTime(left.Type()) && right.Type().Is(types.Varchar):
		if right, err = lakeTimestamp(right); err != nil {
			return nil, nil, false, err
		}
	case left.Type().Is(types.Boolean) && right.Type().Is(types.Varchar):
		right = lakeBoolean(right)
	default:
		return left, right, false, nil
	}
	t, ok := types.CommonSuperType(left.Type(), right.Type())
	if !ok {
		return left, right, false, nil
	}
	if left, err = coerceLake(left, t); err == nil {
		right, err = coerceLake(right, t)
	}
	return left, right, err == nil, err
}

func isLakeTime(t types.Type) bool {
	return t.Is(types.Date) || t.Is(types.Timestamp) || t.Is(types.TimestampWithTimeZone)
}

// lakeTimestampName is the function that reads strings which are not constant.
const lakeTimestampName = "$lake_timestamp"

// lakeTimestamp reads a string as CloudTrail Lake does: 2020-01-01, 2020-01-01 10:11[:12[.5]], the same with T, with Z or an
// offset behind it. A constant is read here, so that it can prune; one that is no time is an error of the statement.
func lakeTimestamp(e plan.Expr) (plan.Expr, error) {
	l, ok := e.(*plan.Literal)
	if !ok {
		return scalarCall(lakeTimestampName, e.Pos(), e)
	}
	if l.IsNull() {
		return plan.NewLiteral(types.TTimestamp, nil, l.At), nil
	}
	text, _ := l.Scalar()
	t, v, err := types.ParseLakeTimestamp(text.(string))
	if err != nil {
		return nil, sql.Errorf(sql.INVALID_CAST_ARGUMENT, l.At, "%s", err).
			WithHint("write a time as '2024-05-01', '2024-05-01 13:30:00' or '2024-05-01T13:30:00Z'")
	}
	return plan.NewLiteral(t, v, l.At), nil
}

// coerceLake is coerce, but that a time of UTC keeps its instant in whatever zone the session is:
// the strings of CloudTrail Lake are UTC, and so is eventTime.
func coerceLake(e plan.Expr, t types.Type) (plan.Expr, error) {
	if call, ok := e.(*plan.Call); ok && t.Is(types.TimestampWithTimeZone) && call.Fn.Name == lakeTimestampName {
		utc := plan.NewLiteral(types.TVarchar, types.UTC.String(), e.Pos())
		zoned, err := scalarCall("with_timezone", e.Pos(), e, utc)
		if err != nil {
			return nil, err
		}
		return coerce(zoned, t), nil
	}
	l, ok := e.(*plan.Literal)
	if !ok || !t.Is(types.TimestampWithTimeZone) || !l.Type().Is(types.Timestamp) || l.IsNull() {
		return coerce(e, t), nil
	}
	micros, picos := timestampParts(l)
	const picosPerMicro = 1_000_000
	millis := types.FloorDiv(micros, 1000)
	return plan.NewLiteral(t, types.PackTimestampTZ(millis, (micros-millis*1000)*picosPerMicro+picos, types.UTC), l.At), nil
}

func timestampParts(l *plan.Literal) (micros, picos int64) {
	v, _ := l.Scalar()
	if w, ok := v.(types.Int128); ok {
		return w.Hi, int64(w.Lo)
	}
	return v.(int64), 0
}

// lakeBoolean reads 'true' and 'false':
//
//	WHERE readonly = 'true'
func lakeBoolean(e plan.Expr) plan.Expr {
	if l, ok := e.(*plan.Literal); ok && !l.IsNull() {
		text, _ := l.Scalar()
		switch strings.ToLower(text.(string)) {
		case "true":
			return plan.Bool(true, l.At)
		case "false":
			return plan.Bool(false, l.At)
		}
	}
	return &plan.Cast{Arg: e, To: types.TBoolean, At: e.Pos()}
}

// lakeList is lakeOperands for value IN (list):
//
//	WHERE date(eventTime) IN ('2023-06-23', '2023-06-24')
func lakeList(values []plan.Expr) (out []plan.Expr, ok bool, err error) {
	var partner plan.Expr // what strings among the values are compared with
	for _, v := range values {
		if isLakeTime(v.Type()) || v.Type().Is(types.Boolean) {
			partner = v
			break
		}
	}
	if partner == nil {
		return values, false, nil
	}
	out = make([]plan.Expr, len(values))
	for i, v := range values {
		out[i] = v
		if !v.Type().Is(types.Varchar) {
			continue
		}
		if partner.Type().Is(types.Boolean) {
			out[i] = lakeBoolean(v)
		} else if out[i], err = lakeTimestamp(v); err != nil {
			return nil, false, err
		}
	}
	t, ok := commonOfAll(out...)
	if !ok {
		return values, false, nil
	}
	for i, v := range out {
		if out[i], err = coerceLake(v, t); err != nil {
			return nil, false, err
		}
	}
	return out, true, nil
}

// misspelt are fields that the schema which AWS publishes spells otherwise than records do.
var misspelt = [][2]string{{"credentiaisissuedto", "credentialsissuedto"}, {"errormssage", "errormessage"}}

// otherSpelling returns the index of the field that the schema which AWS publishes misspells,
// or the other way round, or -1:
//
//	SELECT userIdentity.inScopeOf.credentialsIssuedTo FROM $EDS_ID     (published: credentiaisissuedto)
//	SELECT eventData.errorMessage FROM $EDS_ID                         (published: errormssage)
func otherSpelling(row types.Type, name string) int {
	for _, pair := range misspelt {
		other := ""
		switch strings.ToLower(name) {
		case pair[0]:
			other = pair[1]
		case pair[1]:
			other = pair[0]
		default:
			continue
		}
		for i, f := range row.Fields() {
			if strings.EqualFold(f.Name, other) {
				return i
			}
		}
	}
	return -1
}
