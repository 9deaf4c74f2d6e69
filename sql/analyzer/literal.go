package analyzer

import (
	"errors"
	"math"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// literal gives constants their types and values.
func (a *analyzer) literal(e ast.Expr) (plan.Expr, error) {
	at := e.Position()
	switch e := e.(type) {
	case *ast.NullLiteral:
		return plan.NewLiteral(types.TUnknown, nil, at), nil
	case *ast.BooleanLiteral:
		return plan.Bool(e.Value, at), nil
	case *ast.StringLiteral:
		return plan.NewLiteral(types.VarcharOf(len([]rune(e.Value))), e.Value, at), nil
	case *ast.BinaryLiteral:
		return plan.NewLiteral(types.TVarbinary, string(e.Value), at), nil
	case *ast.IntegerLiteral:
		if e.Value >= math.MinInt32 && e.Value <= math.MaxInt32 {
			return plan.NewLiteral(types.TInteger, e.Value, at), nil
		}
		return plan.NewLiteral(types.TBigint, e.Value, at), nil
	case *ast.DecimalLiteral:
		return decimalOf(e.Text, at)
	case *ast.DoubleLiteral:
		return plan.NewLiteral(types.TDouble, e.Value, at), nil
	case *ast.TypedLiteral:
		return a.typedLiteral(e)
	case *ast.IntervalLiteral:
		return interval(e)
	case *ast.Current:
		return a.current(e)
	}
	return nil, sql.NotSupported(at, "this literal")
}

func decimalOf(text string, at sql.Pos) (plan.Expr, error) {
	d, t, err := types.ParseDecimalLiteral(text)
	if err != nil {
		return nil, sql.Errorf(sql.INVALID_LITERAL, at, "'%s' is not a valid DECIMAL literal", text)
	}
	return decimalLiteral(t, d, at), nil
}

func (a *analyzer) typedLiteral(e *ast.TypedLiteral) (plan.Expr, error) {
	at := e.Pos
	switch e.Type.Name {
	case "decimal":
		return decimalOf(e.Value, at)
	case "char":
		n := len([]rune(e.Value))
		return plan.NewLiteral(types.CharOf(n), types.TrimChar(e.Value), at), nil
	case "time":
		return parsed(types.ParseTimeLiteral(e.Value))(at)
	case "timestamp":
		t, v, err := types.ParseTimestampLiteral(e.Value)
		return parsed(t, v, err)(at)
	}
	t, err := typeOf(e.Type, at)
	if complaint := (*sql.Error)(nil); errors.As(err, &complaint) && complaint.Code == sql.TYPE_MISMATCH {
		return nil, sql.Errorf(sql.TYPE_NOT_FOUND, at, "%s", complaint.Msg)
	}
	if err != nil {
		return nil, err
	}
	invalid := sql.Errorf(sql.INVALID_LITERAL, at, "'%s' is not a valid %s literal", e.Value, strings.ToUpper(t.String()))
	switch t.Kind() {
	case types.Varchar:
		return plan.NewLiteral(t, e.Value, at), nil
	case types.Date:
		return parsedOr(invalid, t, at)(types.ParseDate(e.Value))
	case types.UUID:
		return parsedOr128(invalid, t, at)(types.ParseUUID(e.Value))
	case types.IPAddress:
		return parsedOr128(invalid, t, at)(types.ParseIPAddress(e.Value))
	}
	// What is left is what CAST reads: BIGINT '…', BOOLEAN '…'; and JSON '…'.
	read, err := function.ResolveCast(types.TVarchar, t)
	if t.Is(types.JSON) {
		read, err = function.ResolveScalar("json_parse", []function.Arg{{Type: types.TVarchar}})
	}
	if err != nil {
		return nil, sql.Errorf(sql.INVALID_LITERAL, at, "No literal form for type %s", t)
	}
	ctx := &function.Context{Now: a.opts.Now, Zone: a.opts.Zone, User: a.opts.User}
	kernel, err := read.Overload.New(function.Binding{Ctx: ctx, Params: read.Params, Result: read.Result, Constants: make([]vector.Vector, 1)})
	if err != nil {
		return nil, sql.At(err, at)
	}
	text := plan.NewLiteral(read.Params[0], e.Value, at)
	v, err := kernel(&function.Call{Ctx: ctx, N: 1, Args: []vector.Vector{text.Value}, Result: read.Result})
	if err != nil {
		return nil, invalid
	}
	return &plan.Literal{Value: vector.Plain(v), At: at}, nil
}

func parsed(t types.Type, v any, err error) func(sql.Pos) (plan.Expr, error) {
	return func(at sql.Pos) (plan.Expr, error) {
		if err != nil {
			return nil, placed(err, at)
		}
		return plan.NewLiteral(t, v, at), nil
	}
}

func parsedOr(invalid error, t types.Type, at sql.Pos) func(int64, error) (plan.Expr, error) {
	return func(v int64, err error) (plan.Expr, error) {
		if err != nil {
			return nil, invalid
		}
		return plan.NewLiteral(t, v, at), nil
	}
}

func parsedOr128(invalid error, t types.Type, at sql.Pos) func(types.Int128, error) (plan.Expr, error) {
	return func(v types.Int128, err error) (plan.Expr, error) {
		if err != nil {
			return nil, invalid
		}
		return plan.NewLiteral(t, v, at), nil
	}
}

// placed turns an error of storage/types into one of the statement.
func placed(err error, at sql.Pos) error {
	if e, ok := err.(*types.Error); ok {
		return sql.Errorf(sql.Code(e.Code), at, "%s", e.Msg)
	}
	return sql.At(err, at)
}

var intervalFields = [...]types.IntervalField{ast.Year: types.Years, ast.Month: types.Months, ast.Day: types.Days,
	ast.Hour: types.Hours, ast.Minute: types.Minutes, ast.Second: types.Seconds}

func interval(e *ast.IntervalLiteral) (plan.Expr, error) {
	to := e.To
	if to == ast.NoField {
		to = e.From
	}
	t, v, err := types.ParseInterval(e.Value, intervalFields[e.From], intervalFields[to])
	if err != nil {
		return nil, placed(err, e.Pos)
	}
	if e.Negative {
		v = -v
	}
	return plan.NewLiteral(t, v, e.Pos), nil
}

// typeOf reads the name of a type.
func typeOf(n *ast.Type, at sql.Pos) (types.Type, error) {
	t, err := types.Parse(ast.TypeText(n))
	if err != nil {
		if e, ok := err.(*types.Error); ok && e.Code != types.CodeInvalidType {
			return types.Type{}, placed(err, at)
		}
		if strings.EqualFold(n.Name, "number") {
			return types.Type{}, sql.NotSupported(at, "The type number")
		}
		return types.Type{}, sql.Errorf(sql.TYPE_MISMATCH, at, "Unknown type: %s", ast.Message(n))
	}
	return t, nil
}

// current gives current_timestamp and its like their values: the statement's start.
func (a *analyzer) current(e *ast.Current) (plan.Expr, error) {
	at := e.Pos
	precision := e.Precision
	if precision < 0 {
		precision = 3
	}
	if precision > types.MaxTimePrecision {
		return nil, sql.Errorf(sql.INVALID_ARGUMENTS, at, "%s precision must be in range [0, %d]: %d",
			strings.ToUpper(e.Name.String()), types.MaxTimePrecision, precision)
	}
	now := a.opts.Now.In(a.opts.Zone)
	_, offset := now.Zone()
	local := now.Unix() + int64(offset)
	days := types.FloorDiv(local, 24*60*60)
	picosOfSecond := truncate(int64(now.Nanosecond())*1000, precision)
	picosOfDay := (local-days*24*60*60)*picosPerSecond + picosOfSecond
	switch e.Name {
	case ast.CurrentDate:
		return plan.NewLiteral(types.TDate, days, at), nil
	case ast.CurrentTime:
		return plan.NewLiteral(types.TimeTZOf(precision), types.PackTimeTZ(picosOfDay, offset/60), at), nil
	case ast.LocalTime:
		return plan.NewLiteral(types.TimeOf(precision), picosOfDay, at), nil
	case ast.CurrentTimestamp:
		const picosPerMilli = picosPerSecond / 1000
		packed := types.PackTimestampTZ(now.Unix()*1000+picosOfSecond/picosPerMilli, picosOfSecond%picosPerMilli, a.zone)
		return plan.NewLiteral(types.TimestampTZOf(precision), packed, at), nil
	case ast.LocalTimestamp:
		const picosPerMicro = picosPerSecond / 1_000_000
		t, micros := types.TimestampOf(precision), local*1_000_000+picosOfSecond/picosPerMicro
		if t.Physical() == types.Int64 {
			return plan.NewLiteral(t, micros, at), nil
		}
		return plan.NewLiteral(t, types.Int128{Hi: micros, Lo: uint64(picosOfSecond % picosPerMicro)}, at), nil
	case ast.CurrentUser:
		return plan.NewLiteral(types.TVarchar, a.opts.User, at), nil
	case ast.CurrentCatalog:
		return plan.NewLiteral(types.TVarchar, CatalogName, at), nil
	case ast.CurrentSchema:
		return plan.NewLiteral(types.TVarchar, SchemaName, at), nil
	case ast.CurrentPath: // where functions are looked up: nowhere but among those that there are
		return plan.NewLiteral(types.TVarchar, "", at), nil
	}
	return nil, sql.NotSupported(at, strings.ToUpper(e.Name.String()))
}

const picosPerSecond = 1_000_000_000_000

// truncate cuts picoseconds of a second to a number of digits.
func truncate(picos int64, digits int) int64 {
	unit := int64(1)
	for range types.MaxTimePrecision - digits {
		unit *= 10
	}
	return picos - picos%unit
}
