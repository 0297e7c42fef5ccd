"""One table written in every format that the program reads."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from lossctl.losses.spec import example

if TYPE_CHECKING:
    from collections.abc import Callable

    from lossctl.losses.declare import Loss

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Table: TypeAlias = dict[str, Any]

zst = zstd.compress


def regression(rows: int, seed: int = 7) -> Table:
    """Positive truths and predictions, with ids, weights and groups."""
    rng = np.random.default_rng(seed)
    truth = rng.lognormal(sigma=2, size=rows)
    return {
        "id": [f"r{row}" for row in range(rows)],
        "y_true": truth.tolist(),
        "y_pred": (truth * rng.lognormal(sigma=0.3, size=rows)).tolist(),
        "w": rng.uniform(0, 3, rows).tolist(),
        "region": rng.choice(["north", "south", "3", "12"], rows).tolist(),
    }


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


def parquet(table: Table, **how: Any) -> bytes:
    """The table as a Parquet file."""
    out = io.BytesIO()
    pl.DataFrame(table, strict=False).write_parquet(out, **how)
    return out.getvalue()


def arrow(table: Table, **how: Any) -> bytes:
    """The table as an Arrow file."""
    out = io.BytesIO()
    pl.DataFrame(table, strict=False).write_ipc(out, **how)
    return out.getvalue()


def _arrow_stream(table: Table) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(table, strict=False).write_ipc_stream(out, compression="lz4")
    return out.getvalue()


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
    "plain.csv.zst": lambda table: zst(delimited(table)),
    "two_frames.csv.zst": lambda table: b"".join(map(zst, delimited(table).partition(b"\n"))),
    "lines.ndjson.gz": lambda table: gzip.compress(_ndjson(table)),
    "columns.parquet": parquet,
    "row_groups.parquet": lambda table: parquet(table, row_group_size=37, compression="snappy"),
    "columns.parquet.gz": lambda table: gzip.compress(parquet(table)),
    "columns.arrow": arrow,
    "batches.arrow": lambda table: arrow(table, record_batch_size=37, compression="zstd"),
    "batches.feather.xz": lambda table: lzma.compress(arrow(table, record_batch_size=37)),
    "stream.arrows": _arrow_stream,
    "stream.arrows.zst": lambda table: zst(_arrow_stream(table)),
    "columns_without_a_telling_name": parquet,
}


def demanded(loss: Loss) -> dict[str, Any]:
    """Values for the parameters that have no default, for rows of three values."""
    kinds = {name: param.kind for name, param in loss.params.items() if param.required}
    return {name: kind.parse(example(kind)) for name, kind in kinds.items()}


def asked(loss: Loss) -> str:
    """The LOSS that asks for it."""
    texts = {name: str([*value]) if isinstance(value, tuple) else value for name, value in demanded(loss).items()}
    return ":".join([loss.name, *(f"{name}={text}" for name, text in texts.items())])
