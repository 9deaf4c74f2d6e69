#!/usr/bin/env python3
"""Asks ctlake random queries over data files, and compares the answers with DuckDB's.

    pip install duckdb pyarrow
    python3 testdata/sql/duckdb/random_stored.py CTLAKE [--queries 2000] [--seed 1] [--events 60000] [--keep FOLDER]

Where random_queries.py tries the language over a few rows, this tries what only data files have: their
dictionaries, statistics, counts of values, bloom filters, the cache, threads that share a scan, and memory that
runs out. An archive is made and imported in three runs, so that days have several data files; Apache ORC's
C++ reader (pyarrow) gives the same rows to DuckDB. Each process of ctlake is asked every statement of its share
twice, the second time with what it keeps, under a number of threads and a bound of memory drawn for it.

Orders are total wherever an answer depends on them. Said differently to DuckDB: a key of a map (map[key] is NULL where it is
missing, as element_at is here), UNNEST (a lateral subquery), count_if (NULL for no row there).

Prints the statements that differ, both texts and both answers; exits with 1 if one does.
"""

import argparse
import collections
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.orc as orc

from random_queries import Text, fill, join, key, normal

# Texts that one groups and filters by, and those with about as many values as rows.
FEW = ["eventname", "eventsource", "awsregion", "recipientaccountid", "errorcode", "eventtype", "eventcategory", "useridentity.type",
       "eventversion", "tlsdetails.tlsversion", "useridentity.sessioncontext.sessionissuer.arn", "useridentity.invokedby"]
SOME = ["useridentity.arn", "sourceipaddress", "useragent", "useridentity.principalid", "useridentity.accesskeyid", "errormessage", "vpcendpointid",
        "useridentity.accountid", "useridentity.sessioncontext.sessionissuer.username"]
MANY = ["eventid", "requestid", "sharedeventid", "eventjsonchecksum"]
MAPS = {"requestparameters": ["bucketName", "roleArn", "userName", "key", "instanceType", "none"],
        "responseelements": ["ConsoleLogin", "assumedRoleUser", "credentials"],
        "additionaleventdata": ["MFAUsed", "SignatureVersion", "bytesTransferredIn", "x-amz-id-2"]}
FLAGS = ["readonly", "managementevent"]
UNITS = ["hour", "day", "minute"]
# Memory for a statement; None is the default.
MEMORY = [None, None, "256MiB", "64MiB"]
SHARE = 50  # statements of a process


