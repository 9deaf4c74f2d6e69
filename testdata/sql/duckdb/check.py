#!/usr/bin/env python3
"""Asks DuckDB what the .test files ask ctlake, and compares the answers.

    go test ./cmd/internal/sqltest -run TestWriteArchives -archives /somewhere
    pip install duckdb
    python3 testdata/sql/duckdb/check.py /somewhere [TOPIC...]

The first line writes the archives that the tests load, one folder a store. DuckDB reads their
JSON by itself: it shares no code and no schema with ctlake. Its statements stand in TOPIC.sql
beside this file, one for a block of TOPIC.test each, and are written for DuckDB, not translated:

    -- query NAME            rows are compared in their order
    -- query NAME unordered  the test's statement says no order that DuckDB could follow: rows in any order
    -- query NAME any N      it takes any N rows, without an order: they are among those that DuckDB finds

They ask the view events: a row for each record, without those delivered twice, in the order of
days, then of archives by the time in their names, then of records. n counts them; r is the record as JSON; the
other columns are members of it under short names (see VIEW). text(JSON, PATH) and part(JSON, PATH)
are a member as text and as JSON.

Prints the differences and how many statements agree; exits with 1 if one does not.
"""

import datetime
import decimal
import math
import pathlib
import re
import sys
from collections import Counter

import duckdb

HERE = pathlib.Path(__file__).resolve().parent

VIEW = """
CREATE MACRO text(j, path) AS json_extract_string(j, path);
CREATE MACRO part(j, path) AS json_extract(j, path);
CREATE TABLE events AS
WITH files AS (
  SELECT (regexp_extract(filename, '_([0-9]+T[0-9]+)Z_', 1), filename) AS archive, "Records" AS records
  FROM read_json('{archives}/**/*.json.gz', columns = {{'Records': 'JSON[]'}}, filename = true)),
records AS (
  SELECT archive, unnest(records) AS r, unnest(range(len(records))) AS i FROM files),
timed AS (
  SELECT *, strptime(r->>'$.eventTime', '%Y-%m-%dT%H:%M:%SZ') AS t FROM records),
delivered AS (
  SELECT *, row_number() OVER (PARTITION BY r->>'$.eventID', r->>'$.recipientAccountId' ORDER BY archive, i) AS delivery FROM timed)
SELECT row_number() OVER (ORDER BY t::DATE, archive, i) AS n, r, t,
  r->>'$.eventID' AS id, r->>'$.eventName' AS name, r->>'$.eventSource' AS source, r->>'$.awsRegion' AS region,
  r->>'$.sourceIPAddress' AS ip, r->>'$.userAgent' AS agent, r->>'$.errorCode' AS error,
  r->>'$.eventCategory' AS category, r->>'$.eventType' AS type, r->>'$.recipientAccountId' AS account,
  (r->>'$.readOnly')::BOOLEAN AS readonly,
  r->'$.userIdentity' AS who, r->>'$.userIdentity.arn' AS arn, r->>'$.userIdentity.type' AS kind,
  r->>'$.userIdentity.accessKeyId' AS key,
  r->'$.requestParameters' AS request, r->'$.responseElements' AS response, r->'$.additionalEventData' AS more,
  CASE WHEN json_type(r, '$.resources') = 'ARRAY' THEN (r->'$.resources')::JSON[] END AS resources
FROM delivered WHERE delivery = 1 ORDER BY n
"""


def blocks(path):
    """Returns the store of a .test file, and its blocks' expected lines by name, without the header."""
    store, found, lines = None, {}, path.read_text().split("\n")
    i = 0
    while i < len(lines):
        words = lines[i].split(" ")
        i += 1
        if words[0] == "load":
            store = words[1]
        if words[0] not in ("query", "error", "plan"):
            continue
        while lines[i] != "----":
            i += 1
        i += 1
        start, end = i, lambda j: lines[j] == ""
        if lines[i] == "----":
            start, end = i + 1, lambda j: lines[j] == "----" and lines[j + 1] == "----"
            i += 1
        while i < len(lines) and not end(i):
            i += 1
        if words[0] == "query":
            found[words[1]] = records("\n".join(lines[start:i]))[1:]
    return store, found


def records(text):
    """Splits CSV into records at the newlines that are not quoted."""
    out, last, quoted = [], 0, False
    for i, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif c == "\n" and not quoted:
            out.append(text[last:i])
            last = i + 1
    return out + [text[last:]]


def statements(path):
    """Yields (name, how its rows are compared, statement) of a .sql file."""
    for part in re.split(r"(?m)^-- query ", path.read_text())[1:]:
        head, text = part.split("\n", 1)
        name, *how = head.split()
        if how and how != ["unordered"] and not (how[0] == "any" and len(how) == 2):
            raise ValueError(f"{path}: query {head}")
        yield name, how, text


def same(got, want, how):
    """Reports whether ctlake's rows are what DuckDB's say."""
    if not how:
        return got == want
    if how[0] == "any":
        return len(want) == min(int(how[1]), len(got)) and not Counter(want) - Counter(got)
    return sorted(got) == sorted(want)


def double(x):
    """Writes a double as Java does."""
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    if x == 0 or 1e-3 <= abs(x) < 1e7:
        text = repr(x)
        if "e" not in text:
            return text if "." in text else text + ".0"
    mantissa, exponent = repr(decimal.Decimal(repr(x)).normalize().__format__("e")).strip("'").split("e")
    return (mantissa if "." in mantissa else mantissa + ".0") + "E" + str(int(exponent))


def value(v):
    """Writes a value as ctlake does."""
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, float):
        return double(v)
    if isinstance(v, datetime.datetime):
        return v.strftime("%Y-%m-%d %H:%M:%S.") + "%03d" % (v.microsecond // 1000)
    if isinstance(v, list):
        return "[" + ", ".join(map(value, v)) + "]"
    if isinstance(v, dict):
        return "{" + ", ".join(value(k) + "=" + value(x) for k, x in v.items()) + "}"
    return str(v)


def cell(v):
    if v is None:
        return ""
    text = value(v)
    if text == "" or re.search('[,"\n\r]', text):
        return '"' + text.replace('"', '""') + '"'
    return text


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    root, topics = pathlib.Path(sys.argv[1]), sys.argv[2:]
    connections, agree, differ = {}, 0, 0
    for path in sorted(HERE.glob("*.sql")):
        if topics and path.stem not in topics:
            continue
        store, expected = blocks(HERE.parent / (path.stem + ".test"))
        if store not in connections:
            c = connections[store] = duckdb.connect()
            c.execute("SET TimeZone = 'UTC'")
            c.execute(VIEW.format(archives=root / store))
        for name, how, text in statements(path):
            try:
                got = [",".join(map(cell, row)) for row in connections[store].execute(text).fetchall()]
            except duckdb.Error as e:
                got = ["DuckDB: " + str(e)]
            want = expected.get(name, ["no such query"])
            if same(got, want, how):
                agree += 1
                continue
            differ += 1
            print(f"{path.stem}: query {name}\n  DuckDB, {len(got)} rows:", *got[:12], f"  ctlake, {len(want)} rows:", *want[:12], sep="\n    ")
            extra = [row for row in got if row not in want][:3], [row for row in want if row not in got][:3]
            print("  only DuckDB:", *extra[0], "  only ctlake:", *extra[1], sep="\n    ")
    print(f"{agree} statements agree, {differ} differ")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
