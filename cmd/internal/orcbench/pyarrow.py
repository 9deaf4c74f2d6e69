"""Reads and writes ORC with pyarrow, for orcbench: a request a line on stdin, an answer a line on stdout.

    pyarrow.py FILE.orc cpu|wall
"""

import gc
import json
import sys
import time

import pyarrow as pa
import pyarrow.orc as orc

pa.set_cpu_count(1)
pa.set_io_thread_count(1)
path, clock = sys.argv[1:]
now = time.process_time if clock == "cpu" else time.perf_counter
table, columns_of_table = None, None


class Count:
    """A file that only counts."""

    def __init__(self):
        self.bytes, self.closed = 0, False

    def write(self, data):
        self.bytes += len(data)
        return len(data)

    def flush(self):
        pass

    def close(self):
        self.closed = True


def text_bytes(column):
    """What the values of a column take: text and 4 bytes of each string or list, numbers whole."""
    t = column.type
    if pa.types.is_struct(t):
        return sum(text_bytes(column.field(i)) for i in range(t.num_fields))
    if pa.types.is_map(t):
        return 4 * len(column) + text_bytes(column.keys) + text_bytes(column.items)
    if pa.types.is_list(t):
        return 4 * len(column) + text_bytes(column.values)
    if pa.types.is_string(t) or pa.types.is_binary(t):
        _, offsets, _ = column.buffers()
        view = memoryview(offsets).cast("i")
        return 4 * len(column) + view[column.offset + len(column)] - view[column.offset]
    return len(column) * max(8, t.bit_width) // 8


def read(columns, count):
    rows = size = 0
    start = now()
    file = orc.ORCFile(path)
    for i in range(file.nstripes):
        batch = file.read_stripe(i, columns)
        rows += len(batch)
        if count:
            size += sum(text_bytes(c) for c in batch.columns)
        del batch
    return {"seconds": now() - start, "rows": rows, "bytes": size}


def hold(rows):
    global table
    file = orc.ORCFile(path)
    batches = []
    for i in range(file.nstripes):
        if sum(len(b) for b in batches) >= rows:
            break
        batches.append(file.read_stripe(i))
    table = pa.Table.from_batches(batches)
    return {"rows": len(table)}


def column_ids(schema):
    """Numbers of the ORC columns by dotted path."""
    ids, next_id = {}, 0

    def walk(t, name):
        nonlocal next_id
        ids[name] = next_id
        next_id += 1
        if pa.types.is_struct(t):
            for i in range(t.num_fields):
                walk(t.field(i).type, name + "." + t.field(i).name)
        elif pa.types.is_map(t):
            walk(t.key_type, name + ".<key>")
            walk(t.item_type, name + ".<value>")
        elif pa.types.is_list(t):
            walk(t.value_type, name + ".<element>")

    walk(pa.struct(list(schema)), "")
    return ids


def write(options):
    options = dict(options)
    if "bloom_filter_columns" in options:
        ids = column_ids(table.schema)
        options["bloom_filter_columns"] = [ids["." + name] for name in options["bloom_filter_columns"]]
    sink = Count()
    start = now()
    orc.write_table(table, pa.PythonFile(sink, mode="w"), **options)
    return {"seconds": now() - start, "rows": len(table), "bytes": sink.bytes}


print(json.dumps({"version": pa.__version__, "cpp": pa.cpp_version}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    gc.collect()
    operation = request.pop("do")
    answer = {"read": read, "hold": hold, "write": write}[operation](**request)
    print(json.dumps(answer), flush=True)
