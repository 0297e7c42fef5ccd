"""Ask scikit-learn, SciPy and PyTorch for their numbers, and write them into bank.json beside this file.

    python tests/frameworks/make_bank.py

Only calls whose definition is lossctl's own are made, on float64 and where the framework keeps its digits: PyTorch
rounds losses of logits at the size of the logits, so theirs are small where single rows are asked for. The text of a call is what is run: `y`, `p` and `w`
in it are y_true, y_pred and weight as arrays or tensors. The tests read the bank and need none of the frameworks.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BANK = os.path.join(os.path.dirname(__file__), "bank.json")
OWNERS = {
    "F.": "torch",
    "metrics.": "scikit-learn",
    "sgd.": "scikit-learn",
    "special.": "scipy",
    "stats.": "scipy",
    "distance.": "scipy",
}
WHERE = {
    "F": "torch.nn.functional",
    "torch": "torch",
    "metrics": "sklearn.metrics",
    "sgd": "sklearn.linear_model._sgd_fast",
    "special": "scipy.special",
    "stats": "scipy.stats",
    "distance": "scipy.spatial.distance",
    "np": "numpy",
}


class Data(NamedTuple):
    """The inputs of a call; `options` are those of `lossctl.compute` that say what text labels mean."""

    y: list[Any]
    p: list[Any]
    w: list[float]
    options: Mapping[str, Any] = MappingProxyType({})


class Ask(NamedTuple):
    """One call, and the loss and the reduction of lossctl that are the same."""

    data: Data
    loss: str
    reduction: str
    call: str


def numbers(seed: int, scale: float, *shape: int) -> list[Any]:
    """Normal numbers of four digits, so that the bank stays short."""
    return _short(scale * np.random.default_rng(seed).normal(size=shape))


def weights(seed: int, rows: int) -> list[float]:
    """Positive weights."""
    return _short(np.random.default_rng(seed).uniform(0.1, 3, rows))


def probabilities(seed: int, *shape: int) -> list[Any]:
    """Probabilities of four digits, away from 0 and 1."""
    return _short(np.random.default_rng(seed).uniform(0.01, 0.99, shape))


def simplex(seed: int, rows: int, k: int) -> list[list[float]]:
    """Distributions over k classes, in thousandths that add to 1."""
    parts = np.random.default_rng(seed).multinomial(1000 - k, [1 / k] * k, rows) + 1
    rough = np.random.default_rng(seed + 1).permuted(parts, axis=1)
    rough[:, 0] += rough[:, 1] // 2
    rough[:, 1] -= rough[:, 1] // 2
    return [[int(part) / 1000 for part in row] for row in rough]


def labels(seed: int, rows: int, k: int) -> list[int]:
    """Class ids, each of which occurs."""
    return [int(label) for label in np.random.default_rng(seed).permutation(np.arange(rows) % k)]


def _short(values: Any) -> list[Any]:
    short: list[Any] = json.loads(json.dumps(values.tolist()), parse_float=lambda text: float(f"{float(text):.4g}"))
    return short


def regression() -> Iterator[Ask]:
    """Losses of real values."""
    near = Data(numbers(1, 1, 6), numbers(2, 1, 6), weights(3, 6))
    far = Data(numbers(4, 3000, 5), numbers(5, 3000, 5), weights(6, 5))
    tiny = Data(numbers(7, 1e-3, 5), numbers(8, 1e-3, 5), weights(9, 5))
    wide = Data(numbers(10, 2, 4, 3), numbers(11, 2, 4, 3), weights(12, 4))
    for data in (near, far, tiny):
        for loss, call in (("mae", "F.l1_loss(p, y"), ("mse", "F.mse_loss(p, y")):
            yield Ask(data, loss, "mean-weight", f"{call}, weight=w)")
            yield Ask(data, loss, "sum", f"{call}, reduction='sum', weight=w)")
        for delta in (0.5, 1.0, 3.0):
            yield Ask(data._replace(w=[]), f"huber:delta={delta}", "mean", f"F.huber_loss(p, y, delta={delta})")
            yield Ask(data._replace(w=[]), f"huber:delta={delta}", "none", f"special.huber({delta}, p - y)")
            yield Ask(data, f"huber:delta={delta}", "mean-count", f"F.huber_loss(p, y, delta={delta}, weight=w)")
        for beta in (0.0, 1 / 9, 1.0, 2.5):
            call = f"F.smooth_l1_loss(p, y, beta={beta}"
            yield Ask(data._replace(w=[]), f"smooth_l1:beta={beta}", "mean", f"{call})")
            yield Ask(data._replace(w=[]), f"smooth_l1:beta={beta}", "none", f"{call}, reduction='none')")
        yield Ask(data, "mae", "mean", "metrics.mean_absolute_error(y, p, sample_weight=w)")
        yield Ask(data, "mse", "mean", "metrics.mean_squared_error(y, p, sample_weight=w)")
        yield Ask(data, "rmse", "mean", "metrics.root_mean_squared_error(y, p, sample_weight=w)")
        yield Ask(data._replace(w=[]), "rmse", "mean", "metrics.root_mean_squared_error(y, p)")
        for level in (0.05, 0.5, 0.9):
            call = f"metrics.mean_pinball_loss(y, p, alpha={level}, sample_weight=w)"
            yield Ask(data, f"quantile:level={level}", "mean", call)
    for delta in (0.5, 1.0, 4.0):
        for data in (near, far):
            call = f"special.pseudo_huber({delta}, p - y)"
            yield Ask(data._replace(w=[]), f"pseudo_huber:delta={delta}", "none", call)
    for data in (near, far):
        call = "special.logsumexp(np.stack([p - y, y - p]), axis=0) - np.log(2)"
        yield Ask(data._replace(w=[]), "log_cosh", "none", call)
    for data in (near, wide):
        positive = data._replace(y=_absolute(data.y), p=_absolute(data.p))
        yield Ask(positive, "msle", "mean", "metrics.mean_squared_log_error(y, p, sample_weight=w)")
        yield Ask(positive._replace(w=[]), "msle", "mean", "metrics.mean_squared_log_error(y, p)")
    bare = wide._replace(w=[])
    yield Ask(bare, "mae", "mean", "F.l1_loss(p, y)")
    yield Ask(bare, "mse", "mean", "F.mse_loss(p, y)")
    yield Ask(bare, "mse", "none", "F.mse_loss(p, y, reduction='none').mean(dim=1)")
    yield Ask(bare, "huber:delta=0.7", "mean", "F.huber_loss(p, y, delta=0.7)")
    yield Ask(bare, "smooth_l1:beta=0.7", "mean", "F.smooth_l1_loss(p, y, beta=0.7)")
    yield Ask(bare, "log_cosh", "none", "special.logsumexp(np.stack([p - y, y - p]), axis=0).mean(axis=1) - np.log(2)")
    yield Ask(wide, "mae", "mean", "metrics.mean_absolute_error(y, p, sample_weight=w)")
    yield Ask(wide, "mse", "mean", "metrics.mean_squared_error(y, p, sample_weight=w)")
    yield Ask(wide, "quantile:level=0.8", "mean", "metrics.mean_pinball_loss(y, p, alpha=0.8, sample_weight=w)")


def binary() -> Iterator[Ask]:
    """Losses of two classes."""
    hard = Data([1.0, 0.0, 0.0, 1.0, 1.0, 0.0], probabilities(20, 6), weights(21, 6))
    soft = hard._replace(y=probabilities(22, 6))
    table = Data([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]], probabilities(23, 3, 3), [])
    for data in (hard, soft):
        yield Ask(data._replace(w=[]), "bce", "mean", "F.binary_cross_entropy(p, y)")
        yield Ask(data._replace(w=[]), "bce", "sum", "F.binary_cross_entropy(p, y, reduction='sum')")
        yield Ask(data._replace(w=[]), "bce", "none", "F.binary_cross_entropy(p, y, reduction='none')")
        yield Ask(data, "bce", "mean-count", "F.binary_cross_entropy(p, y, weight=w)")
        yield Ask(data, "bce", "none", "F.binary_cross_entropy(p, y, weight=w, reduction='none')")
    yield Ask(table, "bce", "mean", "F.binary_cross_entropy(p, y)")
    yield Ask(hard, "bce", "mean", "metrics.log_loss(y, p, sample_weight=w)")
    yield Ask(hard, "bce", "sum", "metrics.log_loss(y, p, sample_weight=w, normalize=False)")
    yield Ask(hard._replace(w=[]), "bce", "mean", "metrics.log_loss(y, p)")
    named = Data(["spam", "ham", "ham", "spam"], probabilities(24, 4), weights(25, 4), {"positive": "spam"})
    yield Ask(named, "bce", "mean", "metrics.log_loss(y, p, sample_weight=w)")
    for smoothing in (0.1, 0.4):
        call = f"F.cross_entropy(torch.stack([1 - p, p], dim=1).log(), y.long(), label_smoothing={smoothing})"
        yield Ask(hard._replace(w=[]), f"bce:label_smoothing={smoothing}", "mean", call)

    hard = Data([1.0, 0.0, 0.0, 1.0, 1.0, 0.0], numbers(26, 1, 6), weights(27, 6))
    soft = hard._replace(y=probabilities(28, 6))
    steep = Data([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], [1000.0, 1000.0, -1000.0, -1000.0, 40.0, -40.0], [])
    table = Data(table.y, numbers(29, 2, 3, 3), [])
    call = "F.binary_cross_entropy_with_logits(p, y"
    for data in (hard, soft, steep, table):
        yield Ask(data._replace(w=[]), "bce_logits", "mean", f"{call})")
        for weight in (0.3, 5.0):
            pos = f"pos_weight=torch.tensor({weight}, dtype=torch.float64)"
            yield Ask(data._replace(w=[]), f"bce_logits:pos_weight={weight}", "mean", f"{call}, {pos})")
    for data in (hard, soft, steep):
        yield Ask(data._replace(w=[]), "bce_logits", "sum", f"{call}, reduction='sum')")
        yield Ask(data._replace(w=[]), "bce_logits", "none", f"{call}, reduction='none')")
    for data in (hard, soft):
        yield Ask(data, "bce_logits", "mean-count", f"{call}, weight=w)")
        yield Ask(data, "bce_logits", "none", f"{call}, weight=w, reduction='none')")
    for data in (hard, steep):
        yield Ask(data._replace(w=[]), "bce_logits", "none", "-special.log_expit((2 * y - 1) * p)")
        for smoothing in (0.1, 0.4):
            pair = "torch.stack([torch.zeros_like(p), p], dim=1)"
            smoothed = f"F.cross_entropy({pair}, y.long(), label_smoothing={smoothing}, reduction='none')"
            yield Ask(data._replace(w=[]), f"bce_logits:label_smoothing={smoothing}", "none", smoothed)
    yield Ask(hard._replace(w=[]), "bce_logits", "mean", "F.soft_margin_loss(p, 2 * y - 1)")

    hard = hard._replace(p=numbers(30, 1, 6))
    signed = hard._replace(y=[1.0, -1.0, -1.0, 1.0, 1.0, -1.0])
    for data in (hard, signed):
        yield Ask(data._replace(w=[]), "hinge", "mean", "metrics.hinge_loss(y, p)")
        yield Ask(data, "hinge", "mean", "metrics.hinge_loss(y, p, sample_weight=w)")
        for power, loss in ((1, "hinge"), (2, "squared_hinge")):
            pair = "torch.stack([torch.zeros_like(p), p], dim=1), (y > 0).long()"
            margin = f"2 * F.multi_margin_loss({pair}, p={power}"
            yield Ask(data._replace(w=[]), loss, "mean", f"{margin})")
            yield Ask(data._replace(w=[]), loss, "none", f"{margin}, reduction='none')")
    squared = "np.array([sgd.SquaredHinge(1.0).py_loss(f, s) for f, s in zip(p, y, strict=True)])"
    yield Ask(signed._replace(w=[]), "squared_hinge", "none", squared)


def labelled() -> Iterator[Ask]:
    """Losses of classes given by their ids or names."""
    by_class = {3: [0.3, 2.0, 1.1], 2: [1.5, 0.2], 10: [0.5, 1.0, 1.5, 2.0, 0.1, 3.0, 0.7, 1.0, 1.0, 0.4]}
    for k, rows in ((3, 6), (2, 4), (10, 10)):
        logits = Data(labels(40, rows, k), numbers(41, 1, rows, k), [])
        shares = Data(labels(42, rows, k), simplex(43, rows, k), [])
        weight = f"weight=torch.tensor({by_class[k]}, dtype=torch.float64)"
        spec = "class_weight=[" + ",".join(map(str, by_class[k])) + "]"
        for data, loss, call in (
            (logits, "sparse_cce_logits", "F.cross_entropy(p, y"),
            (shares, "sparse_cce", "F.nll_loss(p.log(), y"),
        ):
            yield Ask(data, loss, "mean", f"{call})")
            yield Ask(data, loss, "sum", f"{call}, reduction='sum')")
            yield Ask(data, loss, "none", f"{call}, reduction='none')")
            yield Ask(data, f"{loss}:{spec}", "mean", f"{call}, {weight})")
            yield Ask(data, f"{loss}:{spec}", "sum", f"{call}, {weight}, reduction='sum')")
            yield Ask(data, f"{loss}:{spec}", "none", f"{call}, {weight}, reduction='none')")
            yield Ask(data, f"{loss}:ignore_index=1", "mean", f"{call}, ignore_index=1)")
            yield Ask(data, f"{loss}:{spec}:ignore_index=0", "mean", f"{call}, {weight}, ignore_index=0)")
            gaps = data._replace(y=[-100, *data.y[1:]])
            yield Ask(gaps, f"{loss}:ignore_index=-100", "mean", f"{call})")
            yield Ask(gaps, f"{loss}:ignore_index=-100", "none", f"{call}, reduction='none')")
        for data, loss, call in (
            (logits, "sparse_cce_logits", "F.cross_entropy(p, y"),
            (shares, "sparse_cce", "F.cross_entropy(p.log(), y"),
        ):
            smooth = f"{loss}:label_smoothing=0.1"
            yield Ask(data, smooth, "mean", f"{call}, label_smoothing=0.1)")
            yield Ask(data, smooth, "none", f"{call}, label_smoothing=0.1, reduction='none')")
            yield Ask(data, f"{smooth}:{spec}", "mean", f"{call}, {weight}, label_smoothing=0.1)")
            both = f"{call}, {weight}, label_smoothing=0.1, ignore_index=1)"
            yield Ask(data, f"{smooth}:{spec}:ignore_index=1", "mean", both)
        yield Ask(logits, "sparse_cce_logits", "none", "-special.log_softmax(p, axis=1)[np.arange(len(y)), y]")
        weighted = shares._replace(w=weights(44, rows))
        call = f"metrics.log_loss(y, p, labels=np.arange({k}), sample_weight=w"
        yield Ask(weighted, "sparse_cce", "mean", f"{call})")
        yield Ask(weighted, "sparse_cce", "sum", f"{call}, normalize=False)")
        unscaled = shares._replace(p=probabilities(45, rows, k))
        yield Ask(unscaled, "sparse_cce:renormalise=true", "mean", "F.cross_entropy(p.log(), y)")
    steep = Data([0, 1, 2, 0], [[1000.0, -1000.0, 0.0], [700.0, 0.0, -700.0], [1e-5, 0.0, 40.0], [0.0, 0.0, 0.0]], [])
    yield Ask(steep, "sparse_cce_logits", "mean", "F.cross_entropy(p, y)")
    names = {"classes": ["cat", "cow", "dog"]}
    named = Data(["dog", "cat", "cow", "cat"], simplex(46, 4, 3), weights(47, 4), names)
    yield Ask(named, "sparse_cce", "mean", "metrics.log_loss(y, p, sample_weight=w)")


def distributed() -> Iterator[Ask]:
    """Losses of classes given by probabilities."""
    by_class = {3: [0.3, 2.0, 1.1], 10: [0.5, 1.0, 1.5, 2.0, 0.1, 3.0, 0.7, 1.0, 1.0, 0.4]}
    for k, rows in ((3, 5), (10, 3)):
        logits = Data(simplex(60, rows, k), numbers(61, 1, rows, k), [])
        shares = Data(simplex(62, rows, k), simplex(64, rows, k), [])
        hard = np.eye(k)[labels(66, rows, k)].tolist()
        weight = f"weight=torch.tensor({by_class[k]}, dtype=torch.float64)"
        spec = "class_weight=[" + ",".join(map(str, by_class[k])) + "]"
        for data, loss, call in (
            (logits, "cce_logits", "F.cross_entropy(p, y"),
            (logits._replace(y=hard), "cce_logits", "F.cross_entropy(p, y"),
            (shares, "cce", "F.cross_entropy(p.log(), y"),
            (shares._replace(y=hard), "cce", "F.cross_entropy(p.log(), y"),
        ):
            yield Ask(data, loss, "mean", f"{call})")
            yield Ask(data, loss, "none", f"{call}, reduction='none')")
            yield Ask(data, loss, "sum", f"{call}, reduction='sum')")
            yield Ask(data, f"{loss}:label_smoothing=0.2", "mean", f"{call}, label_smoothing=0.2)")
            yield Ask(data, f"{loss}:{spec}", "mean-count", f"{call}, {weight})")
            both = f"{call}, {weight}, label_smoothing=0.2)"
            yield Ask(data, f"{loss}:label_smoothing=0.2:{spec}", "mean-count", both)
        unscaled = shares._replace(p=probabilities(67, rows, k))
        yield Ask(unscaled, "cce:renormalise=true", "none", "F.cross_entropy(p.log(), y, reduction='none')")
        yield Ask(shares, "kl", "mean", "F.kl_div(p.log(), y, reduction='batchmean')")
        yield Ask(shares, "kl", "sum", "F.kl_div(p.log(), y, reduction='sum')")
        yield Ask(shares, "kl", "none", "F.kl_div(p.log(), y.log(), reduction='none', log_target=True).sum(dim=1)")
        yield Ask(shares, "kl", "none", "special.rel_entr(y, p).sum(axis=1)")
        yield Ask(shares._replace(y=hard), "kl", "none", "special.rel_entr(y, p).sum(axis=1)")
        yield Ask(
            unscaled._replace(y=probabilities(68, rows, k)),
            "kl:renormalise=true",
            "none",
            "stats.entropy(y, p, axis=1)",
        )


def relative() -> Iterator[Ask]:
    """Losses of real values by their size, in logarithms, with a tolerance."""
    near = Data(numbers(80, 1, 6), numbers(81, 1, 6), weights(82, 6))
    wide = Data(numbers(83, 2, 4, 3), numbers(84, 2, 4, 3), weights(85, 4))
    far = Data(numbers(86, 3000, 5), numbers(87, 3000, 5), weights(88, 5))
    for data in (near, far, wide):
        yield Ask(data, "mape", "mean", "metrics.mean_absolute_percentage_error(y, p, sample_weight=w)")
        yield Ask(data._replace(w=[]), "half_mse", "mean", "F.mse_loss(p, y) / 2")
    for data in (near, far):
        positive = data._replace(y=_absolute(data.y), p=_absolute(data.p))
        yield Ask(positive, "rmsle", "mean", "metrics.root_mean_squared_log_error(y, p, sample_weight=w)")
        bare = data._replace(w=[])
        for epsilon in (0.1, 2.0):
            for name, loss in (
                ("EpsilonInsensitive", "epsilon_insensitive"),
                ("SquaredEpsilonInsensitive", "squared_epsilon_insensitive"),
            ):
                each = f"sgd.{name}({epsilon}).py_loss(f, s) for f, s in zip(p, y, strict=True)"
                yield Ask(bare, f"{loss}:epsilon={epsilon}", "none", f"np.array([{each}])")
    ids = Data([0.0, 1.0, 2.0, 2.0], [0.0, 2.0, 2.0, 1.0], weights(89, 4))
    yield Ask(ids, "zero_one", "mean", "metrics.zero_one_loss(y, p, sample_weight=w)")
    yield Ask(ids, "zero_one", "mean", "metrics.hamming_loss(y, p, sample_weight=w)")
    sets = Data([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], [[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]], [])
    yield Ask(sets, "hamming", "mean", "metrics.hamming_loss(y, p) * 1.0")
    yield Ask(sets, "zero_one_loss", "mean", "metrics.zero_one_loss(y, p)")


def counted() -> Iterator[Ask]:
    """Counts and amounts."""
    amounts = Data(_absolute(numbers(90, 3, 6)), _absolute(numbers(91, 3, 6)), weights(92, 6))
    counts = Data([0.0, 3.0, 1.0, 12.0, 2.0], _absolute(numbers(93, 4, 5)), weights(94, 5))
    logs = Data([0.0, 3.0, 1.0, 12.0, 2.0], numbers(95, 1, 5), [])
    yield Ask(amounts, "gamma_deviance", "mean", "metrics.mean_gamma_deviance(y, p, sample_weight=w)")
    for data in (amounts, counts):
        yield Ask(data, "poisson_deviance", "mean", "metrics.mean_poisson_deviance(y, p, sample_weight=w)")
        for power in (1.0, 1.2, 1.5, 1.9, *((2.0, 2.5, 3.0) if data is amounts else ())):
            call = f"metrics.mean_tweedie_deviance(y, p, sample_weight=w, power={power})"
            yield Ask(data, f"tweedie_deviance:power={power}", "mean", call)
        bare = data._replace(w=[])
        for reduction in ("mean", "sum", "none"):
            call = f"F.poisson_nll_loss(p, y, log_input=False, eps=0.0, reduction={reduction!r})"
            yield Ask(bare, "poisson_nll", reduction, call)
        # Densities less what y_pred does not change.
        gamma = "-stats.expon.logpdf(y, scale=p)"
        yield Ask(bare, "gamma_nll", "none", gamma)
    for reduction in ("mean", "none"):
        yield Ask(logs, "poisson_nll:log_input=true", reduction, f"F.poisson_nll_loss(p, y, reduction={reduction!r})")
    for a in (0.5, 2.0):
        whole = f"-stats.nbinom.logpmf(y, {1 / a}, 1 / (1 + {a} * p))"
        constant = f"special.gammaln(y + 1) + special.gammaln({1 / a}) - special.gammaln(y + {1 / a})"
        yield Ask(counts._replace(w=[]), f"negbin_nll:dispersion={a}", "none", f"{whole} - ({constant})")


def margins() -> Iterator[Ask]:
    """Decision values with signs, and Brier scores."""
    signed = Data([1.0, -1.0, -1.0, 1.0, 1.0, -1.0], numbers(100, 1.5, 6), [])
    each = "for f, s in zip(p, y, strict=True)"
    yield Ask(signed, "modified_huber", "none", f"np.array([sgd.ModifiedHuber().py_loss(f, s) {each}])")
    yield Ask(signed, "perceptron", "none", f"np.array([sgd.Hinge(0.0).py_loss(f, s) {each}])")
    for reduction in ("mean", "sum", "none"):
        yield Ask(signed, "soft_margin", reduction, f"F.soft_margin_loss(p, y, reduction={reduction!r})")
    yield Ask(signed, "savage", "none", "special.expit(-y * p) ** 2")
    chances = Data([1.0, 0.0, 0.0, 1.0], probabilities(101, 4), weights(102, 4))
    call = "metrics.brier_score_loss(y, p, sample_weight=w)"
    yield Ask(chances, "brier", "mean", call)
    yield Ask(chances._replace(w=[]), "brier_score_loss", "mean", "F.mse_loss(p, y)")


def scored() -> Iterator[Ask]:
    """Scores, one a class, and vectors."""
    for k, rows in ((3, 6), (10, 10)):
        scores = Data(labels(110, rows, k), numbers(111, 1, rows, k), weights(112, rows))
        bare = scores._replace(w=[])
        yield Ask(scores, "hinge_loss", "mean", f"metrics.hinge_loss(y, p, labels=np.arange({k}), sample_weight=w)")
        for power in (1, 2):
            for margin in (1.0, 0.3):
                for reduction in ("mean", "none"):
                    call = f"F.multi_margin_loss(p, y, p={power}, margin={margin}, reduction={reduction!r})"
                    yield Ask(bare, f"multi_margin:p={power}:margin={margin}", reduction, call)
        for top in (1, 2):
            call = f"1 - metrics.top_k_accuracy_score(y, p, k={top}, labels=np.arange({k}), sample_weight=w)"
            yield Ask(scores, f"top_k_error:k={top}", "mean", call)
        call = "F.binary_cross_entropy_with_logits(p, F.one_hot(y).double())"
        yield Ask(bare, "one_vs_all", "mean", call)
        logs = bare._replace(p=np.log(simplex(113, rows, k)).tolist())
        for reduction in ("mean", "sum", "none"):
            yield Ask(logs, "nll", reduction, f"F.nll_loss(p, y, reduction={reduction!r})")
        shares = Data(labels(114, rows, k), simplex(115, rows, k), weights(116, rows))
        call = f"metrics.brier_score_loss(y, p, sample_weight=w, scale_by_half=False, labels=np.arange({k}))"
        yield Ask(shares, "brier_score_loss", "mean", call)
        sets = (np.random.default_rng(117).uniform(size=(rows, k)) < 0.5).astype(float)
        sets[:, 0] = 1.0
        several = Data(sets.tolist(), numbers(118, 1, rows, k), [])
        ids = [[*np.flatnonzero(row).tolist(), *[-1] * int(k - row.sum())] for row in sets]
        for reduction in ("mean", "none"):
            call = f"F.multilabel_margin_loss(p, torch.tensor({ids}), reduction={reduction!r})"
            yield Ask(several, "multilabel_margin", reduction, call)
            call = f"F.multilabel_soft_margin_loss(p, y, reduction={reduction!r})"
            yield Ask(several, "multilabel_soft_margin_loss", reduction, call)
        vectors = Data(numbers(119, 1, rows, k), numbers(120, 1, rows, k), [])
        yield Ask(vectors, "cosine", "none", "1 - F.cosine_similarity(p, y)")
        each = "for a, b in zip(y, p, strict=True)"
        yield Ask(vectors, "cosine", "none", f"np.array([distance.cosine(a, b) {each}])")


def divergences() -> Iterator[Ask]:
    """Two distributions."""
    for k, rows in ((3, 5), (10, 3)):
        shares = Data(simplex(130, rows, k), simplex(132, rows, k), [])
        loose = Data(_absolute(numbers(134, 2, rows, k)), _absolute(numbers(135, 2, rows, k)), [])
        yield Ask(shares, "js", "none", "distance.jensenshannon(y, p, axis=1) ** 2")
        yield Ask(shares, "reverse_kl", "none", "special.rel_entr(p, y).sum(axis=1)")
        yield Ask(shares, "reverse_kl", "mean", "F.kl_div(y.log(), p, reduction='batchmean')")
        yield Ask(shares, "jeffreys", "none", "(special.rel_entr(p, y) + special.rel_entr(y, p)).sum(axis=1)")
        yield Ask(shares, "chi2", "none", "stats.chisquare(y, p, axis=1).statistic")
        each = "for a, b in zip(y, p, strict=True)"
        yield Ask(shares, "total_variation", "none", f"np.array([distance.cityblock(a, b) / 2 {each}])")
        root = "distance.euclidean(np.sqrt(a), np.sqrt(b)) / np.sqrt(2)"
        yield Ask(shares, "hellinger", "none", f"np.array([{root} {each}])")
        yield Ask(loose, "generalized_kl", "none", "special.kl_div(y, p).sum(axis=1)")


FAMILIES = (regression, binary, labelled, distributed, relative, counted, margins, scored, divergences)


def _absolute(values: list[Any]) -> list[Any]:
    return _short(np.abs(values))


def answered(ask: Ask) -> dict[str, Any]:
    """The case of a call: what was asked, of whom, and the answer as Python prints it."""
    framework = next(owner for start, owner in OWNERS.items() if start in ask.call)
    names = {name: import_module(module) for name, module in WHERE.items()} | {
        name: _array(values, framework) for name, values in (("y", ask.data.y), ("p", ask.data.p), ("w", ask.data.w))
    }
    # The text in the bank is the text that was run.
    answer = np.asarray(eval(ask.call, names))
    if answer.dtype != np.float64:
        raise TypeError(f"{ask.call} gives {answer.dtype}")
    return {
        "framework": framework,
        "version": version(framework).partition("+")[0],
        "call": ask.call,
        "loss": ask.loss,
        "reduction": ask.reduction,
        "y_true": ask.data.y,
        "y_pred": ask.data.p,
        "weight": ask.data.w if "w" in _words(ask.call) else None,
        "options": dict(ask.data.options),
        "value": repr(float(answer)) if answer.ndim == 0 else [repr(value) for value in answer.tolist()],
    }


def _words(call: str) -> set[str]:
    return set("".join(letter if letter.isidentifier() else " " for letter in call).split())


def _array(values: list[Any], framework: str) -> Any:
    array = np.array(values)
    return import_module("torch").from_numpy(array) if framework == "torch" and array.dtype.kind in "fi" else array


def main() -> None:
    """Write the bank, a case a line."""
    cases = [answered(ask) for family in FAMILIES for ask in family()]
    with open(BANK, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
