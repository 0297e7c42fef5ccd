"""One table written in every format that the program reads."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

Table: TypeAlias = dict[str, Sequence[Any]]


def delimited(table: Table, delimiter: str = ",", decimal: str = ".", end: str = "\n", quoting: int = 0) -> bytes:
    """The table as delimited text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]  # csv's own constants
    writer.writerow(table)
    for row in zip(*table.values(), strict=True):
        writer.writerow([str(cell).replace(".", decimal) for cell in row])
    return out.getvalue().encode()


def _records(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def _ndjson(table: Table) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in _records(table))


def _npz(table: Table) -> bytes:
    out = io.BytesIO()
    np.savez(out, **{name: np.array(cells) for name, cells in table.items()})  # type: ignore[arg-type]  # its stub knows allow_pickle only
    return out.getvalue()


def _npy(table: Table) -> bytes:
    out = io.BytesIO()
    arrays = {name: np.array(cells) for name, cells in table.items()}
    records = np.empty(len(next(iter(arrays.values()))), [(name, array.dtype) for name, array in arrays.items()])
    for name, array in arrays.items():
        records[name] = array
    np.save(out, records)
    return out.getvalue()


def _split(table: Table) -> bytes:
    rows = list(zip(*table.values(), strict=True))
    return json.dumps({"columns": list(table), "index": list(range(len(rows))), "data": rows}).encode()


def _indexed(table: Table) -> bytes:
    return json.dumps(
        {name: {str(row): cell for row, cell in enumerate(cells)} for name, cells in table.items()}
    ).encode()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "plain.csv": delimited,
    "crlf.csv": lambda table: delimited(table, end="\r\n"),
    "mac.csv": lambda table: delimited(table, end="\r"),
    "bom.csv": lambda table: b"\xef\xbb\xbf" + delimited(table),
    "quoted.csv": lambda table: delimited(table, quoting=csv.QUOTE_ALL),
    "blank_lines.csv": lambda table: delimited(table).replace(b"\n", b"\n\n"),
    "no_last_line_end.csv": lambda table: delimited(table).rstrip(b"\n"),
    "tabs.tsv": lambda table: delimited(table, "\t"),
    "tabs_without_a_telling_name": lambda table: delimited(table, "\t"),
    "bars.csv": lambda table: delimited(table, "|"),
    "spaces.txt": lambda table: delimited(table, " "),
    "european.csv": lambda table: delimited(table, ";", ","),
    "semicolons.csv": lambda table: delimited(table, ";"),
    "columns.json": lambda table: json.dumps({name: list(cells) for name, cells in table.items()}).encode(),
    "records.json": lambda table: json.dumps(_records(table), indent=2).encode(),
    "split.json": _split,
    "indexed.json": _indexed,
    "lines.ndjson": _ndjson,
    "lines_without_a_telling_name": _ndjson,
    "members.npz": _npz,
    "records.npy": _npy,
    "plain.csv.gz": lambda table: gzip.compress(delimited(table)),
    "two_members.csv.gz": lambda table: b"".join(map(gzip.compress, delimited(table).partition(b"\n"))),
    "plain.csv.bz2": lambda table: bz2.compress(delimited(table)),
    "plain.csv.xz": lambda table: lzma.compress(delimited(table)),
    "lines.ndjson.gz": lambda table: gzip.compress(_ndjson(table)),
}
