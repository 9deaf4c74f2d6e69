"""Reads ORC files of ours with other readers of ORC and compares every value.

    orc_readers.py DIR CTLAKE ORC_TOOLS_JAR

DIR holds what cmd/internal/orcfiles wrote: files with all types, codecs, strides, NULLs, long
strings, wide decimals, early and late times, deep nesting, and their rows as JSON. The readers are
Apache ORC in C++ (pyarrow, pyorc) and in Java (orc-tools), ClickHouse (chdb), and `ctlake orc data`.

Then predicates.orc: each reader is asked for the rows that fulfil a condition, with the condition
pushed down to statistics and bloom filters. Readers that filter themselves (ClickHouse, pyarrow)
must answer exactly the rows due; Apache ORC skips row groups only, so what it reads must hold them.

What a reader cannot represent is compared as far as it goes:
  pyorc       times in microseconds: the nanoseconds beyond are not compared
  ClickHouse  no NULL lists and maps: they read as empty ones; dates from 1900 to 2299 only (days.orc is
              not asked of it); char(n) is padded with zero bytes; times are nanoseconds in 64 bits
  pyarrow     times are nanoseconds in 64 bits: 1677-09-21 to 2262-04-11, which is what the files hold;
              conditions are its own filters after reading, it pushes none down to ORC
char(n) is compared without the padding at its end, in which readers differ.
"""

import datetime
import decimal
import json
import os
import struct
import subprocess
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()

import chdb  # noqa: E402
import pyarrow  # noqa: E402
import pyarrow.compute  # noqa: E402
import pyarrow.dataset  # noqa: E402
import pyarrow.orc  # noqa: E402
import pyorc  # noqa: E402
import pyorc.predicates  # noqa: E402

decimal.getcontext().prec = 80
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.date(1970, 1, 1).toordinal()


def real(v):
    """Floating point numbers are equal bit by bit, but for NaN."""
    v = float(v)
    return "NaN" if v != v else struct.pack(">f", v).hex()


def double(v):
    v = float(v)
    return "NaN" if v != v else struct.pack(">d", v).hex()


def number(v, scale):
    return "{:f}".format(decimal.Decimal(str(v)).quantize(decimal.Decimal(1).scaleb(-scale)))


def due(t, v):
    """A value of the JSON that orcfiles and OrcRows.java write, in the form of comparisons."""
    if v is None:
        return None
    kind = t["kind"]
    if kind in ("tinyint", "smallint", "integer", "bigint", "date", "timestamp", "instant"):
        return int(v)
    if kind == "real":
        return real(v)
    if kind == "double":
        return double(v)
    if kind == "decimal":
        return number(v, t["scale"])
    if kind == "char":
        return v.rstrip(" ")
    if kind == "array":
        return [due(t["element"], x) for x in v]
    if kind == "map":
        return {due(t["key"], k): due(t["value"], x) for k, x in v}
    if kind == "row":
        return tuple(due(f[1], x) for f, x in zip(t["fields"], v))
    return v


def given(t, v):
    """A value as Python's libraries give it."""
    if v is None:
        return None
    kind = t["kind"]
    if kind in ("timestamp", "instant"):
        if isinstance(v, datetime.datetime):
            if v.tzinfo is None:
                v = v.replace(tzinfo=datetime.timezone.utc)
            d = v - EPOCH
            return (d.days * 86_400_000_000 + d.seconds * 1_000_000 + d.microseconds) * 1000
        return int(v)
    if kind == "date":
        return v.toordinal() - DAY if isinstance(v, datetime.date) else int(v)
    if kind == "binary":
        return v.hex() if isinstance(v, bytes) else v.lower()
    if kind == "char":
        return v.rstrip(" \0")
    if kind == "array":
        return [given(t["element"], x) for x in v]
    if kind == "map":
        return {given(t["key"], k): given(t["value"], x) for k, x in (v.items() if isinstance(v, dict) else v)}
    if kind == "row":
        values = [v[name] for name, _ in t["fields"]] if isinstance(v, dict) else v
        return tuple(given(f[1], x) for f, x in zip(t["fields"], values))
    return due(t, v)


def in_micros(t, v):
    if v is not None and t["kind"] in ("timestamp", "instant"):
        return v // 1000 * 1000
    return v


