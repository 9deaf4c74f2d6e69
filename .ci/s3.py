"""Imports archives with ctlake from an S3 server on the loopback interface.

    s3.py CTLAKE

A made-up trail with signed digest files is put into a bucket of moto's server, their signatures into
the metadata of the objects, as CloudTrail does. What ctlake imports from there must be what it imports from disk, once; the digest files must
prove it, and must not where objects were changed or deleted.
"""

import gzip
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "trail-logs"
EVENTS = "1000"
ROWS = 'SELECT eventjson FROM {} ORDER BY 1'
logging.getLogger("werkzeug").setLevel(logging.ERROR)
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true")


def run(*arguments, status=0):
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != status:
        sys.exit(f"{arguments} ended with {done.returncode}, not {status}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def expect(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got!r}, not {want!r}")


def signatures(logs):
    """The signatures of digest files, by key: of the newest one from the file beside it, of the others from the one after it."""
    known = {}
    for path in logs.rglob("*CloudTrail-Digest*.json.gz"):
        digest = json.loads(gzip.decompress(path.read_bytes()))
        if digest["previousDigestS3Object"]:
            known[digest["previousDigestS3Object"]] = digest["previousDigestSignature"]
    for path in logs.rglob("*.metadata.json"):
        key = path.relative_to(logs).as_posix().removesuffix(".metadata.json")
        known[key] = json.loads(path.read_text())["Metadata"]["signature"]
    return known


def main(ctlake):
    with tempfile.TemporaryDirectory() as folder:
        logs, keys = pathlib.Path(folder, "logs"), pathlib.Path(folder, "keys.json")
        run(ctlake, "demo", "--write", logs, "--digests", BUCKET, "--events", EVENTS, "--days", "1", "--accounts", "1")
        pathlib.Path(logs, "public-keys.json").rename(keys)
        signed = signatures(logs)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            check(ctlake, folder, logs, keys, signed, f"http://{host}:{port}")
        finally:
            server.stop()


def check(ctlake, folder, logs, keys, signed, endpoint):
    s3 = boto3.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket=BUCKET)
    trail = []
    for path in sorted(logs.rglob("*.json.gz")):
        key = path.relative_to(logs).as_posix()
        metadata = {"signature": signed[key], "signature-algorithm": "SHA256withRSA"} if key in signed else {}
        s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes(), Metadata=metadata)
        if key not in signed:
            trail.append(key)

    def ingest(lake, *arguments, status=0):
        return json.loads(run(ctlake, "--lake", os.path.join(folder, lake), "ingest", *arguments, "--store", "trail", "--output", "json", status=status))

    def query(lake, sql):
        return run(ctlake, "--lake", os.path.join(folder, lake), "query", "--no-header", sql)

    newest = ("--retention-from", "newest")
    remote = (f"s3://{BUCKET}/AWSLogs/", "--endpoint-url", endpoint)
    verified = remote + ("--verify-digests", "--public-keys", keys)
    here = ingest("here", logs / "AWSLogs", *newest)
    first = ingest("there", *verified, *newest)
    expect("events from S3", first["events"], here["events"])
    expect("archives from S3", first["archives"]["imported"], len(trail))
    expect("rows from S3", query("there", ROWS.format("trail")), query("here", ROWS.format("trail")))
    found = first["integrity"]
    expect("digest files", (found["digestFiles"]["valid"], found["logFiles"]["valid"]), (len(signed), len(trail)))
    expect("verdicts", query("there", """SELECT "$integrity", count(*) FROM trail WHERE "$archive" LIKE 's3://%' GROUP BY 1"""), f"VALID,{EVENTS}\n")

    again = ingest("there", *remote)
    expect("a second run", (again["archives"]["unchanged"], again["events"]["read"]), (len(trail), 0))
    s3.put_object(Bucket=BUCKET, Key=trail[2], Body=pathlib.Path(logs, trail[2]).read_bytes())
    again = ingest("there", *remote)
    expect("a run after an object was put anew", (again["archives"]["unchanged"], again["events"]["read"]), (len(trail), 0))

    s3.put_object(Bucket=BUCKET, Key=trail[0], Body=gzip.compress(b'{"Records":[{"eventVersion":"1.11","eventID":"forged","eventName":"E",'
                                                                  b'"eventTime":"2026-03-02T10:00:00Z"}]}'))
    s3.delete_object(Bucket=BUCKET, Key=trail[1])
    s3.copy_object(Bucket=BUCKET, Key="AWSLogs/moved.json.gz", CopySource={"Bucket": BUCKET, "Key": sorted(signed)[0]})
    forged = ingest("there", *verified, status=3)["integrity"]
    expect("a changed and a deleted log file", (forged["logFiles"]["invalid"], forged["logFiles"]["missing"]), (1, 1))
    expect("a moved digest file", forged["digestFiles"]["invalid"], 1)
    expect("the verdict on what was forged", query("there", """SELECT "$integrity" FROM trail WHERE eventid = 'forged'"""), "INVALID\n")
    print(f"{len(trail)} log files and {len(signed)} digest files in S3: imported as from disk, once, and verified")


main(sys.argv[1])
