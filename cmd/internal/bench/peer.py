"""Runs statements on DuckDB or ClickHouse, for bench: a request a line on stdin, an answer a line on stdout.

    peer.py duckdb-parquet|duckdb|clickhouse FOLDER THREADS

The first call of any of them makes FOLDER/events.parquet of the ORC files that the first request
names, by Apache ORC's C++ reader. The names of columns, maps, rows and lists stay what they are.
"""

import datetime
import decimal
import glob
import json
import math
import os
import shutil
import sys
import time

# Engines write progress bars to stdout, which is for answers alone: theirs becomes stderr.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

kind, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
parquet = os.path.join(folder, "events.parquet")


def make_parquet(files):
    import pyarrow as pa
    import pyarrow.orc as orc
    import pyarrow.parquet as pq

    writer = None
    partial = parquet + ".partial"
    waiting, rows = [], 0
    for path in sorted(files):
        table = orc.ORCFile(path).read()
        if writer is None:
            writer = pq.ParquetWriter(partial, table.schema, compression="zstd", compression_level=1)
        waiting.append(table.cast(writer.schema))
        rows += len(table)
        if rows >= 122_880:  # DuckDB's own size of row groups
            writer.write_table(pa.concat_tables(waiting), row_group_size=122_880)
            waiting, rows = [], 0
    if waiting:
        writer.write_table(pa.concat_tables(waiting), row_group_size=122_880)
    writer.close()
    os.rename(partial, parquet)


def text(v):
    """A value as bench compares it."""
    if v is None:
        return None
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, datetime.datetime):
        return v.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, float):
        return repr(int(v)) if math.isfinite(v) and v == int(v) else repr(v)
    if isinstance(v, (int, decimal.Decimal, str)):
        return str(v)
    if isinstance(v, bytes):
        return v.decode("utf-8", "replace")
    return ""


# Columns whose values repeat, which one would declare so in ClickHouse.
LOW = "eventversion eventsource eventname awsregion sourceipaddress useragent errorcode errormessage eventtype recipientaccountid eventcategory".split()


class DuckDB:
    def __init__(self):
        import duckdb

        self.version = "DuckDB " + duckdb.__version__
        if kind == "duckdb":
            path = os.path.join(folder, "duckdb-%s.db" % duckdb.__version__)
            if not os.path.exists(path):
                for left in glob.glob(path + ".partial*"):
                    os.remove(left)
                db = duckdb.connect(path + ".partial")
                db.execute("CREATE TABLE trail AS SELECT * FROM read_parquet('%s')" % parquet)
                db.execute("CHECKPOINT")
                db.close()
                os.rename(path + ".partial", path)
            self.db = duckdb.connect(path)
        else:
            self.db = duckdb.connect()
            self.db.execute("CREATE VIEW trail AS SELECT * FROM read_parquet('%s')" % parquet)
        self.db.execute("SET threads = %d" % threads)
        self.db.execute("SET enable_progress_bar = false")

    def run(self, sql):
        return self.db.execute(sql).to_arrow_table()

    def rows(self, table):
        return table.column_names, zip(*[c.to_pylist() for c in table.columns])


class ClickHouse:
    def __init__(self):
        import chdb
        from chdb.session import Session

        self.version = "ClickHouse " + str(chdb.engine_version)
        path = os.path.join(folder, "clickhouse-" + str(chdb.engine_version))
        made = os.path.exists(path + ".made")
        if not made:
            shutil.rmtree(path, ignore_errors=True)
        self.db = Session(path)
        self.db.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        self.db.query("USE bench")
        self.db.query("SET max_threads = %d" % threads)
        self.db.query("SET use_query_condition_cache = 0")  # it keeps what filters answered
        self.db.query("SET allow_suspicious_low_cardinality_types = 1")
        if not made:
            described = self.db.query("DESCRIBE TABLE file('%s', Parquet)" % parquet, "JSON")
            columns = []
            for c in json.loads(described.bytes())["data"]:
                t = c["type"]
                if c["name"] in LOW:
                    t = "LowCardinality(%s)" % t
                if c["name"] == "eventtime":
                    t = t.replace("Nullable(", "").rstrip(")") + ")" if t.startswith("Nullable(") else t
                columns.append("`%s` %s" % (c["name"], t))
            self.db.query("CREATE TABLE bench.trail (%s) ENGINE = MergeTree ORDER BY eventtime" % ", ".join(columns))
            self.db.query("INSERT INTO bench.trail SELECT * FROM file('%s', Parquet)" % parquet)
            self.db.query("OPTIMIZE TABLE bench.trail FINAL")
            open(path + ".made", "w").close()

    def run(self, sql):
        return self.db.query(sql, "ArrowStream")

    def rows(self, answer):
        import pyarrow as pa

        data = answer.bytes()
        if not data:
            return [], []
        table = pa.ipc.open_stream(data).read_all()
        return table.column_names, zip(*[c.to_pylist() for c in table.columns])


def serve():
    files = json.loads(sys.stdin.readline())["files"]
    if not os.path.exists(parquet):
        make_parquet(files)
    engine = ClickHouse() if kind == "clickhouse" else DuckDB()
    print(json.dumps({"version": engine.version}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            wall, cpu = time.perf_counter(), time.process_time()
            answer = engine.run(request["sql"])
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            reply = {"wall": wall, "cpu": cpu}
            if request.get("rows"):
                names, rows = engine.rows(answer)
                reply["names"] = [n.lower() for n in names]
                reply["rows"] = [[text(v) for v in row] for row in rows]
        except Exception as e:  # whatever the engine says goes into the table
            reply = {"error": str(e).strip().split("\n")[0]}
        print(json.dumps(reply), file=answers, flush=True)


serve()