def without_null_lists(t, v):
    kind = t["kind"]
    if kind == "array":
        return [without_null_lists(t["element"], x) for x in v or []]
    if kind == "map":
        return {k: without_null_lists(t["value"], x) for k, x in (v or {}).items()}
    if kind == "row" and v is not None:
        return tuple(without_null_lists(f[1], x) for f, x in zip(t["fields"], v))
    return v


class Reader:
    def __init__(self, name, mend=lambda t, v: v):
        self.name, self.mend, self.files, self.values, self.wrong, self.took = name, mend, 0, 0, 0, 0.0

    def complain(self, text):
        self.wrong += 1
        if self.wrong <= 10:
            print("%s: %s" % (self.name, text[:500]), file=sys.stderr)

    def compare(self, name, columns, want, got):
        self.files += 1
        if len(want) != len(got):
            return self.complain("%s: %d rows, want %d" % (name, len(got), len(want)))
        for c, (column, t) in enumerate(columns):
            for row, (w, g) in enumerate(zip(want, got)):
                w = self.mend(t, w[c])
                self.values += 1
                if w != g[c]:
                    self.complain("%s, row %d of %s: got %r, want %r" % (name, row, column, g[c], w))


def numbers_for_times(t):
    """The type to cast a pyarrow type to, so that no time is lost."""
    if pyarrow.types.is_timestamp(t):
        return pyarrow.int64()
    return t


def read_pyarrow(path, columns):
    table = pyarrow.orc.ORCFile(path).read()
    lists = []
    for i, (_, t) in enumerate(columns):
        column = table.column(i)
        if pyarrow.types.is_timestamp(column.type):
            if column.type.unit != "ns":
                raise ValueError(column.type)
            column = column.cast(pyarrow.int64())
        lists.append([given(t, v) for v in column.to_pylist()])
    return list(zip(*lists)) if lists[0] else []


def read_pyorc(path, columns):
    with open(path, "rb") as file:
        rows = pyorc.Reader(file, struct_repr=pyorc.StructRepr.TUPLE)
        return [tuple(given(t, v) for (_, t), v in zip(columns, row)) for row in rows]


# One thread: with several, ClickHouse returns the blocks of a file in the order in which they happen to be ready.
SETTINGS = (" SETTINGS session_timezone = 'UTC', output_format_json_escape_forward_slashes = 0, output_format_json_quote_denormals = 1,"
            " output_format_json_quote_decimals = 1, output_format_json_quote_64bit_integers = 0,"
            " output_format_json_named_tuples_as_objects = 1, max_threads = 1")
EXPRESSIONS = {"timestamp": "toUnixTimestamp64Nano(`%s`)", "instant": "toUnixTimestamp64Nano(`%s`)", "date": "toInt32(`%s`)",
               "binary": "hex(`%s`)"}


def read_clickhouse(path, columns):
    selected = ", ".join(EXPRESSIONS.get(t["kind"], "`%s`") % name + " AS c%d" % i for i, (name, t) in enumerate(columns))
    answer = chdb.query("SELECT %s FROM file('%s', ORC)%s, max_block_size = 1000" % (selected, path, SETTINGS), "JSONCompactEachRow")
    rows = []
    for line in answer.bytes().decode().split("\n"):
        if line:
            rows.append(tuple(given(t, v) for (_, t), v in zip(columns, json.loads(line, parse_int=integer))))
    return rows


def integer(text):
    return -0.0 if text == "-0" else int(text)


def ctlake_value(t, v):
    """A value as `ctlake orc data` prints it."""
    if v is None:
        return None
    kind = t["kind"]
    if kind in ("timestamp", "instant"):
        v = v.removesuffix(" UTC")
        day, clock = v.split(" ")
        clock, _, fraction = clock.partition(".")
        h, m, s = clock.split(":")
        days = datetime.date.fromisoformat(day).toordinal() - DAY
        return ((days * 24 + int(h)) * 60 + int(m)) * 60_000_000_000 + int(s) * 1_000_000_000 + int((fraction + "0" * 9)[:9])
    if kind == "date":
        return datetime.date.fromisoformat(v).toordinal() - DAY
    if kind == "binary":
        import base64
        return base64.b64decode(v).hex()
    if kind == "array":
        return [ctlake_value(t["element"], x) for x in v]
    if kind == "map":
        return {ctlake_value(t["key"], k): ctlake_value(t["value"], x) for k, x in v.items()}
    if kind == "row":
        return tuple(ctlake_value(f[1], v[f[0]]) for f in t["fields"])
    return due(t, v)


