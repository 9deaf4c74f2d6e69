#!/usr/bin/env python3
"""Asks ctlake and DuckDB random queries, and compares the answers.

    pip install duckdb
    python3 testdata/sql/duckdb/random_queries.py CTLAKE [--queries 50000] [--seed 1] [--show 10]

Queries are drawn from the part of the language that both engines share. Each is written twice
while it is drawn, once in each dialect, over three small tables with many NULLs and few
distinct values, so that joins meet and groups have members. Where the engines differ by
design, the query avoids it or the second text says it differently:

    division and remainder      never by zero: DuckDB answers NULL, Trino fails
    /                           whole numbers: DuckDB's is //
    greatest, least             DuckDB leaves NULLs out, Trino's are NULL: guarded by a CASE
    sum(integer)                DuckDB's is a hugeint; compared as numbers
    overflow                    numbers stay small
    order of NULLs              always written
    frames of ROWS, row_number  over all columns, so that rows that tie are the same
    IGNORE NULLS                behind the function, not inside of it
    UNNEST                      a subquery of the same row
    (a, b) = (c, d)             DuckDB takes NULLs in there for equal values: a = c AND b = d
    array_join                  DuckDB's is NULL where all elements are
    ORDER BY in an aggregate    never by a constant, which DuckDB refuses
    listagg                     string_agg
    substr                      offsets are at least 1: DuckDB takes others in another way
    split_part                  DuckDB's is '' behind the last part, Trino's NULL: as an element of a list
    starts_with, regexp_like    DuckDB takes what may be NULL for always true in starts_with(x, 'a') and contains(x, 'a'), to which
                                it turns patterns too: left(x, 1) = 'a', [a]
    date_trunc <> a constant    DuckDB takes it for TRUE where it is NULL: something is added
    count_if                    DuckDB's is NULL for no row: count(*) FILTER
    order of rows               compared as bags, unless a total order is asked for

Prints the queries that differ, both texts and both answers; exits with 1 if one does.
"""

import argparse
import collections
import datetime
import decimal
import json
import math
import random
import subprocess
import sys

import duckdb

TABLES = {
    "t": [("a", "i"), ("b", "i"), ("s", "s"), ("f", "b"), ("d", "d"), ("x", "n")],
    "u": [("a", "i"), ("c", "i"), ("s", "s"), ("e", "d")],
    "v": [("k", "i"), ("w", "s"), ("g", "b"), ("h", "t")],
}
TYPES = {"i": "INTEGER", "s": "VARCHAR", "b": "BOOLEAN", "d": "DATE", "n": "DOUBLE", "t": "TIMESTAMP"}
WORDS = ["", "a", "b", "ab", "Ab", "abc", "ba", "zz", "é", "a_b", "%"]

# What DuckDB says where its binder fails, which is no opinion of the query: of some BETWEEN of calls over columns of subqueries, and
# of functions of text over a column of a WITH query that is NULL throughout, whose type it forgets.
OWN_FAILURES = ("BindBuiltinScalarFunction did not return", "(INTEGER, INTEGER_LITERAL, STRING_LITERAL)", "(INTEGER, STRING_LITERAL", "'reverse(INTEGER)'")


class Text:
    """An expression or a query in both dialects."""

    def __init__(self, trino, duck=None):
        self.trino, self.duck = trino, duck if duck is not None else trino

    def __format__(self, spec):
        raise TypeError("use fill()")


def fill(template, *parts):
    """The template with {} replaced by parts, in both dialects."""
    return Text(template.format(*(p.trino if isinstance(p, Text) else p for p in parts)),
                template.format(*(p.duck if isinstance(p, Text) else p for p in parts)))


def join(separator, parts):
    return Text(separator.join(p.trino for p in parts), separator.join(p.duck for p in parts))


