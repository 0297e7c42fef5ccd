"""What an exact sum costs a value, for values of several kinds.

python tests/benchmarks/exact_sum.py
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from lossctl.aggregates.exact import ExactSum

VALUES = 4_000_000
RUNS = 9


def main() -> None:
    """Print the median cost of each kind of values."""
    rng = np.random.default_rng(0)
    kinds = {
        "squared errors": (rng.normal(size=VALUES) ** 2, 3),
        "cross entropies": (-np.log(rng.uniform(size=VALUES)), 4),
        "600 decades": (rng.normal(size=VALUES) * 10.0 ** rng.integers(-300, 300, VALUES), 6),
    }
    for name, (values, bound) in kinds.items():
        costs = []
        for _ in range(RUNS):
            start = time.perf_counter()
            ExactSum.of(values)
            costs.append((time.perf_counter() - start) / VALUES * 1e9)
        print(f"{name:<16} {statistics.median(costs):5.2f} ns a value  (at most {bound})")


if __name__ == "__main__":
    main()