def check_rows(folder, names, ctlake, readers):
    for name in names:
        with open(os.path.join(folder, name + ".json")) as file:
            content = json.load(file)
        columns = content["columns"]
        want = [tuple(due(t, v) for (_, t), v in zip(columns, row)) for row in content["rows"]]
        path = os.path.join(folder, name + ".orc")

        def java(path, columns):
            with open(os.path.join(folder, name + ".java")) as file:
                return [tuple(due(t, v) for (_, t), v in zip(columns, json.loads(line))) for line in file]

        def own(path, columns):
            text = subprocess.run([ctlake, "orc", "data", path], stdout=subprocess.PIPE, check=True).stdout.decode()
            rows = (json.loads(line) for line in text.split("\n") if line)
            return [tuple(ctlake_value(t, row[c]) for c, t in columns) for row in rows]

        for reader, read in zip(readers, (read_pyarrow, read_pyorc, read_clickhouse, java, own)):
            if reader.name == "ClickHouse" and name == "days":
                continue  # years that its dates lack
            began = time.monotonic()
            try:
                reader.compare(name, columns, want, read(path, columns))
            except Exception as e:  # a reader that refuses a file is a finding, too
                reader.complain("%s: %s" % (name, e))
            reader.took += time.monotonic() - began
    for r in readers:
        print("  %-12s %d files, %d values, %d differences, %.1f s" % (r.name, r.files, r.values, r.wrong, r.took), flush=True)