class Generator:
    def __init__(self, r):
        self.r = r

    def literal(self, kind):
        r = self.r
        if r.random() < 0.06:
            return Text(f"CAST(NULL AS {TYPES[kind]})")
        if kind == "i":
            return Text(str(r.randint(-9, 20)))
        if kind == "n":
            return Text(f"CAST({r.randint(-40, 40) / 4} AS DOUBLE)")
        if kind == "s":
            return Text("'" + r.choice(WORDS) + "'")
        if kind == "b":
            return Text(r.choice(["TRUE", "FALSE"]))
        day = f"2024-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"
        if kind == "d":
            return Text(f"DATE '{day}'")
        return Text(f"TIMESTAMP '{day} {r.randint(0, 23):02d}:{r.choice([0, 7, 30, 59]):02d}:{r.choice([0, 1, 59]):02d}'")

    def expr(self, kind, scope, depth):
        """An expression of a kind over the columns of scope: pairs of a name and a kind."""
        r = self.r
        columns = [c for c, k in scope if k == kind]
        if depth <= 0 or r.random() < 0.25:
            if columns and r.random() < 0.8:
                return Text(r.choice(columns))
            return self.literal(kind)
        e = lambda k: self.expr(k, scope, depth - 1)
        shared = [
            lambda: fill("CASE WHEN {} THEN {} ELSE {} END", e("b"), e(kind), e(kind)),
            lambda: fill("CASE WHEN {} THEN {} END", e("b"), e(kind)),
            lambda: fill("COALESCE({}, {})", e(kind), e(kind)),
            lambda: fill("NULLIF({}, {})", e(kind), e(kind)),
        ]
        if kind == "i":
            mine = [
                lambda: fill("({} {} {})", e("i"), r.choice("+-"), e("i")),
                lambda: fill("({} * {})", Text(str(r.randint(-3, 3))), e("i")),
                lambda: self.divided(e("i"), r.choice([-3, 2, 3, 7])),
                lambda: fill("({} % {})", e("i"), str(r.choice([2, 3, -5, 7]))),
                lambda: fill("abs({})", e("i")),
                lambda: fill("CAST(length({}) AS INTEGER)", e("s")),
                lambda: fill("CAST(strpos({}, {}) AS INTEGER)", e("s"), self.word()),
                lambda: fill("CAST({}({}) AS INTEGER)", r.choice(["year", "month", "day", "quarter"]), e("d")),
                lambda: self.extreme(e("i"), e("i")),
                lambda: fill("sign({})", e("i")),
                lambda: fill("TRY_CAST({} AS INTEGER)", fill("CAST({} AS VARCHAR)", e("i"))),
                lambda: fill("CAST(date_diff('day', {}, {}) AS INTEGER)", e("d"), e("d")),
                lambda: fill("(- {})", e("i")),
                lambda: fill("CAST({}({}) AS INTEGER)", r.choice(["hour", "minute", "second", "day", "month"]), e("t")),
                lambda: self.choose(e),
                lambda: self.apart(e("t"), e("t")),
            ]
        elif kind == "n":
            mine = [
                lambda: fill("({} {} {})", e("n"), r.choice("+-*"), e("n")),
                lambda: fill("({} / {})", e("n"), Text(str(r.choice([2, 4, -8])) + "e0")),
                lambda: fill("CAST({} AS DOUBLE)", e("i")),
                lambda: fill("abs({})", e("n")),
                lambda: fill("{}({})", r.choice(["floor", "ceil"]), e("n")),
            ]
        elif kind == "s":
            mine = [
                lambda: fill("({} || {})", e("s"), e("s")),
                lambda: fill("{}({})", r.choice(["upper", "lower", "reverse", "trim", "ltrim", "rtrim"]), e("s")),
                lambda: fill("substr({}, {}, {})", e("s"), str(r.randint(1, 4)), str(r.randint(1, 4))),
                lambda: fill("replace({}, {}, {})", e("s"), Text("'" + r.choice(["a", "b", "ab", "z"]) + "'"), self.word()),
                lambda: fill("CAST({} AS VARCHAR)", e("i")),
                lambda: fill("CAST({} AS VARCHAR)", e("d")),
                lambda: fill("lpad({}, {}, 'xy')", e("s"), str(r.randint(0, 6))),
                lambda: self.part(e("s"), r.randint(1, 3)),
                lambda: self.extreme(e("s"), e("s")),
                lambda: fill("translate({}, 'ab', 'yz')", e("s")),
            ]
        elif kind == "d":
            mine = [
                lambda: self.later(e("d"), r.randint(-40, 40)),
                lambda: self.truncated(e("d")),
                lambda: fill("CAST({} AS DATE)", e("t")),
            ]
        elif kind == "t":
            mine = [
                lambda: fill("CAST({} AS TIMESTAMP)", e("d")),
                lambda: self.cut(e("t")),
                lambda: fill("({} {} INTERVAL '{}' {})", e("t"), r.choice("+-"), str(r.randint(0, 50)), r.choice(["HOUR", "MINUTE", "DAY", "MONTH"])),
            ]
        else:
            def compared():
                k = r.choice("iisssdbnt")
                return fill("({} {} {})", e(k), r.choice(["=", "<>", "<", "<=", ">", ">="]), e(k))
            mine = [
                compared, compared, compared,
                lambda: fill("({} {} {})", e("b"), r.choice(["AND", "OR"]), e("b")),
                lambda: fill("({} {} {})", e("b"), r.choice(["AND", "OR"]), e("b")),
                lambda: fill("(NOT {})", e("b")),
                lambda: fill("({} IS {}NULL)", e(r.choice("isbd")), r.choice(["", "NOT "])),
                lambda: fill("({} {}BETWEEN {} AND {})", e("i"), r.choice(["", "NOT "]), e("i"), e("i")),
                lambda: fill("({} {}BETWEEN {} AND {})", e("s"), r.choice(["", "NOT "]), e("s"), e("s")),
                lambda: self.listed(r.choice("isdt"), scope, depth - 1),
                lambda: self.pairs(e),
                lambda: fill("({} {}LIKE {})", e("s"), r.choice(["", "NOT "]),
                             Text("'" + r.choice(["a%", "%b", "%b%", "_", "a_", "%", "", "a%b", "_%_"]) + "'")),
                lambda: fill("({} IS {}DISTINCT FROM {})", *(lambda k: (e(k), r.choice(["", "NOT "]), e(k)))(r.choice("isdb"))),
                lambda: self.starts(e("s"), self.word()),
                lambda: self.matches(e("s")),
            ]
            shared = shared[:3]
        return r.choice(mine + shared)()

    def word(self):
        return Text("'" + self.r.choice(WORDS[1:7]) + "'")

    def divided(self, a, by):
        return Text(f"({a.trino} / {by})", f"({a.duck} // {by})")

    def extreme(self, a, b):
        name = self.r.choice(["greatest", "least"])
        return Text(f"{name}({a.trino}, {b.trino})",
                    f"CASE WHEN ({a.duck}) IS NOT NULL AND ({b.duck}) IS NOT NULL THEN {name}({a.duck}, {b.duck}) END")

    def starts(self, a, b):
        return Text(f"starts_with({a.trino}, {b.trino})", f"(left({a.duck}, length({b.duck})) = {b.duck})")

    def part(self, a, n):
        return Text(f"split_part({a.trino}, 'b', {n})", f"CAST(list_extract(string_split({a.duck}, 'b'), {n}) AS VARCHAR)")

    def cut(self, a):
        unit = self.r.choice(["hour", "minute", "day", "month"])
        return Text(f"date_trunc('{unit}', {a.trino})", f"(date_trunc('{unit}', {a.duck}) + INTERVAL 0 SECOND)")

    def later(self, a, days):
        return Text(f"date_add('day', {days}, {a.trino})", f"({a.duck} + ({days}))")

    def truncated(self, a):
        unit = self.r.choice(["month", "year", "week", "quarter"])
        return Text(f"date_trunc('{unit}', {a.trino})", f"CAST(date_trunc('{unit}', {a.duck}) AS DATE)")

    def matches(self, a):
        pattern = self.r.choice(["a", "^a", "b$", "a.", "[ab]+$", "^$", "(ab)+", "z*"])
        same = {"a": "[a]", "^a": "^[a]", "b$": "[b]$"}.get(pattern, pattern)
        return Text(f"regexp_like({a.trino}, '{pattern}')", f"regexp_matches({a.duck}, '{same}')")

    def listed(self, kind, scope, depth):
        r = self.r
        items = [self.expr(kind, scope, min(depth, 0)) for _ in range(r.randint(1, 4))]
        return fill("({} {}IN ({}))", self.expr(kind, scope, depth), r.choice(["", "NOT "]), join(", ", items))

    def choose(self, e):
        """A simple CASE."""
        k = self.r.choice("is")
        return fill("CASE {} WHEN {} THEN {} WHEN {} THEN {} ELSE {} END", e(k), e(k), e("i"), e(k), e("i"), e("i"))

    def apart(self, a, b):
        unit = self.r.choice(["hour", "minute", "second"])
        seconds = {"hour": 3600, "minute": 60, "second": 1}[unit]
        return Text(f"CAST(date_diff('{unit}', {a.trino}, {b.trino}) AS INTEGER)",
                    f"CAST(trunc(CAST(epoch({b.duck}) - epoch({a.duck}) AS BIGINT) / {seconds}) AS INTEGER)")

    def pairs(self, e):
        """Rows compared."""
        a, b, c, d = e("i"), e("s"), e("i"), e("s")
        if self.r.random() < 0.5:
            return Text(f"(({a.trino}, {b.trino}) = ({c.trino}, {d.trino}))", f"({a.duck} = {c.duck} AND {b.duck} = {d.duck})")
        return Text(f"(({a.trino}, {b.trino}) <> ({c.trino}, {d.trino}))", f"({a.duck} <> {c.duck} OR {b.duck} <> {d.duck})")

    def column(self, kind, scope):
        """An expression that is no constant, if scope allows."""
        columns = [c for c, k in scope if k == kind]
        if not columns:
            return fill("CASE WHEN {} IS NULL THEN {} ELSE {} END", scope[0][0], self.literal(kind), self.literal(kind))
        return Text(self.r.choice(columns))

    # Relations: each is a text for FROM and its scope.

    def table(self, alias):
        name = self.r.choice(list(TABLES))
        return Text(f"{name} AS {alias}"), [(f"{alias}.{c}", k) for c, k in TABLES[name]]

    def relation(self, depth):
        r = self.r
        kind = r.random()
        if depth <= 0 or kind < 0.4:
            return self.table("p")
        if kind < 0.46:
            return self.lateral()
        if kind < 0.52:
            return self.unnested()
        if kind < 0.56:
            return self.common(depth)
        if kind < 0.60:
            return self.using()
        if kind < 0.80:
            left, ls = self.table("p")
            right, rs = self.table("q")
            how = r.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "JOIN", "LEFT JOIN", "CROSS JOIN"])
            if how == "CROSS JOIN":
                return fill("{} CROSS JOIN {}", left, right), ls + rs
            k = r.choice("iis")
            on = fill("{} = {}", r.choice([c for c, t in ls if t == k] or ["1"]) if k == "i" else r.choice([c for c, t in ls if t == "s"]),
                      r.choice([c for c, t in rs if t == k]))
            if how in ("JOIN", "LEFT JOIN") and r.random() < 0.4:
                on = fill("{} AND {}", on, self.expr("b", ls + rs, 1))
            return fill("{} " + how + " {} ON {}", left, right, on), ls + rs
        inner, columns = self.select(depth - 1, outer=None)
        return fill("({}) AS p", inner), [(f"p.{c}", k) for c, k in columns]

    def lateral(self):
        """A join with what is drawn for each row of its left side."""
        r = self.r
        left, ls = self.table("p")
        name = r.choice(list(TABLES))
        inner = [(f"z.{c}", k) for c, k in TABLES[name]]
        where = fill("{} {} {}", r.choice([c for c, k in inner if k == "i"]), r.choice(["=", "<", ">="]), r.choice([c for c, k in ls if k == "i"]))
        if r.random() < 0.5:
            items = [self.aggregate(inner) for _ in range(r.randint(1, 2))]
        else:
            items = [(self.expr(k, inner + ls, 1), k) for k in (r.choice("isdb") for _ in range(r.randint(1, 3)))]
        body = fill("SELECT {} FROM {} AS z WHERE {}", join(", ", [fill("{} AS c{}", e, str(i)) for i, (e, _) in enumerate(items)]), name, where)
        how = r.choice(["{} CROSS JOIN LATERAL ({}) AS q", "{} LEFT JOIN LATERAL ({}) AS q ON TRUE"])
        return fill(how, left, body), ls + [(f"q.c{i}", k) for i, (_, k) in enumerate(items)]

    def unnested(self):
        r = self.r
        left, ls = self.table("p")
        k = r.choice("is")
        items = [self.expr(k, ls, 1) for _ in range(r.randint(1, 3))]
        array = Text("ARRAY[" + ", ".join(i.trino for i in items) + "]", "[" + ", ".join(i.duck for i in items) + "]")
        if r.random() < 0.3:
            array = fill("CASE WHEN {} THEN {} END", self.expr("b", ls, 1), array)
        outer = r.random() < 0.4
        trino = f"{left.trino} LEFT JOIN UNNEST({array.trino}) AS q(n) ON TRUE" if outer else f"{left.trino} CROSS JOIN UNNEST({array.trino}) AS q(n)"
        duck = f"{left.duck} {'LEFT' if outer else 'CROSS'} JOIN LATERAL (SELECT unnest({array.duck}) AS n) AS q{' ON TRUE' if outer else ''}"
        return Text(trino, duck), ls + [("q.n", k)]

    def common(self, depth):
        """A query that is named and read twice."""
        inner, columns = self.select(depth - 1, outer=None)
        names = [c for c, _ in columns]
        body = fill("(WITH w AS ({}) SELECT {}, {} FROM w AS w1 {} JOIN w AS w2 ON {}) AS p", inner,
                    ", ".join(f"w1.{c} AS {c}" for c in names), ", ".join(f"w2.{c} AS o{c}" for c in names),
                    self.r.choice(["", "LEFT", "FULL"]), f"w1.{names[0]} = w2.{names[0]}")
        return body, [(f"p.{c}", k) for c, k in columns] + [(f"p.o{c}", k) for c, k in columns]

    def using(self):
        how = self.r.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        by = self.r.choice([["a"], ["s"], ["a", "s"]])
        rest = [(f"p.{c}", k) for c, k in TABLES["t"] if c not in by] + [(f"q.{c}", k) for c, k in TABLES["u"] if c not in by]
        text = Text(f"t AS p {how} u AS q USING ({', '.join(by)})")
        if len(by) == 2 and self.r.random() < 0.5:
            text = Text(f"t AS p NATURAL {how} u AS q")
        return text, [(c, dict(TABLES["t"])[c]) for c in by] + rest

    def subquery(self, scope, depth):
        """A condition with a subquery, often correlated."""
        r = self.r
        name = r.choice(list(TABLES))
        inner = [(f"z.{c}", k) for c, k in TABLES[name]]
        ints = [c for c, k in scope if k == "i"]
        where = Text("TRUE")
        if ints and r.random() < 0.7:
            where = fill("{} = {}", r.choice([c for c, k in inner if k == "i"]), r.choice(ints))
        if r.random() < 0.4:
            where = fill("{} AND {}", where, self.expr("b", inner, 1))
        form = r.random()
        if form < 0.1:
            k = r.choice([k for _, k in inner if k in "is"])
            return fill("({} {} {} (SELECT {} FROM {} AS z WHERE {}))", self.expr(k, scope, 1), r.choice(["=", "<>", "<", ">="]),
                        r.choice(["ANY", "ALL", "SOME"]), r.choice([c for c, t in inner if t == k]), name, where)
        if form < 0.35:
            return fill("({}EXISTS (SELECT 1 FROM {} AS z WHERE {}))", r.choice(["", "NOT "]), name, where)
        k = r.choice([k for _, k in inner if k in "is"])
        column = r.choice([c for c, t in inner if t == k])
        if form < 0.7:
            if r.random() < 0.5:
                where = self.expr("b", inner, 1)
            return fill("({} {}IN (SELECT {} FROM {} AS z WHERE {}))", self.expr(k, scope, 1), r.choice(["", "NOT "]), column, name, where)
        agg = r.choice(["count(*)", "max(z.%s)", "min(z.%s)", "sum(z.%s)"])
        integers = [c[2:] for c, t in inner if t == "i"]
        agg = agg % r.choice(integers) if "%" in agg else agg
        return fill("({} {} (SELECT {} FROM {} AS z WHERE {}))", self.expr("i", scope, 1), r.choice(["=", "<", ">", "<>"]), agg, name, where)

    def aggregate(self, scope):
        """An aggregate and its kind."""
        r = self.r
        choice = r.randint(0, 14)
        if choice == 10:
            k = r.choice("is")
            e, order = self.column(k, scope), r.choice(["ASC", "DESC"])
            distinct = r.choice(["", "DISTINCT "])
            listed = lambda text, array: f"{array}({distinct}{text} ORDER BY {text} {order} NULLS LAST)"
            duck = listed(e.duck, "list")
            return Text(f"array_join({listed(e.trino, 'array_agg')}, ',')",
                        f"CASE WHEN {duck} IS NOT NULL THEN coalesce(array_to_string({duck}, ','), '') END"), "s"
        if choice == 11:
            e = self.column("s", scope)
            return Text(f"listagg({e.trino}, '-') WITHIN GROUP (ORDER BY {e.trino})", f"string_agg({e.duck}, '-' ORDER BY {e.duck})"), "s"
        if choice == 12:
            return fill("{}({})", r.choice(["stddev_pop", "var_pop", "stddev_samp", "var_samp"]), self.expr("i", scope, 0)), "n"
        if choice == 13:
            return fill("{}({}{}) FILTER (WHERE {})", r.choice(["sum", "min", "max", "count"]), r.choice(["", "DISTINCT "]),
                        self.expr("i", scope, 1), self.expr("b", scope, 1)), "i"
        if choice == 14:
            return fill("{}({})", r.choice(["min", "max"]), self.expr("t", scope, 1)), "t"
        if choice == 0:
            return Text("count(*)"), "i"
        if choice == 1:
            return fill("count({}{})", r.choice(["", "DISTINCT "]), self.expr(r.choice("isd"), scope, 1)), "i"
        if choice in (2, 3):
            return fill("sum({}{})", r.choice(["", "", "DISTINCT "]), self.expr("i", scope, 1)), "i"
        if choice == 4:
            return fill("avg({})", self.expr("i", scope, 1)), "n"
        if choice in (5, 6):
            k = r.choice("isd")
            return fill("{}({})", r.choice(["min", "max"]), self.expr(k, scope, 1)), k
        if choice == 7:
            return fill("bool_{}({})", r.choice(["and", "or"]), self.expr("b", scope, 1)), "b"
        if choice == 8:
            return fill("count(*) FILTER (WHERE {})", self.expr("b", scope, 1)), "i"
        b = self.expr("b", scope, 1)
        return Text(f"count_if({b.trino})", f"count(*) FILTER (WHERE {b.duck})"), "i"

    def window(self, scope):
        r = self.r
        partition = fill("PARTITION BY {} ", self.expr(r.choice("is"), scope, 0)) if r.random() < 0.6 else Text("")
        k = r.choice("isd")
        direction = r.choice(["ASC", "DESC"]) + " NULLS " + r.choice(["FIRST", "LAST"])
        order = fill("ORDER BY {} " + direction, self.expr(k, scope, 1))
        choice = r.randint(0, 13)
        everything = ", ".join(f"{c} {r.choice(['ASC', 'DESC'])} NULLS {r.choice(['FIRST', 'LAST'])}" for c, _ in r.sample(scope, len(scope)))
        if choice in (6, 7):
            frame = "ROWS BETWEEN " + self.frame()
            return fill("{}({}) OVER ({}ORDER BY {} {})", r.choice(["sum", "min", "max", "count"]), self.expr("i", scope, 1), partition, everything, frame), "i"
        if choice == 8:
            function = r.choice(["row_number()", "ntile(%d)" % r.randint(1, 5)])
            return fill("{} OVER ({}ORDER BY {})", function, partition, everything), "i"
        if choice in (9, 10):
            k, n = r.choice("isd"), r.randint(0, 3)
            e, name = self.expr(k, scope, 1), r.choice(["lag", "lead"])
            nulls = r.choice(["", "", " IGNORE NULLS"])
            return Text(f"{name}({e.trino}, {n}){nulls} OVER ({partition.trino}ORDER BY {everything})",
                        f"{name}({e.duck}, {n}{nulls}) OVER ({partition.duck}ORDER BY {everything})"), k
        if choice == 11:
            k, name = r.choice("isd"), r.choice(["first_value({}{})", "last_value({}{})", "nth_value({}, %d{})" % r.randint(1, 3)])
            e, nulls, frame = self.expr(k, scope, 1), r.choice(["", " IGNORE NULLS"]), r.choice(["", "ROWS BETWEEN " + self.frame()])
            return Text(f"{name.format(e.trino, '')}{nulls} OVER ({partition.trino}ORDER BY {everything} {frame})",
                        f"{name.format(e.duck, nulls)} OVER ({partition.duck}ORDER BY {everything} {frame})"), k
        if choice in (12, 13):
            ints = [c for c, t in scope if t == "i"]
            if ints:
                order = fill("ORDER BY {} " + direction, r.choice(ints))
                return fill("{}({}) OVER ({}{} {} BETWEEN {})", r.choice(["sum", "min", "max", "count"]), self.expr("i", scope, 1), partition, order,
                            r.choice(["RANGE", "GROUPS"]), self.frame()), "i"
            choice = 1
        if choice == 0:
            return fill("rank() OVER ({}{})", partition, order), "i"
        if choice == 1:
            return fill("dense_rank() OVER ({}{})", partition, order), "i"
        if choice == 2:
            return fill("sum({}) OVER ({})", self.expr("i", scope, 1), partition), "i"
        if choice == 3:
            return fill("count({}) OVER ({}{})", self.expr("i", scope, 1), partition, order), "i"
        if choice == 4:
            return fill("{}({}) OVER ({}{} RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", r.choice(["min", "max", "sum"]),
                        self.expr("i", scope, 1), partition, order), "i"
        return fill("cume_dist() OVER ({}{})", partition, order), "n"

    def frame(self):
        r = self.r
        a, b = sorted([r.randint(-4, 4), r.randint(-4, 4)])
        bound = lambda n: "CURRENT ROW" if n == 0 else f"{abs(n)} {'PRECEDING' if n < 0 else 'FOLLOWING'}"
        start = "UNBOUNDED PRECEDING" if r.random() < 0.2 else bound(a)
        return start + " AND " + ("UNBOUNDED FOLLOWING" if r.random() < 0.2 else bound(b))

    def select(self, depth, outer):
        """A query and the names and kinds of its columns."""
        r = self.r
        source, scope = self.relation(depth)
        where = Text("")
        if r.random() < 0.6:
            where = fill(" WHERE {}", self.subquery(scope, depth) if r.random() < 0.25 else self.expr("b", scope, 2))
        if r.random() < 0.35:
            keys = [(self.expr(k, scope, 1), k) for k in (r.choice("isdb") for _ in range(r.randint(0, 3)))]
            sets = r.choice(["ROLLUP", "CUBE"]) if keys and r.random() < 0.2 else None
            if sets:  # of columns only, each once: equal keys are one key to DuckDB
                keys = [(Text(c), k) for c, k in r.sample(scope, min(len(scope), len(keys)))]
            items = keys + [self.aggregate(scope) for _ in range(r.randint(1, 3))]
            columns = [(f"c{i}", k) for i, (_, k) in enumerate(items)]
            body = fill("SELECT {} FROM {}{}", join(", ", [fill("{} AS c{}", e, str(i)) for i, (e, _) in enumerate(items)]), source, where)
            if keys:
                if sets:
                    body = fill("{} GROUP BY {}", body, fill(sets + "({})", join(", ", [k for k, _ in keys])))
                else:
                    body = fill("{} GROUP BY {}", body, ", ".join(str(i + 1) for i in range(len(keys))))
                if r.random() < 0.25:
                    body = fill("{} HAVING {}", body, fill("{} {} {}", self.aggregate_int(scope), r.choice(["<", ">=", "<>"]), str(r.randint(0, 4))))
            return body, columns
        kinds = [r.choice("iissbdnt") for _ in range(r.randint(1, 4))]
        items = [(self.expr(k, scope, 2), k) for k in kinds]
        if r.random() < 0.2:
            items.append(self.window(scope))
        if r.random() < 0.08:
            items.append((self.scalar(scope), "i"))
        columns = [(f"c{i}", k) for i, (_, k) in enumerate(items)]
        distinct = "DISTINCT " if r.random() < 0.15 else ""
        body = fill("SELECT " + distinct + "{} FROM {}{}", join(", ", [fill("{} AS c{}", e, str(i)) for i, (e, _) in enumerate(items)]), source, where)
        return body, columns

    def scalar(self, scope):
        """A correlated subquery of one value."""
        r = self.r
        name = r.choice(list(TABLES))
        inner = [(f"z.{c}", k) for c, k in TABLES[name]]
        where = fill("{} {} {}", r.choice([c for c, k in inner if k == "i"]), r.choice(["=", "=", "<", ">"]), self.expr("i", scope, 0))
        return fill("(SELECT {} FROM {} AS z WHERE {})", r.choice(["count(*)", "sum(%s)", "max(%s) + 1", "count(DISTINCT %s)"]).replace("%s", r.choice([c for c, k in inner if k == "i"])), name, where)

    def aggregate_int(self, scope):
        return fill("{}", self.r.choice([Text("count(*)"), fill("sum({})", self.expr("i", scope, 0)), fill("max({})", self.expr("i", scope, 0))]))

    def query(self):
        """A whole query; ordered says whether its answer has a total order."""
        r = self.r
        body, columns = self.select(2, outer=None)
        if r.random() < 0.15:
            for _ in range(50):
                other, theirs = self.select(1, outer=None)
                if [k for _, k in theirs] == [k for _, k in columns]:
                    body = fill("({}) " + r.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"]) + " ({})", body, other)
                    break
        if r.random() < 0.2:
            order = ", ".join(f"{i + 1} {r.choice(['ASC', 'DESC'])} NULLS {r.choice(['FIRST', 'LAST'])}" for i in range(len(columns)))
            limit = f" LIMIT {r.randint(0, 8)}" if r.random() < 0.7 else ""
            offset = f"OFFSET {r.randint(0, 3)}" if r.random() < 0.3 else ""
            return Text(f"SELECT * FROM ({body.trino}) ORDER BY {order} {offset}{limit}", f"SELECT * FROM ({body.duck}) ORDER BY {order} {limit} {offset}"), True
        return body, False


def rows_of_tables(r):
    """The tables' rows as VALUES lists."""
    g = Generator(r)
    def cell(kind):
        if r.random() < 0.18:
            return f"CAST(NULL AS {TYPES[kind]})"
        if kind == "i":
            return str(r.randint(0, 6))
        if kind == "s":
            return "CAST('" + r.choice(WORDS) + "' AS VARCHAR)"
        while True:
            text = g.literal(kind).trino
            if "NULL" not in text:
                return text
    return {name: ", ".join("(" + ", ".join(cell(k) for _, k in columns) + ")" for _ in range(r.randint(4, 14)))
            for name, columns in TABLES.items()}


def normal(v):
    """A value in a form that both engines' answers share."""
    if v is None or isinstance(v, bool):
        return v
    if isinstance(v, (int, float, decimal.Decimal)):
        f = float(v)
        if math.isnan(f):
            return "NaN"
        return float(f"{f:.11g}") + 0.0
    if isinstance(v, datetime.datetime):
        return v.isoformat(" ")
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, str) and len(v) > 19 and v[4:5] == v[7:8] == "-" and v[10] == " " and v[19] == ".":
        return v.rstrip("0").rstrip(".")
    return v


