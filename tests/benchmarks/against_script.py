"""The program beside the scripts that a user would write: pandas and scikit-learn, which must be installed.

    python tests/benchmarks/against_script.py [ROWS ...]

Whole processes, five of each in turn; medians, the ratio of the pairs, and the largest memory seen.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEAN = """
import sys
import pandas as pd
from sklearn.metrics import mean_squared_error
table = pd.read_csv(sys.argv[1])
print(mean_squared_error(table.y_true, table.y_pred))
"""
EVERY_ROW = """
import sys
import pandas as pd
table = pd.read_csv(sys.argv[1], usecols=["y_true", "y_pred"])
table.assign(mse=(table.y_pred - table.y_true) ** 2).to_csv(sys.stdout, index_label="row")
"""
CASES = {
    "compute -f value": (["compute", "mse", "-f", "value"], MEAN),
    "breakdown --all -f csv": (["breakdown", "mse", "--all", "-f", "csv"], EVERY_ROW),
}
RUNS = 5


def measured(command: list[str]) -> tuple[float, float]:
    """The wall time of one run in seconds, and its memory in MB."""
    watcher = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", watcher, *command], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, float(done.stdout)


def main() -> None:
    """Compare the two on files of each size."""
    program = shutil.which("lossctl", path=str(Path(sys.executable).parent)) or "lossctl"
    rng = random.Random(0)
    for rows in map(int, sys.argv[1:] or ["1000", "1000000"]):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "predictions.csv"
            with file.open("w") as text:
                text.write("y_true,y_pred,w\n")
                text.writelines(
                    f"{rng.gauss(0, 1):.6f},{rng.gauss(0, 1):.6f},{rng.random():.6f}\n" for _ in range(rows)
                )
            for name, (arguments, script) in CASES.items():
                ours = [program, *arguments, str(file)]
                theirs = [sys.executable, "-c", script, str(file)]
                compare(f"{rows:>9,} rows, {name}", ours, theirs)


def compare(name: str, ours: list[str], theirs: list[str]) -> None:
    """Print the medians of both and of the ratios of their pairs."""
    measured(ours), measured(theirs)
    pairs = [(measured(ours), measured(theirs)) for _ in range(RUNS)]
    ratio = statistics.median(one[0] / other[0] for one, other in pairs)
    mine, script = (
        [statistics.median(run[index] for run in side) for index in (0, 1)] for side in zip(*pairs, strict=True)
    )
    print(
        f"{name}: {mine[0]:.2f} s and {mine[1]:.0f} MB, "
        f"script {script[0]:.2f} s and {script[1]:.0f} MB, ratio of times {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