def python_value(kind, text):
    if kind == "bigint":
        return int(text)
    if kind == "double":
        return float(text)
    if kind == "decimal":
        return decimal.Decimal(text)
    if kind == "boolean":
        return text == "true"
    if kind == "date":
        return datetime.date.fromordinal(int(text) + DAY)
    if kind == "timestamp":
        return EPOCH.replace(tzinfo=None) + datetime.timedelta(microseconds=int(text) // 1000)
    return text


def sql_value(kind, text):
    v = python_value(kind, text)
    if kind == "date":
        return "toDate32('%s')" % v.isoformat()
    if kind == "timestamp":
        return "fromUnixTimestamp64Nano(toInt64(%s), 'UTC')" % text
    if kind == "decimal":
        return "toDecimal64('%s', 2)" % text
    if kind == "string":
        return "'%s'" % text
    return text


def sql_condition(p):
    values = [sql_value(p["type"], v) for v in p["values"]]
    column, op = p["column"], p["op"]
    if op == "is null":
        return column + " IS NULL"
    if op == "between":
        return "%s BETWEEN %s AND %s" % (column, *values)
    if op == "in":
        return "%s IN (%s)" % (column, ", ".join(values))
    return "%s %s %s" % (column, op, values[0])


def ids_clickhouse(folder, p, push_down):
    answer = chdb.query("SELECT id FROM file('%s', ORC) WHERE %s ORDER BY id%s, input_format_orc_filter_push_down = %d" % (
        os.path.join(folder, "predicates.orc"), sql_condition(p), SETTINGS, push_down), "TSV")
    return [int(x) for x in answer.bytes().decode().split()]


def ids_pyarrow(dataset, p):
    column = pyarrow.dataset.field(p["column"])
    values = [python_value(p["type"], v) for v in p["values"]]
    if p["type"] == "timestamp":
        values = [pyarrow.scalar(int(v), pyarrow.timestamp("ns")) for v in p["values"]]
        if str(dataset.schema.field(p["column"]).type) != "timestamp[ns]":
            values = [v.cast(dataset.schema.field(p["column"]).type) for v in values]
    if p["type"] == "decimal":
        values = [pyarrow.scalar(v, pyarrow.decimal128(12, 2)) for v in values]
    condition = {
        "=": lambda: column == values[0], "<": lambda: column < values[0], "<=": lambda: column <= values[0],
        "between": lambda: (column >= values[0]) & (column <= values[1]), "in": lambda: column.isin(values),
        "is null": lambda: column.is_null(),
    }[p["op"]]()
    return sorted(dataset.to_table(columns=["id"], filter=condition).column("id").to_pylist())


KINDS = {"bigint": pyorc.TypeKind.LONG, "double": pyorc.TypeKind.DOUBLE, "string": pyorc.TypeKind.STRING, "date": pyorc.TypeKind.DATE,
         "decimal": pyorc.TypeKind.DECIMAL, "timestamp": pyorc.TypeKind.TIMESTAMP, "boolean": pyorc.TypeKind.BOOLEAN}


def ids_pyorc(folder, p):
    """The rows of the row groups that Apache ORC's C++ reader does not skip."""
    extra = {"precision": 12, "scale": 2} if p["type"] == "decimal" else {}
    column = pyorc.predicates.PredicateColumn(KINDS[p["type"]], name=p["column"], **extra)
    values = [python_value(p["type"], v) for v in p["values"]]
    if p["type"] == "timestamp":
        values = [v.replace(tzinfo=datetime.timezone.utc) for v in values]
    op = p["op"]
    if op == "between":
        condition = (column >= values[0]) & (column <= values[1])
    elif op == "in":
        condition = column == values[0]
        for v in values[1:]:
            condition = condition | (column == v)
    elif op == "is null":
        condition = column == None  # noqa: E711
    else:
        condition = {"=": column == values[0], "<": column < values[0], "<=": column <= values[0]}[op]
    with open(os.path.join(folder, "predicates.orc"), "rb") as file:
        return [row[0] for row in pyorc.Reader(file, predicate=condition, column_names=["id"])]


def check_predicates(folder, predicates):
    total, wrong, rows = 0, 0, 20_000
    dataset = pyarrow.dataset.dataset(os.path.join(folder, "predicates.orc"), format="orc")
    with open(os.path.join(folder, "predicates.java")) as file:
        java = [[int(x) for x in line.split(",") if x.strip()] for line in file]
    read = {"pyorc": 0, "orc-tools": 0}
    skipped_by = {"pyorc": 0, "orc-tools": 0}

    def exact(name, p, got):
        nonlocal wrong
        if got != p["rows"]:
            wrong += 1
            print("%s, %s: %d rows, want %d" % (name, sql_condition(p)[:100], len(got), len(p["rows"])), file=sys.stderr)

    def holds(name, p, got):
        nonlocal wrong
        read[name] += len(got)
        skipped_by[name] += len(got) < rows
        if not set(p["rows"]) <= set(got):
            wrong += 1
            print("%s, %s: rows are missing" % (name, sql_condition(p)[:100]), file=sys.stderr)

    for p, from_java in zip(predicates, java):
        total += 1
        exact("ClickHouse", p, ids_clickhouse(folder, p, 1))
        exact("ClickHouse without pushing down", p, ids_clickhouse(folder, p, 0))
        exact("pyarrow", p, ids_pyarrow(dataset, p))
        holds("pyorc", p, ids_pyorc(folder, p))
        holds("orc-tools", p, from_java)
    print("  %d predicates: %d wrong answers" % (total, wrong))
    for name in read:
        print("  %-12s skips row groups for %d of %d, and reads %.1f %% of the rows" % (
            name, skipped_by[name], total, 100 * read[name] / (total * rows)), flush=True)
        if skipped_by[name] < total // 2:
            print("%s hardly skips anything" % name, file=sys.stderr)
            wrong += 1
    return wrong


def main():
    folder, ctlake, jar = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3]
    names = sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".json") and f != "predicates.json")
    with open(os.path.join(folder, "predicates.json")) as file:
        predicates = json.load(file)
    with open(os.path.join(folder, "predicates.tsv"), "w") as file:
        for p in predicates:
            file.write("\t".join([p["column"], p["type"], p["op"], *p["values"]]) + "\n")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "OrcRows.java")
    began = time.monotonic()
    subprocess.run(["java", "-Duser.timezone=UTC", "-Xmx1g", "-cp", jar, source, folder, *names], check=True,
                   stderr=open(os.path.join(folder, "java.log"), "w"))
    print("  orc-tools read all in %.1f s" % (time.monotonic() - began), flush=True)
    readers = [Reader("pyarrow"), Reader("pyorc", in_micros), Reader("ClickHouse", without_null_lists), Reader("orc-tools"), Reader("ctlake")]
    check_rows(folder, names, ctlake, readers)
    sys.exit(1 if check_predicates(folder, predicates) or any(r.wrong for r in readers) else 0)


main()
