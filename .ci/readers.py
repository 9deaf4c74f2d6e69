"""Imports archives with ctlake and reads the data files with other readers of ORC.

    readers.py CTLAKE ARCHIVES...

For each folder of archives: every column of every row, as pyarrow (Apache ORC's C++ reader)
and ClickHouse (chdb) read the data files and as `ctlake query` answers, is compared with what
follows from the archives' JSON by the mapping rules (docs/mapping.md), computed here anew.
"""

import base64
import datetime
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time

os.environ["TZ"] = "UTC"
time.tzset()

import chdb  # noqa: E402
import pyarrow.orc  # noqa: E402

# The table: names in order; a list is a struct, [list] an array of structs.
TEXT, TIME, BOOL, MAP = "text", "time", "bool", "map"


def texts(names):
    return [(name, TEXT) for name in names.split()]


IDENTITY = texts("type principalId arn accountId accessKeyId userName") + [
    ("sessionContext", [
        ("attributes", [("creationDate", TIME), ("mfaAuthenticated", TEXT)]),
        ("sessionIssuer", texts("type principalId arn accountId userName")),
        ("webIdFederationData", [("federatedProvider", TEXT), ("attributes", MAP)]),
    ] + texts("sourceIdentity ec2RoleDelivery ec2IssuedInVpc")),
    ("onBehalfOf", texts("userId identityStoreArn")),
    ("inScopeOf", texts("sourceArn sourceAccount issuerType credentialsIssuedTo")),
] + texts("invokedBy identityProvider")
TABLE = [("eventVersion", TEXT), ("userIdentity", IDENTITY), ("eventTime", TIME)]
TABLE += texts("eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage")
TABLE += [(name, MAP) for name in "requestParameters responseElements additionalEventData".split()]
TABLE += texts("requestID eventID")
TABLE += [("readOnly", BOOL), ("resources", [texts("accountId type ARN ARNPrefix")])]
TABLE += texts("eventType apiVersion") + [("managementEvent", BOOL)]
TABLE += texts("recipientAccountId sharedEventID annotation vpcEndpointId vpcEndpointAccountId")
TABLE += [(name, MAP) for name in "serviceEventDetails addendum edgeDeviceDetails insightDetails".split()]
TABLE += texts("eventCategory") + [("tlsDetails", texts("tlsVersion cipherSuite clientProvidedHostHeader"))]
TABLE += texts("sessionCredentialFromConsole eventJson eventJsonChecksum")
TABLE += [("eventContext", [("requestContext", MAP),
                            ("tagContext", [("resourceTags", [[("arn", TEXT), ("tags", MAP)]]), ("principalTags", MAP)])])]
TABLE += texts("_archive")


def column(member):
    """The column's name: the published schema misspells one field."""
    return "credentiaisissuedto" if member == "credentialsIssuedTo" else member.lower()


COLUMNS = [column(name) for name, _ in TABLE]

# JSON, with the text of every value at hand: (kind, value, text).
SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|\s+', re.S)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.S)
OTHER = re.compile(r"[^,\]}]+")


def compact(text):
    return SPACE.sub(lambda m: m.group(1) or "", text)


