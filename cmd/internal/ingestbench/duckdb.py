# read_json of an archive into zstd Parquet, a row an event: what its nested members hold stays JSON text. First without the
# text of the whole record, then with that and its SHA-256, which ctlake has as eventjson and eventjsonchecksum.
import os, resource, sys, time
import duckdb

logs, parquet = sys.argv[1], sys.argv[2]
members = {"eventTime": "TIMESTAMP", "readOnly": "BOOLEAN", "managementEvent": "BOOLEAN"}
for name in ("userIdentity", "requestParameters", "responseElements", "additionalEventData", "resources", "serviceEventDetails", "tlsDetails"):
    members[name] = "JSON"
for name in ("eventVersion", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage", "requestID",
             "eventID", "eventType", "apiVersion", "recipientAccountId", "sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "eventCategory",
             "sessionCredentialFromConsole"):
    members[name] = "VARCHAR"
struct = ", ".join(f"{name} {kind}" for name, kind in members.items())
transform = "{" + ", ".join(f'"{name}": "{kind}"' for name, kind in members.items()) + "}"


def read(element):
    return f"SELECT unnest(Records) AS e FROM read_json('{logs}/**/*.json.gz', maximum_object_size = 268435456, columns = {{Records: '{element}[]'}})"


d = duckdb.connect()
d.execute("SET enable_progress_bar = false")
for what, rows in (
    ("columns", f"SELECT unnest(e) FROM ({read(f'STRUCT({struct})')})"),
    ("columns, text, SHA-256", f"SELECT unnest(json_transform(e, '{transform}')), e AS eventjson, sha256(e::VARCHAR) AS eventjsonchecksum FROM ({read('JSON')})"),
):
    started, before = time.time(), resource.getrusage(resource.RUSAGE_SELF)
    d.execute(f"COPY ({rows}) TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)")
    elapsed, after = time.time() - started, resource.getrusage(resource.RUSAGE_SELF)
    n = d.execute(f"SELECT count(*) FROM '{parquet}'").fetchone()[0]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"DuckDB {duckdb.__version__}, {what}: {n} events, {elapsed:.1f} s elapsed ({n/elapsed:.0f} events/s), {cpu:.1f} s of CPU "
          f"({1e6*cpu/n:.1f} µs an event), {os.path.getsize(parquet)/n:.1f} bytes an event, at most {after.ru_maxrss//1024} MiB resident")
