"""How long the installed program takes on a small file, beside the imports it cannot do without.

    python tests/benchmarks/start_up.py [RUNS]

Runs are taken in turn, the program's and its peer's, and the ratio is of each such pair.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(command: list[str]) -> float:
    """The wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare(name: str, ours: list[str], peer: list[str], runs: int, bound: float) -> None:
    """Print the medians of both and of the ratios of their pairs."""
    seconds(ours), seconds(peer)
    pairs = [(seconds(ours), seconds(peer)) for _ in range(runs)]
    mine, theirs = (statistics.median(side) * 1e3 for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{name:<28} {mine:6.1f} ms  peer {theirs:6.1f} ms  ratio {ratio:.2f}  (at most {bound:g})")


def main() -> None:
    """Compare the three commands whose start-up is promised."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    program = shutil.which("lossctl", path=str(Path(sys.executable).parent)) or "lossctl"
    imports = [sys.executable, "-c", "import typer, numpy"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "small.csv"
        file.write_text("y_true,y_pred\n" + "".join(f"{row},{row * 1.01}\n" for row in range(1000)))
        compute = [program, "compute", "mse", str(file)]
        compare("compute -f value", [*compute, "-f", "value"], imports, runs, 1.35)
        compare("compute, table", compute, imports, runs, 1.8)
        compare("--version", [program, "--version"], [sys.executable, "-c", "pass"], runs, 2.5)


if __name__ == "__main__":
    main()
