#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes columnar/: one small table with every kind of column as Parquet, Arrow file and Arrow stream, and rows.jsonl, what
Luthier should read from them."""
import datetime
import decimal
import json
import pathlib

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent / "columnar"

TURN = pa.struct([("role", pa.string()), ("content", pa.large_string()), ("name", pa.string())])
COLUMNS = {
    "text": (pa.string(), ["one", 'quote " and \\ and\nline\tend \x01', None, "Grüße 🌍"]),
    "large": (pa.large_string(), ["a", "", "b", None]),
    "small": (pa.int8(), [1, -128, None, 127]),
    "big": (pa.uint64(), [0, 18446744073709551615, 1, None]),
    "real": (pa.float64(), [0.1, float("nan"), -1e300, None]),
    "short": (pa.float32(), [0.1, float("inf"), 2.5, None]),
    "flag": (pa.bool_(), [True, False, None, True]),
    "turns": (pa.list_(TURN), [[{"role": "user", "content": "Ask", "name": None}], [], None,
                               [{"role": "user", "content": "a", "name": "Mira"}, {"role": "assistant", "content": "b", "name": None}]]),
    "numbers": (pa.large_list(pa.int32()), [[1, 2], [None], [], None]),
    "pair": (pa.list_(pa.float64(), 2), [[1.5, 2.5], [3.0, 4.0], None, [5.0, 6.0]]),
    "map": (pa.map_(pa.string(), pa.int64()), [[("x", 1)], [], None, [("y", 2), ("z", None)]]),
    "word": (pa.dictionary(pa.int8(), pa.string()), ["often", "seldom", "often", None]),
    "day": (pa.date32(), [datetime.date(2024, 2, 29), None, None, datetime.date(1969, 12, 31)]),
    "moment": (pa.timestamp("ms"), [datetime.datetime(2024, 2, 29, 12, 30, 1, 500000), None, None, None]),
    "price": (pa.decimal128(10, 2), [decimal.Decimal("12.30"), None, decimal.Decimal("-0.05"), None]),
    "picture": (pa.binary(), [b"\x89PNG\xff", None, b"", b"x"]),
    "nothing": (pa.null(), [None, None, None, None]),
}


def spelled(name, value):
    if value is None or name in ("picture", "nothing"):
        return None
    if name == "turns":
        return [{k: v for k, v in turn.items() if v is not None} for turn in value]
    if name == "map":
        return dict(value)
    if name == "short":
        return None if value == float("inf") else value
    if name == "real" and value != value:
        return None
    if name == "day":
        return value.isoformat()
    if name == "moment":
        return value.isoformat(sep=" ", timespec="milliseconds")
    if name == "price":
        return str(value)
    return value


def main():
    HERE.mkdir(exist_ok=True)
    table = pa.table({name: pa.array(values, kind) for name, (kind, values) in COLUMNS.items()})
    rows = pa.concat_tables([table] * 3)
    pq.write_table(rows, HERE / "table.parquet", row_group_size=5, compression="zstd")
    batch = table.combine_chunks().to_batches()[0]
    with ipc.new_file(str(HERE / "table.arrow"), table.schema) as file:
        for _ in range(3):
            file.write_batch(batch)
    with ipc.new_stream(str(HERE / "stream.arrow"), table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as file:
        for _ in range(3):
            file.write_batch(batch.slice(0, 4))
    odd = {"prompt": ["Who bakes?", "Who rows?"], "completion": ["Odo.", "Tam."], "score": [1.5, float("nan")], "ratio": pa.array([float("inf"), 2.0], pa.float32())}
    pq.write_table(pa.table(odd), HERE / "nan.parquet")
    with open(HERE / "rows.jsonl", "w", encoding="utf-8") as file:
        for index in range(12):
            row = {name: spelled(name, values[index % 4]) for name, (_, values) in COLUMNS.items()}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
