# read_json of an archive into zstd Parquet, a row an event: what its nested members hold stays JSON text.
import os, resource, sys, time
import duckdb

logs, parquet = sys.argv[1], sys.argv[2]
started = time.time()
d = duckdb.connect()
d.execute(f"""
COPY (SELECT unnest(Records, max_depth := 2) FROM read_json('{logs}/**/*.json.gz', maximum_object_size = 268435456,
  columns = {{Records: 'STRUCT(eventVersion VARCHAR, userIdentity JSON, eventTime TIMESTAMP, eventSource VARCHAR, eventName VARCHAR,
    awsRegion VARCHAR, sourceIPAddress VARCHAR, userAgent VARCHAR, errorCode VARCHAR, errorMessage VARCHAR, requestParameters JSON,
    responseElements JSON, additionalEventData JSON, requestID VARCHAR, eventID VARCHAR, readOnly BOOLEAN, resources JSON, eventType VARCHAR,
    apiVersion VARCHAR, managementEvent BOOLEAN, recipientAccountId VARCHAR, sharedEventID VARCHAR, vpcEndpointId VARCHAR,
    vpcEndpointAccountId VARCHAR, serviceEventDetails JSON, eventCategory VARCHAR, tlsDetails JSON,
    sessionCredentialFromConsole VARCHAR)[]'}}))
TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)""")
elapsed = time.time() - started
n = d.execute(f"SELECT count(*) FROM '{parquet}'").fetchone()[0]
u = resource.getrusage(resource.RUSAGE_SELF)
cpu = u.ru_utime + u.ru_stime
print(f"DuckDB {duckdb.__version__}: {n} events, {elapsed:.1f} s elapsed ({n/elapsed:.0f} events/s), {cpu:.1f} s of CPU ({1e6*cpu/n:.1f} µs an event), "
      f"{os.path.getsize(parquet)/n:.1f} bytes an event, at most {u.ru_maxrss//1024} MiB resident")
