"""Large files beside what reads them fastest: a polars expression, DuckDB's command line, pandas with scikit-learn.

    python tests/benchmarks/large.py [ROWS ...]

Whole processes, five of each in turn, on three columns of numbers; medians, the ratio of the pairs to the polars
expression, and the largest memory seen. Peers that are not installed are left out.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5
WATCHER = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1], shell=True, check=True, stdout=subprocess.DEVNULL); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
)
EXPRESSION = """
import sys
import polars as pl
scan = pl.scan_parquet if sys.argv[1].endswith("parquet") else pl.scan_ndjson if "json" in sys.argv[1] else pl.scan_csv
print(scan(sys.argv[1]).select(((pl.col("y_pred") - pl.col("y_true")) ** 2).mean()).collect(engine="streaming").item())
"""
SCRIPT = """
import sys
import pandas as pd
from sklearn.metrics import mean_squared_error
table = pd.read_parquet(sys.argv[1]) if sys.argv[1].endswith("parquet") else pd.read_csv(sys.argv[1])
print(mean_squared_error(table.y_true, table.y_pred))
"""
QUERY = "select avg((y_pred - y_true) * (y_pred - y_true)) from '{file}'"


def measured(line: str) -> tuple[float, float]:
    """The wall time of a shell line in seconds, and its memory in MB."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", WATCHER, line], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, float(done.stdout)


def peers(file: Path) -> dict[str, str]:
    """Shell lines that compute the mean squared error of a file, the program's and the expression's first."""
    here = Path(sys.executable).parent
    program = shutil.which("lossctl", path=str(here)) or "lossctl"
    lines = {
        "lossctl": f"{program} compute mse {file} -f value",
        "polars expression": f"{sys.executable} -c '{EXPRESSION}' {file}",
    }
    if file.suffix == ".csv":
        lines["lossctl, through a pipe"] = f"cat {file} | {program} compute mse - -f value"
    if find_spec("pandas") and find_spec("sklearn") and file.suffix in {".csv", ".gz"}:
        lines["pandas and scikit-learn"] = f"{sys.executable} -c '{SCRIPT}' {file}"
    duckdb = shutil.which("duckdb", path=str(here)) or shutil.which("duckdb")
    if duckdb:
        lines["DuckDB command line"] = f'{duckdb} -c "{QUERY.format(file=file)}"'
    return lines


def main() -> None:
    """Compare them on files of each size and format."""
    for rows in map(int, sys.argv[1:] or ["1000000", "10000000"]):
        with tempfile.TemporaryDirectory() as folder:
            rng = np.random.default_rng(0)
            columns = {name: rng.normal(size=rows).round(6) for name in ("y_true", "y_pred", "w")}
            table = pl.DataFrame(columns)
            writers: dict[str, Callable[[Path], object]] = {
                "csv": table.write_csv,
                "parquet": table.write_parquet,
                "ndjson": table.write_ndjson,
            }
            for format, write in writers.items():
                file = Path(folder) / f"predictions.{format}"
                write(file)
                compare(f"{rows:>10,} rows, {format}", peers(file))
                if format == "csv":
                    subprocess.run(["gzip", "-1", "-k", str(file)], check=True)
                    compare(f"{rows:>10,} rows, csv.gz", peers(Path(f"{file}.gz")))
                    Path(f"{file}.gz").unlink()
                file.unlink()


def compare(name: str, lines: dict[str, str]) -> None:
    """Print the medians of each, and its ratio to the expression."""
    runs = [{peer: measured(line) for peer, line in lines.items()} for _ in range(RUNS + 1)][1:]
    for peer in lines:
        seconds, memory = (statistics.median(run[peer][index] for run in runs) for index in (0, 1))
        ratio = statistics.median(run[peer][0] / run["polars expression"][0] for run in runs)
        print(f"{name}: {peer:<24} {seconds:6.2f} s {memory:5.0f} MB  {ratio:5.2f} x the expression", flush=True)


if __name__ == "__main__":
    main()