def key(row):
    return json.dumps(row, sort_keys=True, default=str)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("ctlake")
    p.add_argument("--queries", type=int, default=50000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--show", type=int, default=10)
    args = p.parse_args()
    r = random.Random(args.seed)
    done = differing = failing = unanswered = 0
    kinds = collections.Counter()
    while done < args.queries:
        tables = rows_of_tables(r)
        heads = ", ".join(f"{n}({', '.join(c for c, _ in TABLES[n])}) AS (VALUES {rows})" for n, rows in tables.items())
        count = min(250, args.queries - done)
        queries = [Generator(r).query() for _ in range(count)]
        script = ";\n".join(f"WITH {heads} {q.trino}" for q, _ in queries)
        answer = subprocess.run([args.ctlake, "query", "--output", "json", "--ignore-errors"], input=script.encode(), capture_output=True)
        lines = answer.stdout.decode().splitlines()
        if len(lines) != count:
            print(f"{len(lines)} answers to {count} statements\n{answer.stderr.decode()[-2000:]}")
            return 1
        db = duckdb.connect()
        for name, rows in tables.items():
            db.execute(f"CREATE TABLE {name} AS SELECT * FROM (VALUES {rows}) AS x({', '.join(c for c, _ in TABLES[name])})")
        for (q, ordered), line in zip(queries, lines):
            done += 1
            ours = json.loads(line)
            try:
                theirs = [[normal(v) for v in row] for row in db.execute(q.duck).fetchall()]
            except duckdb.Error as e:
                theirs = str(e)
                if any(f in theirs for f in OWN_FAILURES) and "error" not in ours:
                    unanswered += 1
                    continue
            if isinstance(theirs, str) or "error" in ours:
                if isinstance(theirs, str) and "error" in ours:
                    failing += 1
                    continue
                same = False
            else:
                mine = [[normal(v) for v in row] for row in ours["rows"]]
                same = mine == theirs if ordered else sorted(map(key, mine)) == sorted(map(key, theirs))
            if same:
                continue
            differing += 1
            kinds[ours["error"]["code"] if "error" in ours else "duckdb: " + theirs[:60] if isinstance(theirs, str) else "rows"] += 1
            if differing <= args.show:
                print(f"-- tables\nWITH {heads}\n-- ctlake\n{q.trino};\n-- DuckDB\n{q.duck};")
                print("ctlake:", json.dumps(ours.get("error") or ours["rows"])[:600])
                print("DuckDB:", json.dumps(theirs, default=str)[:600], "\n")
    print(f"{done} queries, {differing} differ, {failing} fail in both, {unanswered} DuckDB cannot bind; {dict(kinds)}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