def decoded(token):
    text = json.loads(token, strict=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parse(text, at):
    start = at
    if text[at] == "{":
        members, at = [], at + 1
        while text[at] != "}":
            at += text[at] == ","
            name = STRING.match(text, at)
            value, at = parse(text, name.end() + 1)
            members.append((decoded(name.group()), value))
        return ("object", members, text[start:at + 1]), at + 1
    if text[at] == "[":
        elements, at = [], at + 1
        while text[at] != "]":
            at += text[at] == ","
            value, at = parse(text, at)
            elements.append(value)
        return ("array", elements, text[start:at + 1]), at + 1
    if text[at] == '"':
        token = STRING.match(text, at)
        return ("string", decoded(token.group()), token.group()), token.end()
    token = OTHER.match(text, at)
    return (("null" if token.group() == "null" else "scalar"), token.group(), token.group()), token.end()


def as_text(value):
    kind, v, raw = value
    return {"null": None, "string": v, "scalar": raw}.get(kind, raw)


def as_time(value):
    if value[0] != "string":
        return None
    try:
        t = datetime.datetime.fromisoformat(value[1])
    except ValueError:
        return None
    if t.tzinfo:
        t = t.astimezone(datetime.timezone.utc)
    return time_text(t)


def time_text(t):
    return t.strftime("%Y-%m-%d %H:%M:%S.") + "%03d" % (t.microsecond // 1000)


def mapped(kind, value):
    """The value of a column of the given kind."""
    if value is None or value[0] == "null":
        return None
    if kind == TEXT:
        return as_text(value)
    if kind == TIME:
        return as_time(value)
    if kind == BOOL:
        return {"true": True, "false": False}.get(value[1].lower()) if value[0] in ("string", "scalar") else None
    if kind == MAP:
        return {k: as_text(v) for k, v in value[1]} if value[0] == "object" else None
    if isinstance(kind[0], list):
        return [mapped(kind[0], v) for v in value[1]] if value[0] == "array" else None
    if value[0] != "object":
        return None
    return struct(kind, value)


def struct(fields, value):
    folded = {}
    for name, v in value[1]:
        folded[name.lower()] = v
    exact = dict(value[1])
    return {column(name): mapped(kind, exact.get(name, folded.get(name.lower()))) for name, kind in fields}


def delivered(path):
    """The order in which archives are read: by the time in their name, or the day of their folder."""
    m = re.search(r"[_-](\d{8}T\d{4})", os.path.basename(path))
    if m:
        return m.group(1)
    m = re.search(r"/(\d{4})/(\d{2})/(\d{2})/[^/]*$", path)
    return "".join(m.groups()) if m else ""


def rows_of_archives(folder):
    """What a store must hold, by eventjsonchecksum, the number of records read, and how many contradict one before."""
    paths = [os.path.join(d, f) for d, _, files in os.walk(folder) for f in files]
    rows, seen, read, conflicting = {}, set(), 0, 0
    for path in sorted(paths, key=lambda p: (delivered(p), p)):
        with open(path, "rb") as file:
            content = file.read()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = compact(content.decode("utf-8-sig", "replace"))
        if not text:
            continue
        at = text.index('"Records":[') + len('"Records":')
        for record in parse(text, at)[0][1]:
            read += 1
            row = struct(TABLE, record)
            sum_ = base64.b64encode(hashlib.sha256(record[2].encode()).digest()).decode()
            row["eventjson"], row["eventjsonchecksum"], row["_archive"] = record[2], sum_, path
            # Events of one ID whose content differs are all kept.
            key = (row["eventid"], row["recipientaccountid"])
            conflicting += key in seen and sum_ not in rows and row["eventid"] is not None
            seen.add(key)
            rows.setdefault(sum_, row)
    return rows, read, conflicting


def plain(kind, value, clickhouse=False):
    """A value as a reader gives it, in the form of mapped."""
    if kind == MAP:
        if value is None or clickhouse and not value:
            return {} if clickhouse else None
        return dict(value)
    if value is None:
        return [] if clickhouse and isinstance(kind, list) and isinstance(kind[0], list) else None
    if kind == TIME:
        return value[:23] if isinstance(value, str) else time_text(value)
    if isinstance(kind, list):
        if isinstance(kind[0], list):
            return [plain(kind[0], v, clickhouse) for v in value]
        return {column(name): plain(k, value[column(name)], clickhouse) for name, k in kind}
    return value


def without_nulls(kind, value):
    """ClickHouse has no NULL maps and arrays: they read as empty ones."""
    return plain(kind, value, clickhouse=True)


class Comparison:
    def __init__(self, rows, reader):
        self.rows, self.reader, self.seen, self.values, self.wrong = rows, reader, set(), 0, 0

    def row(self, got, day=None):
        want = self.rows.get(got["eventjsonchecksum"])
        if want is None or got["eventjsonchecksum"] in self.seen:
            self.complain("a row that should not be there: %s" % got["eventjson"])
            return
        self.seen.add(got["eventjsonchecksum"])
        for name, kind in TABLE:
            name = column(name)
            expected = want[name]
            if self.reader == "ClickHouse":
                expected = without_nulls(kind, expected)
            value = plain(kind, got[name], self.reader == "ClickHouse")
            self.values += 1
            if value != expected or self.order(value) != self.order(expected):
                self.complain("%s of %s: got %r, want %r" % (name, want["eventid"], value, expected))
        if day is not None and want["eventtime"] is not None and day != int(want["eventtime"][:10].replace("-", "")):
            self.complain("%s of %s is in the partition of %d" % (want["eventid"], want["eventtime"], day))

    @staticmethod
    def order(value):
        return list(value) if isinstance(value, dict) else None

    def complain(self, text):
        self.wrong += 1
        if self.wrong <= 10:
            print("%s: %s" % (self.reader, text[:1000]), file=sys.stderr)

    def done(self):
        if len(self.seen) != len(self.rows):
            self.complain("%d rows, want %d" % (len(self.seen), len(self.rows)))
        print("  %-12s %d rows, %d values, %d differences" % (self.reader, len(self.seen), self.values, self.wrong), flush=True)
        return self.wrong


def run(ctlake, *args):
    done = subprocess.run([ctlake, *args], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def check(ctlake, folder, lake):
    folder = os.path.abspath(folder)
    rows, read, conflicting = rows_of_archives(folder)
    summary = json.loads(run(ctlake, "--lake", lake, "ingest", folder, "--store", "trail", "--retention-days", "3653",
                             "--retention-from", "newest", "--output", "json"))
    events = summary["events"]
    print("%s: %d records, %d events" % (folder, read, len(rows)), flush=True)
    wrong = 0
    if (events["read"] != read or events["kept"] != len(rows) or events["duplicate"] != read - len(rows)
            or events.get("conflicting", 0) != conflicting):
        print("the summary says %s" % events, file=sys.stderr)
        wrong += 1

    store = os.path.join(lake, "stores", summary["store"]["id"])
    files = sorted(os.path.join(d, f) for d, _, names in os.walk(store) for f in names)
    apache, clickhouse = Comparison(rows, "pyarrow"), Comparison(rows, "ClickHouse")
    for path in files:
        day = int(re.search(r"calendarday=(\d{8})/", path).group(1))
        table = pyarrow.orc.ORCFile(path).read()
        if table.column_names != COLUMNS:
            print("columns of %s: %s" % (path, table.column_names), file=sys.stderr)
            wrong += 1
        for batch in table.to_batches(max_chunksize=1000):
            for row in batch.to_pylist():
                apache.row(row, day)
        answer = chdb.query(
            "SELECT %s FROM file('%s', ORC) SETTINGS session_timezone = 'UTC', output_format_json_escape_forward_slashes = 0,"
            " output_format_json_named_tuples_as_objects = 1" % (", ".join("`%s`" % c for c in COLUMNS), path), "JSONEachRow")
        # Lines end at LF alone: texts may hold other line separators.
        for line in answer.bytes().decode().split("\n"):
            if line:
                clickhouse.row(json.loads(line), day)
    wrong += apache.done() + clickhouse.done()

    answered = Comparison(rows, "ctlake query")
    lines = run(ctlake, "--lake", lake, "query", '''SELECT *, "$archive" AS "_archive", calendarday FROM trail''', "--output", "jsonl")
    for line in lines.split("\n"):
        if line:
            row = json.loads(line)
            answered.row(row, row["calendarday"])
    return wrong + answered.done()


def main():
    ctlake, folders = os.path.abspath(sys.argv[1]), sys.argv[2:]
    wrong = 0
    for folder in folders:
        with tempfile.TemporaryDirectory() as lake:
            os.chmod(lake, 0o700)
            wrong += check(ctlake, folder, lake)
    sys.exit(1 if wrong else 0)


main()