class Generator:
    def __init__(self, r, values, times):
        self.r, self.values, self.times = r, values, times

    def text(self, t=""):
        r = self.r
        c = r.choice(r.choice([FEW, FEW, FEW, SOME, SOME, MANY]))
        if r.random() < 0.12:
            m = r.choice(list(MAPS))
            k = r.choice(MAPS[m])
            return Text(f"element_at({t}{m}, '{k}')", f"{t}{m}['{k}']"), None
        return Text(t + c), c

    def literal(self, column):
        values = self.values.get(column) or ["a", ""]
        return self.r.choice(values)

    def quoted(self, s):
        return "'" + s.replace("'", "''") + "'"

    def pattern(self, column):
        r, s = self.r, self.literal(column)
        a = r.randint(0, max(0, len(s) - 1))
        b = r.randint(a, min(len(s), a + 8))
        part = s[a:b].replace("%", "").replace("_", "_" if r.random() < 0.5 else "")
        return self.quoted(r.choice([part + "%", "%" + part + "%", "%" + part, s[:a] + "_%", "%" + part + "%" + s[-1:].replace("%", ""), part]))

    def time(self):
        return f"TIMESTAMP '{self.r.choice(self.times)}'"

    def predicate(self, depth=2, t=""):
        r = self.r
        if depth and r.random() < 0.4:
            a, b = self.predicate(depth - 1, t), self.predicate(depth - 1, t)
            return r.choice([lambda: fill("({} AND {})", a, b), lambda: fill("({} OR {})", a, b), lambda: fill("(NOT {})", a)])()
        n = r.randint(0, 15)
        if n == 0:
            return Text(f"{t}{r.choice(FLAGS)}" + r.choice(["", " = false", " IS NULL", " IS NOT NULL"]))
        if n in (1, 2):
            low, high = sorted([self.time(), self.time()])
            return Text(r.choice([f"{t}eventtime BETWEEN {low} AND {high}", f"{t}eventtime >= {low}", f"{t}eventtime < {high}", f"({t}eventtime > {low} AND {t}eventtime <= {high})"]))
        if n == 3:
            return Text(f"cardinality({t}requestparameters) {r.choice(['>', '='])} {r.randint(0, 4)}")
        e, column = self.text(t)
        some = lambda most: ", ".join(self.quoted(self.literal(column)) for _ in range(r.randint(1, most)))
        if n == 4:
            return fill("{} IS {}", e, r.choice(["NULL", "NOT NULL"]))
        if n == 5:
            return fill("length({}) {} {}", e, r.choice("<>="), str(r.randint(0, 60)))
        if n == 6:
            return fill("{} IN ({})", e, some(6))
        if n == 7:
            return fill("{} NOT IN ({})", e, some(3))
        if n in (8, 9):
            return fill("{} {} {}", e, r.choice(["LIKE", "LIKE", "NOT LIKE"]), self.pattern(column))
        if n == 10:
            low, high = sorted([self.literal(column), self.literal(column)])
            return fill("{} BETWEEN {} AND {}", e, self.quoted(low), self.quoted(high))
        if n == 11:
            return fill("lower({}) LIKE {}", e, self.pattern(column).lower())
        if n == 12:
            return fill("{} {} {}", e, r.choice(["=", "<>", "<"]), self.text(t)[0])
        if n == 13:
            word = "".join(c for c in self.literal(column) if c.isalnum())[:r.randint(1, 6)] or "a"
            pattern = self.quoted(r.choice(["^" + word, word, word[:2] + ".*" + word[-1:], "(" + word + "|Delete)$"]))
            return Text(f"regexp_like({e.trino}, {pattern})", f"regexp_matches({e.duck}, {pattern})")
        return fill("{} {} {}", e, r.choice(["=", "=", "<>", "<", ">="]), self.quoted(self.literal(column)))

    def where(self, t="", share=0.7):
        return fill(" WHERE {}", self.predicate(2, t)) if self.r.random() < share else Text("")

    def one_of(self, *columns):
        """A filter by one column alone, which counts of values may answer."""
        c = self.r.choice(columns or FEW)
        return fill("{} {} {}", c, self.r.choice(["=", "<>", "<"]), self.quoted(self.literal(c)))

    def group_key(self, t=""):
        """A key of groups and its kind: few values, mostly."""
        r = self.r
        n = r.randint(0, 9)
        if n < 5:
            return Text(t + r.choice(FEW))
        if n < 7:
            return Text(t + r.choice(SOME))
        if n == 7:
            return Text(f"date_trunc('{r.choice(UNITS[:2])}', {t}eventtime)")
        if n == 8:
            return Text(t + r.choice(FLAGS))
        e, _ = self.text(t)
        return r.choice([fill("coalesce({}, 'none')", e), fill("substr({}, 1, 3)", e), fill("upper({})", e), fill("length({})", e),
                         fill("{} IS NULL", e), fill("CASE WHEN {} THEN 'a' ELSE {} END", self.predicate(0, t), e)])

    def aggregate(self, t=""):
        r = self.r
        n = r.randint(0, 11)
        e, _ = self.text(t)
        if n < 3:
            return Text("count(*)")
        if n == 3:
            return fill("count({})", e)
        if n in (4, 5, 6):
            return fill("count(DISTINCT {})", e)
        if n == 7:
            return Text(f"{r.choice(['min', 'max'])}({t}eventtime)")
        if n == 8:
            return fill(r.choice(["min", "max"]) + "({})", e)
        if n == 9:
            return fill("sum(length({}))", e)
        if n == 10:
            p = self.predicate(0, t)
            return Text(f"count_if({p.trino})", f"count(*) FILTER (WHERE {p.duck})")
        return fill("count(" + r.choice(["*", "DISTINCT " + t + r.choice(SOME)]) + ") FILTER (WHERE {})", self.predicate(0, t))

    def ordered(self, body, columns, most=40):
        """The query with all columns in order, and perhaps only the first rows."""
        r = self.r
        order = ", ".join(f"{i + 1} {r.choice(['ASC', 'DESC'])} NULLS {r.choice(['FIRST', 'LAST'])}" for i in r.sample(range(columns), columns))
        limit = f" LIMIT {r.randint(1, most)}"
        return fill("SELECT * FROM ({}) AS o ORDER BY " + order + limit, body)

    def groups(self):
        r = self.r
        keys = [self.group_key() for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3]))]
        aggregates = [self.aggregate() for _ in range(r.randint(1, 3))]
        where = fill(" WHERE {}", self.one_of()) if r.random() < 0.2 else self.where()
        items = join(", ", [fill(f"{{}} AS c{i}", e) for i, e in enumerate(keys + aggregates)])
        body = fill("SELECT {} FROM trail{}", items, where)
        if keys:
            numbers = [str(i + 1) for i in range(len(keys))]
            body = fill("{} GROUP BY " + ", ".join(numbers), body)
            if r.random() < 0.2:
                body = fill("{} HAVING count(*) " + r.choice([">", "<=", "="]) + f" {r.randint(1, 20)}", body)
        return self.ordered(body, len(keys) + len(aggregates))

    def counts(self):
        """What counts of values may answer."""
        r = self.r
        c = r.choice(FEW)
        where = [self.one_of(c)] if r.random() < 0.5 else []
        if r.random() < 0.4:
            where.append(Text(f"eventtime {r.choice(['>=', '<'])} {self.time()}"))
        items = r.sample(["count(*)", f"count({c})", f"min({c})", f"max({c})", f"count(DISTINCT {c})"], r.randint(1, 3))
        grouped = r.random() < 0.6
        body = fill(f"SELECT {c + ' AS k, ' if grouped else ''}" + ", ".join(f"{e} AS c{i}" for i, e in enumerate(items)) + " FROM trail{}{}",
                    fill(" WHERE {}", join(" AND ", where)) if where else Text(""), f" GROUP BY {c}" if grouped else "")
        return self.ordered(body, len(items) + grouped)

    def rows(self):
        r = self.r
        columns = [self.text()[0] for _ in range(r.randint(1, 4))] + [Text("eventtime"), Text("eventid")]
        body = fill("SELECT {} FROM trail{}", join(", ", [fill(f"{{}} AS c{i}", e) for i, e in enumerate(columns)]), self.where(share=0.9))
        if r.random() < 0.3:
            body = fill("SELECT DISTINCT {} FROM trail{}", join(", ", [fill(f"{{}} AS c{i}", e) for i, e in enumerate(columns[:-2])]), self.where())
            return self.ordered(body, len(columns) - 2)
        if r.random() < 0.5:  # the latest
            way = r.choice(["ASC", "DESC"])
            return fill(f"{{}} ORDER BY eventtime {way}, eventid {way} LIMIT {r.randint(1, 50)}", body)
        return self.ordered(body, len(columns))

    def joined(self):
        r = self.r
        k = r.choice(FEW + SOME + SOME)
        few = fill("SELECT " + k + " AS k, {} AS n, max(eventtime) AS last FROM trail{} GROUP BY 1", r.choice([Text("count(*)"), self.aggregate()]), self.where())
        kind = r.choice(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        by = self.group_key("t.")
        more = r.choice(["", "", " AND t.eventtime < s.last", " AND t.eventtime >= s.last - INTERVAL '2' HOUR"])
        where = self.predicate(1, "t.")
        left = fill("(SELECT * FROM trail AS t WHERE {})", where) if r.random() < 0.6 else Text("trail")
        body = fill(f"SELECT {{}} AS g, count(*) AS c, count(t.eventid) AS d, count(DISTINCT s.k) AS e FROM {{}} AS t {kind} ({{}}) AS s ON t.{k} = s.k{more} GROUP BY 1", by, left, few)
        return self.ordered(body, 4)

    def semi(self):
        r = self.r
        k = r.choice(FEW + SOME + MANY[:2])
        inner = self.where("i.")
        how = r.randint(0, 3)
        no = r.choice(["", "NOT "])
        if how < 2:
            test = fill(f"t.{k} {no}IN (SELECT i.{k} FROM trail AS i{{}})", inner)
        else:
            where = self.predicate(1, "i.")
            more = r.choice(["", " AND i.eventtime < t.eventtime" if k not in FEW else ""])
            test = fill(f"{no}EXISTS (SELECT 1 FROM trail AS i WHERE i.{k} = t.{k}{more} AND {{}})", where)
        body = fill("SELECT {} AS g, {} AS c FROM trail AS t WHERE {} AND {} GROUP BY 1", self.group_key("t."), self.aggregate("t."), self.predicate(1, "t."), test)
        return self.ordered(body, 2)

    def top(self):
        r = self.r
        k = r.choice(FEW + SOME)
        way = r.choice(["ASC", "DESC"])
        f = r.choice(["row_number()", "row_number()", "rank()", "dense_rank()"])
        tie = ", eventid" if f == "row_number()" else ""
        columns = [self.text()[0] for _ in range(r.randint(0, 2))]
        items = join("", [fill(f", {{}} AS c{i}", e) for i, e in enumerate(columns)])
        body = fill(f"SELECT * FROM (SELECT {k} AS k, eventid AS id, {f} OVER (PARTITION BY {k} ORDER BY eventtime {way}{tie}) AS n{{}} FROM trail{{}}) AS w WHERE n <= {r.randint(1, 5)}",
                    items, self.where())
        if r.random() < 0.3:
            return self.ordered(fill("SELECT n, count(*) AS c, count(DISTINCT k) AS d, min(id) AS e FROM ({}) AS v GROUP BY 1", body), 4)
        return self.ordered(body, 3 + len(columns), most=200)

    def windows(self):
        r = self.r
        k = r.choice(FEW + SOME)
        order = f"PARTITION BY {k} ORDER BY eventtime, eventid"
        n = r.randint(0, 4)
        if n == 0:
            inner = fill(f"SELECT {k} AS k, eventtime, lag(eventtime) OVER ({order}) AS before FROM trail{{}}", self.where())
            body = fill(f"SELECT k, count(*) AS c, max(eventtime) AS d FROM ({{}}) AS w WHERE before IS NULL OR eventtime >= before + INTERVAL '{r.randint(1, 90)}' MINUTE GROUP BY 1", inner)
            return self.ordered(body, 3)
        e, _ = self.text()
        call = [f"lead(eventid, {r.randint(1, 3)}) OVER ({order})", f"first_value(eventid) OVER ({order})",
                f"count(*) OVER ({order} ROWS BETWEEN {r.randint(0, 4)} PRECEDING AND CURRENT ROW)", f"sum(length(eventname)) OVER ({order})"]
        body = fill("SELECT eventid AS id, {} AS a, " + r.choice(call) + f" AS b, count(*) OVER (PARTITION BY {r.choice(FEW)}) AS c FROM trail{{}}", e, self.where(share=0.9))
        if r.random() < 0.5:
            return self.ordered(fill("SELECT b, count(*) AS n, count(DISTINCT a) AS d, min(id) AS i, sum(c) AS s FROM ({}) AS w GROUP BY 1", body), 5)
        return self.ordered(body, 4)

    def unnested(self):
        r = self.r
        field = r.choice(["arn", "type", "accountid"])
        where = self.where("t.")
        items = r.choice([f"r.{field} AS k, count(*) AS c, count(DISTINCT t.eventname) AS d", f"r.{field} AS k, min(t.eventtime) AS c, count(t.errorcode) AS d",
                          f"t.{r.choice(FEW)} AS k, count(r.{field}) AS c, count(DISTINCT r.{field}) AS d"])
        element = re.sub(r"\br\.", "r.e.", items)  # of the row that is unnested, in DuckDB
        body = Text(f"SELECT {items} FROM trail AS t CROSS JOIN UNNEST(t.resources) AS r(accountid, type, arn, arnprefix){where.trino} GROUP BY 1",
                    f"SELECT {element} FROM trail AS t CROSS JOIN LATERAL (SELECT unnest(t.resources) AS e) AS r{where.duck} GROUP BY 1")
        return self.ordered(body, 3)

    def sets(self):
        r = self.r
        columns = r.sample(FEW + SOME, r.randint(1, 2))
        one = lambda: fill("SELECT " + ", ".join(f"{c} AS c{i}" for i, c in enumerate(columns)) + " FROM trail WHERE {}", self.predicate(1))
        body = fill("({}) " + r.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"]) + " ({})", one(), one())
        if r.random() < 0.5:
            body = fill("SELECT " + ", ".join(f"c{i}" for i in range(len(columns))) + ", count(*) AS n FROM ({}) AS s GROUP BY " + ", ".join(str(i + 1) for i in range(len(columns))), body)
            return self.ordered(body, len(columns) + 1)
        return self.ordered(body, len(columns), most=300)

    def cubes(self):
        r = self.r
        columns = r.sample([c for c in FEW if "." not in c] + FLAGS, r.randint(2, 3))  # fields of rows are no columns to Trino
        body = fill("SELECT " + ", ".join(columns) + ", {} AS n, {} AS m FROM trail{} GROUP BY " + r.choice(["ROLLUP", "CUBE"]) + "(" + ", ".join(columns) + ")",
                    self.aggregate(), self.aggregate(), self.where())
        return self.ordered(body, len(columns) + 2, most=300)

    def needles(self):
        r = self.r
        c = r.choice(MANY[:3] + SOME[:5])
        values = ", ".join(self.quoted(self.literal(c)) for _ in range(r.randint(1, 4)))
        body = fill("SELECT eventid AS id, {} AS a, {} AS b FROM trail WHERE {} IN ({}){}", self.text()[0], c, c, values, r.choice(["", " AND readonly"]))
        return self.ordered(body, 3)

    def in_json(self):
        r = self.r
        c = r.choice(FEW + SOME)
        text = self.literal(c)
        a = r.randint(0, max(0, len(text) - 4))
        part = text[a:a + r.randint(3, 12)].replace("%", "").replace("_", "")
        no = r.choice(["", "", "NOT "])
        body = fill("SELECT {} AS g, count(*) AS c, min(eventid) AS d FROM trail WHERE eventjson {}LIKE {}{} GROUP BY 1", self.group_key(), no, self.quoted("%" + part + "%"),
                    fill(" AND {}", self.predicate(1)) if r.random() < 0.5 else Text(""))
        return self.ordered(body, 3)

    def scalars(self):
        r = self.r
        k = r.choice(FEW)
        body = fill(f"SELECT {k} AS k, count(*) AS c FROM trail WHERE eventtime > (SELECT {r.choice(['min', 'max'])}(eventtime) FROM trail{{}}) - INTERVAL '{r.randint(1, 40)}' HOUR AND {{}} GROUP BY 1",
                    self.where(), self.predicate(1))
        return self.ordered(body, 2)

    def query(self):
        r = self.r
        return r.choice([self.groups] * 5 + [self.counts, self.counts, self.rows, self.rows, self.joined, self.joined, self.semi, self.semi, self.top, self.top, self.windows,
                                             self.unnested, self.sets, self.cubes, self.needles, self.in_json, self.scalars])()


def prepare(ctlake, folder, events, seed):
    """A lake of a made archive, and its data files."""
    logs, lake = os.path.join(folder, "logs"), os.path.join(folder, "lake")
    if not os.path.exists(lake):
        subprocess.run([ctlake, "demo", "--write", logs, "--events", str(events), "--days", "6", "--accounts", "8", "--seed", str(seed)], check=True, capture_output=True)
        files = sorted(glob.glob(logs + "/**/*.json.gz", recursive=True))
        for part in range(3):  # by turns, so that days have several files
            subprocess.run([ctlake, "--lake", lake, "ingest", *files[part::3], "--store", "trail"] + ["--retention-from", "newest"][:2 * (part == 0)],
                           check=True, capture_output=True)
    return lake, sorted(glob.glob(lake + "/stores/**/*.orc", recursive=True))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("ctlake")
    p.add_argument("--queries", type=int, default=2000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--events", type=int, default=60000)
    p.add_argument("--keep", help="where the lake is made, or lies already")
    p.add_argument("--show", type=int, default=10)
    args = p.parse_args()
    folder = args.keep or tempfile.mkdtemp()
    try:
        return compare(args, folder)
    finally:
        if not args.keep:
            shutil.rmtree(folder)


def compare(args, folder):
    lake, files = prepare(args.ctlake, folder, args.events, args.seed)
    table = pa.concat_tables([orc.ORCFile(f).read() for f in files], promote_options="permissive")
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("CREATE TABLE trail AS SELECT * REPLACE (eventtime::TIMESTAMP AS eventtime) FROM \"table\"")
    del table
    r = random.Random(args.seed)
    values = {c: [v for v, in db.execute(f"SELECT v FROM (SELECT DISTINCT {c} AS v FROM trail WHERE {c} IS NOT NULL) ORDER BY hash(v) LIMIT 200").fetchall()]
              for c in FEW + SOME + MANY}
    times = [str(v) for v, in db.execute("SELECT eventtime FROM trail ORDER BY hash(eventid) LIMIT 300").fetchall()]
    done = differing = failing = 0
    kinds = collections.Counter()
    while done < args.queries:
        queries = [Generator(r, values, times).query() for _ in range(min(SHARE, args.queries - done))]
        memory, threads = r.choice(MEMORY), r.choice([1, 2, 2, 4])
        script = ";\n".join(q.trino for q in queries + queries)
        command = [args.ctlake, "--lake", lake, "query", "--output", "json", "--ignore-errors", "--threads", str(threads)] + (["--memory", memory] if memory else [])
        answer = subprocess.run(command, input=script.encode(), capture_output=True)
        lines = answer.stdout.decode().splitlines()
        if len(lines) != 2 * len(queries):
            print(f"{len(lines)} answers to {2 * len(queries)} statements\n{answer.stderr.decode()[-2000:]}")
            return 1
        for i, q in enumerate(queries):
            done += 1
            try:
                theirs = [[normal(v) for v in row] for row in db.execute(q.duck).fetchall()]
            except duckdb.Error as e:
                theirs = str(e)
            for again, line in enumerate((lines[i], lines[len(queries) + i])):
                ours = json.loads(line)
                if isinstance(theirs, str) and "error" in ours:
                    failing += 1
                    break
                mine = None if "error" in ours else [[normal(v) for v in row] for row in ours["rows"]]
                if mine == theirs:
                    continue
                differing += 1
                kinds[ours["error"]["code"] if "error" in ours else "duckdb: " + theirs[:60] if isinstance(theirs, str) else "rows"] += 1
                if differing <= args.show:
                    print(f"-- {threads} threads, memory {memory}, {'second' if again else 'first'} time\n-- ctlake\n{q.trino};\n-- DuckDB\n{q.duck};")
                    print("ctlake:", json.dumps(ours.get("error") or ours["rows"])[:900])
                    print("DuckDB:", json.dumps(theirs, default=str)[:900], "\n", flush=True)
                break
    print(f"{done} queries, {differing} differ, {failing} fail in both; {dict(kinds)}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
