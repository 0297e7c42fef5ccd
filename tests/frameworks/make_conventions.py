"""Ask eight frameworks for their own numbers, and write them into conventions.json beside this file.

    PYTHONPATH=tests python tests/frameworks/make_conventions.py

Here what is theirs is asked for: clipping, denominators, scale factors, label coding, float32, refusals. Keras runs on
its TensorFlow backend. The text of a call is what is run: `y`, `p` and `w` in it are y_true, y_pred and weight as arrays
or tensors of the type that the case names, and further inputs stand under their names. The tests read the file and need none
of the frameworks.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import sys
import warnings
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}

import numpy as np
from frameworks.make_bank import labels, numbers, probabilities, simplex, weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FILE = os.path.join(os.path.dirname(__file__), "conventions.json")
MODULES = {
    "keras": {"losses": "keras.losses", "metrics": "keras.metrics", "keras": "keras"},
    "torch": {"F": "torch.nn.functional", "torch": "torch", "vision": "frameworks.vision"},
    "sklearn": {"metrics": "sklearn.metrics"},
    "optax": {"optax": "optax", "jnp": "jax.numpy"},
    **{name: {"tools": "frameworks.boosters"} for name in ("lightgbm", "xgboost", "catboost", "vw")},
}
PACKAGES = {"sklearn": "scikit-learn", "vw": "vowpalwabbit"}
VISION = "vision."
"""What calls of torchvision, whose losses are a part of the convention of PyTorch, begin with."""
REFUSED = "refused"
SINGLE = {("lightgbm", "gamma_nll"), ("catboost", "msle")}
"""Losses of which these frameworks take logarithms in float32, though they add in float64."""


class Data(NamedTuple):
    """The inputs of a call; `more` are those by names of their own."""

    y: list[Any]
    p: list[Any]
    w: list[float] | None = None
    more: Mapping[str, list[Any]] = MappingProxyType({})


class Ask(NamedTuple):
    """One call, and what lossctl is asked for the same number."""

    like: str
    loss: str
    reduction: str
    call: str
    data: Data


def signs(seed: int, rows: int) -> list[float]:
    """Labels -1 and 1, both of which occur."""
    return [2.0 * label - 1 for label in labels(seed, rows, 2)]


def one_hot(ids: list[int], k: int) -> list[list[float]]:
    """A row of 0 and 1 for each id."""
    return [[float(c == label) for c in range(k)] for label in ids]


def positive(values: list[Any]) -> list[Any]:
    """The absolute values."""
    rounded: list[Any] = np.abs(values).round(6).tolist()
    return rounded


def plain(data: Data) -> Data:
    """The data without weights."""
    return data._replace(w=None)


def reals(seed: int) -> list[Data]:
    """Real numbers: of usual size, with several outputs, large, small, and far apart in size."""
    return [
        Data(numbers(seed, 1, 6), numbers(seed + 1, 1, 6), weights(seed + 2, 6)),
        Data(numbers(seed + 3, 2, 4, 3), numbers(seed + 4, 2, 4, 3), weights(seed + 5, 4)),
        Data(numbers(seed + 6, 1e10, 4), numbers(seed + 7, 1e10, 4), weights(seed + 8, 4)),
        Data(numbers(seed + 9, 1e-10, 4), numbers(seed + 10, 1e-10, 4), weights(seed + 11, 4)),
        Data([0.0, 2.0, -1.0, 0.5], [0.5, 2.0, -3.0, 1e3], [1.0, 0.0, 2.0, 0.5]),
    ]


def chances(seed: int) -> list[Data]:
    """Probabilities: inside, at 0 and 1, near them, with several outputs, and soft truths."""
    return [
        Data([1.0, 0.0, 1.0, 0.0, 1.0], probabilities(seed, 5), weights(seed + 1, 5)),
        Data([1.0, 0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0, 0.3], weights(seed + 2, 5)),
        Data([1.0, 0.0, 1.0, 0.0, 1.0], [1e-60, 0.9999999, 1e-9, 0.25, 0.75], weights(seed + 3, 5)),
        Data([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], probabilities(seed + 4, 2, 3), weights(seed + 5, 2)),
        Data(probabilities(seed + 6, 4), probabilities(seed + 7, 4), weights(seed + 8, 4)),
    ]


def classes(seed: int) -> list[Data]:
    """Class ids and probabilities of the classes: inside, with zeros and ones, of two classes."""
    return [
        Data(labels(seed, 5, 3), simplex(seed + 1, 5, 3), weights(seed + 2, 5)),
        Data(
            [0, 1, 2, 1], [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5], [1.0, 0.0, 0.0]], weights(seed + 3, 4)
        ),
        Data(labels(seed + 4, 4, 2), simplex(seed + 5, 4, 2), weights(seed + 6, 4)),
    ]


def both(loss: str, name: str, data: Data, args: str = "") -> Iterator[Ask]:
    """A loss of Keras in float64 and in float32, with and without weights."""
    for dtype in ("float64", "float32"):
        for reduction, own in (("mean", "sum_over_batch_size"), ("sum", "sum")):
            for weighted in (data, plain(data)) if data.w else (data,):
                given = ", sample_weight=w" if weighted.w else ""
                made = f"losses.{name}(reduction={own!r}, dtype={dtype!r}{args})"
                spec = loss if dtype == "float64" else f"{loss}:dtype=float32"
                if reduction == "mean" or dtype == "float64":
                    yield Ask("keras", spec, reduction, f"{made}(y, p{given})", weighted)


def keras() -> Iterator[Ask]:
    """Losses as Keras reduces and clips them."""
    yield from keras_of_numbers()
    yield from keras_of_classes()
    yield from keras_of_masks()


def keras_of_numbers() -> Iterator[Ask]:
    """Losses of real values and of two classes."""
    for number, data in enumerate(reals(500)):
        yield from both("mse", "MeanSquaredError", data)
        yield from both("mae", "MeanAbsoluteError", data)
        own = "losses.MeanSquaredError(reduction='mean_with_sample_weight', dtype='float64')"
        yield Ask("keras", "mse", "mean-weight", f"{own}(y, p, sample_weight=w)", data)
        measured = "(lambda m: [m.update_state(y, p, sample_weight=w), m.result()][1])(metrics.MeanAbsoluteError(dtype='float64'))"
        yield Ask("keras", "mae", "mean-weight", measured, data)
        if number in {0, 1, 4}:
            yield from both("mape", "MeanAbsolutePercentageError", data)
            yield from both("huber:delta=0.7", "Huber", data, ", delta=0.7")
        if number in {0, 1}:
            # In float64 too Keras takes ln 2 as float32 has it, so that its rows are 1.9e-9 too low.
            yield from (ask for ask in both("log_cosh", "LogCosh", data) if "float32" in ask.loss)
            yield from both("msle", "MeanSquaredLogarithmicError", data)
            amounts = Data(positive(data.y), positive(data.p), data.w)
            yield from both("msle", "MeanSquaredLogarithmicError", amounts)
            yield from both("poisson_nll", "Poisson", amounts)
            for loss, name in (("hinge", "Hinge"), ("squared_hinge", "SquaredHinge")):
                for low in (0.0, -1.0):
                    coded = np.where(np.array(data.y) > 0, 1.0, low).tolist()
                    yield from both(loss, name, data._replace(y=coded))
    yield from both("msle", "MeanSquaredLogarithmicError", Data([1.0, -5.0, 2.0], [-3.0, 0.5, -1.0], [1.0, 2.0, 0.5]))
    yield from both("poisson_nll", "Poisson", Data([3.0, 0.0, 1.0], [0.0, 0.0, 2.0], [1.0, 2.0, 0.5]))
    for data in chances(520):
        yield from both("bce", "BinaryCrossentropy", data)
        yield from both("bce:label_smoothing=0.1", "BinaryCrossentropy", data, ", label_smoothing=0.1")
        yield from both("binary_focal", "BinaryFocalCrossentropy", data)
        args = ", apply_class_balancing=True, alpha=0.3, gamma=1.5"
        yield from both("binary_focal:alpha=0.3:gamma=1.5", "BinaryFocalCrossentropy", data, args)
    yield from both("bce", "BinaryCrossentropy", Data([1.0, 0.0, 1.0], [1.7, -0.5, 0.5], [1.0, 2.0, 0.5]))
    logits = Data([1.0, 0.0, 1.0, 0.0], [0.5, 1000.0, -20.0, -3.0], [1.0, 2.0, 0.5, 0.0])
    yield from both("bce_logits", "BinaryCrossentropy", logits, ", from_logits=True")
    yield from both(
        "bce_logits:label_smoothing=0.2", "BinaryCrossentropy", logits, ", from_logits=True, label_smoothing=0.2"
    )


def keras_of_masks() -> Iterator[Ask]:
    """Masks, which Keras takes as one."""
    for seed, (rows, k) in enumerate(((3, 4), (2, 9), (1, 5))):
        hard = Data(np.array(labels(1240 + seed, rows * k, 2), float).reshape(rows, k).tolist(), [])
        soft = probabilities(1250 + seed, rows, k)
        for data in (hard._replace(p=soft), Data(soft, probabilities(1260 + seed, rows, k))):
            for loss, name, args in (
                ("dice", "Dice", ""),
                ("tversky", "Tversky", ""),
                ("tversky:alpha=0.3:beta=0.7", "Tversky", ", alpha=0.3, beta=0.7"),
                ("tversky:alpha=1.0:beta=0.1", "Tversky", ", alpha=1.0, beta=0.1"),
            ):
                yield from (ask for ask in both(loss, name, data, args) if ask.reduction == "mean")
    empty = Data([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]])
    for loss, name in (("dice", "Dice"), ("tversky", "Tversky")):
        yield Ask("keras", loss, "mean", f"losses.{name}(dtype='float64')(y, p)", empty)
        pixels = Data([1.0, 0.0, 1.0, 1.0], [0.5, 0.25, 1.0, 0.0])
        yield Ask("keras", loss, "mean", f"losses.{name}(dtype='float64')(y, p)", pixels)


def keras_of_classes() -> Iterator[Ask]:
    """Losses of several classes, and the root mean square."""
    for data in classes(540):
        k = len(data.p[0])
        hot = data._replace(y=one_hot(data.y, k))
        scores = data._replace(p=numbers(550, 2, len(data.y), k))
        yield from both("sparse_cce", "SparseCategoricalCrossentropy", data)
        yield from both("sparse_cce:ignore_index=1", "SparseCategoricalCrossentropy", data, ", ignore_class=1")
        yield from both("cce", "CategoricalCrossentropy", hot)
        yield from both("cce:label_smoothing=0.1", "CategoricalCrossentropy", hot, ", label_smoothing=0.1")
        yield from both("categorical_focal", "CategoricalFocalCrossentropy", hot)
        yield from both(
            "categorical_focal:gamma=3:alpha=0.5", "CategoricalFocalCrossentropy", hot, ", gamma=3, alpha=0.5"
        )
        chosen = f"keras.ops.one_hot(y, {k}, dtype='float64'), p"
        for one, given in ((data, ", sample_weight=w"), (plain(data), "")):
            for text, args in (("", ""), (":gamma=1.5:alpha=0.6", ", gamma=1.5, alpha=0.6")):
                call = f"losses.CategoricalFocalCrossentropy(dtype='float64'{args})({chosen}{given})"
                yield Ask("keras", f"sparse_categorical_focal{text}", "mean", call, one)
        yield from both("kl", "KLDivergence", hot)
        near = hot._replace(y=simplex(556, len(data.y), k))
        yield from (ask for ask in both("kl", "KLDivergence", near) if "float64" in ask.call)
        yield from both("sparse_cce_logits", "SparseCategoricalCrossentropy", scores, ", from_logits=True")
        args = ", from_logits=True, ignore_class=1"
        yield from both("sparse_cce_logits:ignore_index=1", "SparseCategoricalCrossentropy", scores, args)
        hot_scores = hot._replace(p=scores.p)
        yield from both("cce_logits", "CategoricalCrossentropy", hot_scores, ", from_logits=True")
        yield from both("cosine", "CosineSimilarity", hot_scores)
        yield from both("categorical_hinge", "CategoricalHinge", hot_scores)
        hinged = data._replace(p=scores.p)
        yield Ask(
            "keras",
            "categorical_hinge",
            "mean",
            f"losses.CategoricalHinge(dtype='float64')(keras.ops.one_hot(y, {k}, dtype='float64'), p)",
            plain(hinged),
        )
        yield Ask(
            "keras",
            "categorical_hinge",
            "mean",
            f"losses.CategoricalHinge(dtype='float64')(keras.ops.one_hot(y, {k}, dtype='float64'), p, sample_weight=w)",
            hinged,
        )
        yield from both("generalized_ce:q=0.7", "CategoricalGeneralizedCrossEntropy", data, ", q=0.7")
    loose = Data([0, 1, 2], [[2.0, 1.0, 1.0], [0.2, 0.2, 0.2], [0.0, 3.0, 0.0]], [1.0, 2.0, 0.5])
    yield from both("sparse_cce", "SparseCategoricalCrossentropy", loose)
    yield from both("cce", "CategoricalCrossentropy", loose._replace(y=one_hot(loose.y, 3)))
    yield from both("cosine", "CosineSimilarity", Data([[1.0, 0.0], [0.0, 0.0]], [[0.6, 0.8], [1.0, 2.0]]))
    yield Ask(
        "keras",
        "categorical_hinge",
        "mean",
        "losses.CategoricalHinge(dtype='float64')(keras.ops.one_hot(y, 3, dtype='float64'), p)",
        Data([1], [[-3.0, -2.5, -4.0]]),
    )
    below = Data([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], [[-3.0, -2.5, -4.0], [-0.5, -2.0, -1.0]])
    yield from both("categorical_hinge", "CategoricalHinge", below)
    for data in reals(560)[:2]:
        rmse = "(lambda m: [m.update_state(y, p, sample_weight=w), m.result()][1])(metrics.RootMeanSquaredError(dtype='float64'))"
        yield Ask(
            "keras",
            "rmse",
            "mean",
            rmse if len(np.shape(data.y)) == 1 else rmse.replace(", sample_weight=w", ""),
            data if len(np.shape(data.y)) == 1 else plain(data),
        )


def torch() -> Iterator[Ask]:
    """Functions of torch.nn.functional with their reductions and weights."""
    yield from torch_of_numbers()
    yield from torch_of_classes()
    yield from torch_of_inputs()
    yield from torchvision()


def reduced(loss: str, call: str, data: Data, *, weighs: bool = False, single: bool = False) -> Iterator[Ask]:
    """A function of PyTorch with its mean and its sum, with weights where it takes them."""
    for reduction in ("mean", "sum"):
        yield Ask("torch", loss, reduction, f"{call}, reduction={reduction!r})", plain(data))
        if weighs and data.w:
            wide = "w" if len(np.shape(data.y)) == 1 else "w[:, None].expand_as(p).contiguous()"
            yield Ask("torch", loss, reduction, f"{call}, reduction={reduction!r}, weight={wide})", data)
    if single:
        yield Ask("torch", f"{loss}:dtype=float32", "mean", f"{call})", plain(data))


def torch_of_numbers() -> Iterator[Ask]:
    """Losses of real values and of two classes."""
    for number, data in enumerate(reals(600)):
        yield from reduced("mse", "F.mse_loss(p, y", data, weighs=True, single=True)
        yield from reduced("mae", "F.l1_loss(p, y", data, weighs=True, single=True)
        yield from reduced("huber:delta=0.7", "F.huber_loss(p, y, delta=0.7", data, weighs=True, single=True)
        yield from reduced("smooth_l1:beta=0.3", "F.smooth_l1_loss(p, y, beta=0.3", data, single=True)
        if number in {0, 1}:
            counts = data._replace(y=positive(data.y))
            yield from reduced("poisson_nll", "F.poisson_nll_loss(p, y", counts, single=True)
            rates = counts._replace(p=positive(data.p))
            call = "F.poisson_nll_loss(p, y, log_input=False"
            yield from reduced("poisson_nll:log_input=false", call, rates, single=True)
            yield from reduced("poisson_nll:log_input=false:full=true", f"{call}, full=True", rates)
            yield from reduced("poisson_nll:full=true", "F.poisson_nll_loss(p, y, full=True", counts)
            coded = data._replace(y=np.where(np.array(data.y) > 0, 1.0, -1.0).tolist())
            yield from reduced("soft_margin", "F.soft_margin_loss(p, y", coded)
            zeros = data._replace(y=np.where(np.array(data.y) > 0, 1.0, 0.0).tolist())
            yield from reduced("soft_margin", "F.soft_margin_loss(p, y", zeros)
    rates = Data([3.0, 2.0, 0.0, 1.0], [0.0, 3.0, 0.5, 1.0])
    yield from reduced(
        "poisson_nll:log_input=false:full=true", "F.poisson_nll_loss(p, y, log_input=False, full=True", rates
    )
    for data in chances(620):
        yield from reduced("bce", "F.binary_cross_entropy(p, y", data, weighs=True, single=True)
        logits = data._replace(p=numbers(630, 3, *np.shape(data.p)))
        call = "F.binary_cross_entropy_with_logits(p, y"
        yield from reduced("bce_logits", call, logits, weighs=True, single=True)
        pos = f"{call}, pos_weight=torch.tensor(2.5, dtype=torch.float64)"
        yield from reduced("bce_logits:pos_weight=2.5", pos, logits, weighs=True)
    for wrong in (Data([1.0, 0.0], [1.7, 0.5]), Data([1.0, 0.0], [-0.1, 0.5])):
        yield Ask("torch", "bce", "mean", "F.binary_cross_entropy(p, y)", wrong)


def torch_of_classes() -> Iterator[Ask]:
    """Losses of several classes."""
    for seed, (rows, k) in enumerate(((5, 3), (4, 2), (7, 5))):
        ids, scores = labels(640 + seed, rows, k), numbers(650 + seed, 2, rows, k)
        by_class = [round(0.5 + 0.7 * c, 1) for c in range(k)]
        vector = f"torch.tensor({by_class}, dtype=torch.float64)"
        data, hot = Data(ids, scores), Data(one_hot(ids, k), scores)
        soft = Data(simplex(660 + seed, rows, k), scores)
        gone = Data([-100, *ids[1:]], scores)
        call = "F.cross_entropy(p, y"
        text = f"class_weight=[{','.join(map(str, by_class))}]"
        yield from reduced("cross_entropy", call, data, single=True)
        yield from reduced("cross_entropy", call, gone)
        yield from reduced("cross_entropy:ignore_index=1", f"{call}, ignore_index=1", data)
        yield from reduced(f"cross_entropy:{text}", f"{call}, weight={vector}", data)
        yield from reduced(f"cross_entropy:{text}", f"{call}, weight={vector}", gone)
        for one in (data, hot, soft):
            yield from reduced("cross_entropy:label_smoothing=0.1", f"{call}, label_smoothing=0.1", one)
            both = f"{call}, weight={vector}, label_smoothing=0.1"
            yield from reduced(f"cross_entropy:{text}:label_smoothing=0.1", both, one)
        for one in (hot, soft):
            yield from reduced("cross_entropy", call, one)
            yield from reduced(f"cross_entropy:{text}", f"{call}, weight={vector}", one)
        shares = Data(simplex(670 + seed, rows, k), simplex(680 + seed, rows, k))
        yield from reduced("kl", "F.kl_div(p.log(), y", shares)
        yield from reduced("kl", "F.kl_div(p.log(), y.log(), log_target=True", shares)
        yield Ask("torch", "kl", "mean-count", "F.kl_div(p.log(), y, reduction='batchmean')", shares)
        sets = Data(np.array(labels(1400 + seed, rows * k, 2), float).reshape(rows, k).tolist(), scores)
        chosen = f"((torch.arange({k}) + 1) * y.long() - 1).sort(1, descending=True).values"
        yield from reduced("multilabel_margin", f"F.multilabel_margin_loss(p, {chosen}", sets)
        yield Ask("torch", "multilabel_soft_margin_loss", "mean", "F.multilabel_soft_margin_loss(p, y)", sets)
        yield from reduced("multi_margin:margin=0.5", "F.multi_margin_loss(p, y, margin=0.5", data)
        yield from reduced("nll", "F.nll_loss(p, y", Data(ids, np.log(simplex(690 + seed, rows, k)).tolist()))
    yield Ask("torch", "cross_entropy", "mean", "F.cross_entropy(p, y)", Data([0, 7], [[1.0, 2.0], [0.5, 0.5]]))
    yield Ask("torch", "huber:delta=0", "mean", "F.huber_loss(p, y, delta=0)", Data([0.0, 1.0], [1.0, 2.0]))


def torch_of_inputs() -> Iterator[Ask]:
    """Losses of inputs that have names of their own."""
    for number, data in enumerate((*reals(1100)[:2], reals(1100)[4])):
        shape = np.shape(data.y)
        variances = positive(numbers(1115 + number, 2, *shape))
        for var in (variances, [[0.0] * shape[1], *variances[1:]] if len(shape) == 2 else [0.0, 1e-9, *variances[2:]]):
            one = data._replace(more={"var": var}, w=None)
            yield from reduced("gaussian_nll", "F.gaussian_nll_loss(p, y, var", one, single=True)
            yield from reduced("gaussian_nll:full=true", "F.gaussian_nll_loss(p, y, var, full=True", one)
            yield from reduced("gaussian_nll:eps=0.01", "F.gaussian_nll_loss(p, y, var, eps=0.01", one)
        coded = np.where(np.array(data.y) > 0, 1.0, -1.0).tolist()
        distances = Data(coded, positive(data.p))
        yield from reduced("hinge_embedding", "F.hinge_embedding_loss(p, y", distances, single=True)
        yield from reduced("hinge_embedding:margin=0.3", "F.hinge_embedding_loss(p, y, margin=0.3", distances)
        pair = Data(coded, [], None, {"x1": data.y, "x2": data.p})
        yield from reduced("margin_ranking", "F.margin_ranking_loss(x1, x2, y", pair, single=True)
        yield from reduced("margin_ranking:margin=0.3", "F.margin_ranking_loss(x1, x2, y, margin=0.3", pair)
    yield Ask(
        "torch",
        "gaussian_nll",
        "mean",
        "F.gaussian_nll_loss(p, y, var)",
        Data([1.0, 2.0], [0.0, 0.0], None, {"var": [1.0, -1.0]}),
    )
    for seed, (rows, k) in enumerate(((6, 3), (4, 2), (3, 7))):
        pair = Data(
            signs(1120 + seed, rows),
            [],
            None,
            {"x1": numbers(1130 + seed, 2, rows, k), "x2": numbers(1140 + seed, 0.5, rows, k)},
        )
        yield from reduced("cosine_embedding", "F.cosine_embedding_loss(x1, x2, y", pair, single=True)
        yield from reduced("cosine_embedding:margin=0.3", "F.cosine_embedding_loss(x1, x2, y, margin=0.3", pair)
        for loss, args in TRIPLETS:
            call = f"F.triplet_margin_loss(anchor, y, p{args}"
            yield from reduced(loss, call, triplet(1150 + seed, rows, k), single=not args)
        yield Ask("torch", "triplet_margin", "mean", "F.triplet_margin_loss(anchor, y, p)", same(rows, k))
    yield Ask("torch", "triplet_margin:margin=0", "mean", "F.triplet_margin_loss(anchor, y, p, margin=0)", same(2, 2))
    for seed, (rows, k) in enumerate(((5, 3), (4, 2))):
        ids, logs = labels(1160 + seed, rows, k), np.log(simplex(1170 + seed, rows, k)).tolist()
        by_class = [round(0.5 + 0.7 * c, 1) for c in range(k)]
        weight, text = (
            f"weight=torch.tensor({by_class}, dtype=torch.float64)",
            f"class_weight={by_class}".replace(" ", ""),
        )
        for data in (Data(ids, logs), Data([-100, *ids[1:]], logs)):
            yield from reduced("nll", "F.nll_loss(p, y", data)
            yield from reduced(f"nll:{text}", f"F.nll_loss(p, y, {weight}", data)
        yield from reduced("nll:ignore_index=1", "F.nll_loss(p, y, ignore_index=1", Data(ids, logs))
        yield from reduced(f"nll:{text}:ignore_index=0", f"F.nll_loss(p, y, {weight}, ignore_index=0", Data(ids, logs))


TRIPLETS = (
    ("triplet_margin", ""),
    ("triplet_margin:margin=0.3", ", margin=0.3"),
    ("triplet_margin:p=1", ", p=1"),
    ("triplet_margin:p=3", ", p=3"),
)


def triplet(seed: int, rows: int, k: int) -> Data:
    """Vectors near an anchor, others a little further, and the anchor."""
    anchor = numbers(seed, 1, rows, k)
    near, far = (
        np.round(np.array(anchor) + numbers(seed + place, size, rows, k), 6).tolist()
        for place, size in ((20, 0.5), (40, 1.0))
    )
    return Data(near, far, None, {"anchor": anchor})


def same(rows: int, k: int) -> Data:
    """Triplets of one vector three times, whose distances are what is added to them."""
    vectors = numbers(1200, 1, rows, k)
    return Data(vectors, vectors, None, {"anchor": vectors})


def torchvision() -> Iterator[Ask]:
    """Losses of boxes and of focal logits, which add a number whatever the unit is."""
    corners = np.array(positive(numbers(1210, 5, 6, 4)))
    boxes = [np.hstack([part[:, :2], part[:, :2] + part[:, 2:]]).round(6) for part in (corners, corners[::-1])]
    tiny, points = [[0.0, 0.0, 2e-5, 2e-5]], [[0.0, 0.0, 0.0, 0.0]]
    for true, pred in (
        (boxes[0].tolist(), boxes[1].tolist()),
        ((boxes[0] * 1e-4).round(9).tolist(), (boxes[1] * 1e-4).round(9).tolist()),
        ([[0.0, 0.0, 2.0, 2.0]] * 2, [[1.0, 1.0, 3.0, 3.0], [5.0, 5.0, 6.0, 8.0]]),
        (tiny, tiny),
        (tiny, [[0.0, 0.0, 1e-5, 2e-5]]),
        (points, points),
        (tiny, [[1.0, 1.0, 2.0, 3.0]]),
    ):
        for loss, name in (("giou", "generalized"), ("diou", "distance"), ("ciou", "complete")):
            for reduction in ("mean", "sum"):
                call = f"{VISION}loss('{name}_box_iou_loss', p, y, reduction={reduction!r})"
                yield Ask("torch", loss, reduction, call, Data(true, pred))
    for data in chances(1220):
        logits = Data(data.y, numbers(1230, 3, *np.shape(data.y)))
        for text, args in (("", ""), (":alpha=0.6:gamma=1.5", ", alpha=0.6, gamma=1.5")):
            for reduction in ("mean", "sum"):
                call = f"{VISION}loss('sigmoid_focal_loss', p, y, reduction={reduction!r}{args})"
                yield Ask("torch", f"sigmoid_focal{text}", reduction, call, logits)


def sklearn() -> Iterator[Ask]:
    """Metrics with and without weights."""
    yield from sklearn_of_numbers()
    yield from sklearn_of_classes()


def scored(loss: str, call: str, data: Data) -> Iterator[Ask]:
    """A metric of scikit-learn, with weights where there are any."""
    yield Ask("sklearn", loss, "mean", f"{call})", plain(data))
    if data.w:
        yield Ask("sklearn", loss, "mean", f"{call}, sample_weight=w)", data)


def sklearn_of_numbers() -> Iterator[Ask]:
    """Metrics of real values and of amounts."""
    for number, data in enumerate(reals(700)):
        yield from scored("mse", "metrics.mean_squared_error(y, p", data)
        yield from scored("mae", "metrics.mean_absolute_error(y, p", data)
        yield from scored("rmse", "metrics.root_mean_squared_error(y, p", data)
        yield from scored("median_absolute_error", "metrics.median_absolute_error(y, p", plain(data))
        yield Ask("sklearn", "max_error", "mean", "metrics.max_error(y, p)", plain(data))
        yield from scored("mape", "metrics.mean_absolute_percentage_error(y, p", data)
        yield from scored("quantile:level=0.2", "metrics.mean_pinball_loss(y, p, alpha=0.2", data)
        if number in {0, 1}:
            amounts = Data(positive(data.y), positive(data.p), data.w)
            yield from scored("msle", "metrics.mean_squared_log_error(y, p", amounts)
            yield from scored("rmsle", "metrics.root_mean_squared_log_error(y, p", amounts)
            above = Data(*([(np.array(values) + 1).tolist() for values in amounts[:2]]))
            for name in ("poisson", "gamma", "tweedie"):
                spec, power = (
                    (f"{name}_deviance:power=1.5", ", power=1.5") if name == "tweedie" else (f"{name}_deviance", "")
                )
                yield from scored(spec, f"metrics.mean_{name}_deviance(y, p{power}", above)
    amounts = Data(positive(numbers(720, 3, 6)), positive(numbers(721, 3, 6)), weights(722, 6))
    yield from scored("poisson_deviance", "metrics.mean_poisson_deviance(y, p", amounts)
    yield from scored(
        "poisson_deviance", "metrics.mean_poisson_deviance(y, p", amounts._replace(y=[0.0, *amounts.y[1:]])
    )
    yield from scored("gamma_deviance", "metrics.mean_gamma_deviance(y, p", amounts)
    yield from scored("tweedie_deviance:power=1.5", "metrics.mean_tweedie_deviance(y, p, power=1.5", amounts)
    zero = Data([0.0, 1.0], [1.0, 1.0])
    yield Ask("sklearn", "gamma_deviance", "mean", "metrics.mean_gamma_deviance(y, p)", zero)
    yield Ask(
        "sklearn", "poisson_deviance", "mean", "metrics.mean_poisson_deviance(y, p)", Data([1.0, 1.0], [0.0, 1.0])
    )
    yield Ask("sklearn", "msle", "mean", "metrics.mean_squared_log_error(y, p)", Data([-2.0, 1.0], [0.0, 1.0]))


def sklearn_of_classes() -> Iterator[Ask]:
    """Metrics of two and of several classes."""
    for number, data in enumerate(chances(730)):
        if number == 3:
            continue
        yield from scored("log_loss", "metrics.log_loss(y, p", data)
        yield from scored("brier", "metrics.brier_score_loss(y, p", data)
        if number < 3:
            yield Ask("sklearn", "log_loss", "sum", "metrics.log_loss(y, p, sample_weight=w, normalize=False)", data)
            for low in (0.0, -1.0):
                coded = np.where(np.array(data.y) > 0, 1.0, low).tolist()
                yield from scored("hinge", "metrics.hinge_loss(y, p", Data(coded, numbers(735, 1, 5), data.w))
    for wrong in (Data([1.0, 0.0], [1.7, 0.5]), Data([1.0, 0.0], [-0.1, 0.5]), Data([1.0, 0.0], [1.0000001, 0.5])):
        yield Ask("sklearn", "log_loss", "mean", "metrics.log_loss(y, p)", wrong)
        yield Ask("sklearn", "brier", "mean", "metrics.brier_score_loss(y, p)", wrong)
    for data in classes(740):
        k = len(data.p[0])
        hot = data._replace(y=one_hot(data.y, k))
        yield from scored("log_loss", f"metrics.log_loss(y, p, labels=np.arange({k})", data)
        yield from scored("brier_score_loss", f"metrics.brier_score_loss(y, p, labels=np.arange({k})", data)
        if k > 2:
            yield from scored("log_loss", "metrics.log_loss(y, p", hot)
            yield from scored("brier_score_loss", "metrics.brier_score_loss(y, p", hot)
            scores = data._replace(p=numbers(745, 1, len(data.y), k))
            yield from scored("hinge_loss", f"metrics.hinge_loss(y, p, labels=np.arange({k})", scores)
    sets = Data(one_hot(labels(750, 6, 3), 3), one_hot(labels(751, 6, 3), 3), weights(752, 6))
    yield from scored("hamming_loss", "metrics.hamming_loss(y, p", sets)
    yield from scored("zero_one_loss", "metrics.zero_one_loss(y, p", sets)
    ids = Data(
        [float(label) for label in labels(753, 6, 3)], [float(label) for label in labels(754, 6, 3)], weights(755, 6)
    )
    yield from scored("zero_one_loss", "metrics.zero_one_loss(y, p", ids)
    yield Ask("sklearn", "zero_one_loss", "sum", "metrics.zero_one_loss(y, p, sample_weight=w, normalize=False)", ids)


def optax() -> Iterator[Ask]:
    """Losses of optax, whose mean and sum are those of the array it gives."""

    def of_array(loss: str, call: str, data: Data) -> Iterator[Ask]:
        for reduction in ("mean", "sum"):
            yield Ask("optax", loss, reduction, f"jnp.{reduction}({call})", plain(data))
        if "kl" not in loss:  # whose terms cancel, so that float32 has few digits of it
            yield Ask("optax", f"{loss}:dtype=float32", "mean", f"jnp.mean({call})", plain(data))

    for number, data in enumerate(reals(800)):
        yield from of_array("mse", "optax.losses.squared_error(p, y)", data)
        yield from of_array("half_mse", "optax.l2_loss(p, y)", data)
        yield from of_array("huber:delta=0.7", "optax.losses.huber_loss(p, y, delta=0.7)", data)
        if number in {0, 1}:
            yield from of_array("log_cosh", "optax.losses.log_cosh(p, y)", data)
            for low in (0.0, -1.0):
                coded = data._replace(y=np.where(np.array(data.y) > 0, 1.0, low).tolist())
                yield from of_array("hinge", "optax.losses.hinge_loss(p, y)", coded)
                yield from of_array("perceptron", "optax.losses.perceptron_loss(p, y)", coded)
    for data in chances(820):
        logits = data._replace(p=numbers(830, 3, *np.shape(data.p)))
        yield from of_array("bce_logits", "optax.losses.sigmoid_binary_cross_entropy(p, y)", logits)
        yield from of_array("sigmoid_focal", "optax.losses.sigmoid_focal_loss(p, y)", logits)
        args = "alpha=0.3, gamma=1.5"
        call = f"optax.losses.sigmoid_focal_loss(p, y, {args})"
        yield from of_array("sigmoid_focal:alpha=0.3:gamma=1.5", call, logits)
    for seed, (rows, k) in enumerate(((5, 3), (4, 2))):
        ids, scores = labels(840 + seed, rows, k), numbers(850 + seed, 2, rows, k)
        data, hot = Data(ids, scores), Data(one_hot(ids, k), scores)
        soft = Data(simplex(860 + seed, rows, k), scores)
        shares = soft._replace(p=simplex(870 + seed, rows, k))
        yield from of_array(
            "softmax_cross_entropy", "optax.losses.softmax_cross_entropy_with_integer_labels(p, y)", data
        )
        for one in (hot, soft):
            yield from of_array("softmax_cross_entropy", "optax.losses.softmax_cross_entropy(p, y)", one)
            yield from of_array("poly_ce:epsilon=1.5", "optax.losses.poly_loss_cross_entropy(p, y, epsilon=1.5)", one)
            smooth = "optax.losses.softmax_cross_entropy(p, optax.losses.smooth_labels(y, 0.1))"
            yield from of_array("softmax_cross_entropy:label_smoothing=0.1", smooth, one)
        yield from of_array("multiclass_hinge", "optax.losses.multiclass_hinge_loss(p, y)", data)
        yield from of_array("multiclass_perceptron", "optax.losses.multiclass_perceptron_loss(p, y)", data)
        yield from of_array("kl", "optax.losses.kl_divergence(jnp.log(p), y)", shares)
        yield from of_array("generalized_kl", "optax.losses.generalized_kl_divergence(jnp.log(p), y)", shares)
        yield from of_array("kl", "optax.losses.kl_divergence_with_log_targets(jnp.log(p), jnp.log(y))", shares)
        yield from of_array("convex_kl_divergence", "optax.losses.convex_kl_divergence(jnp.log(p), y)", shares)
        yield from of_array("safe_softmax_cross_entropy", "optax.losses.safe_softmax_cross_entropy(p, y)", soft)
        yield from of_array("cosine", "optax.losses.cosine_distance(p, y)", soft)
        graded = Data(np.array(labels(1410 + seed, rows * k, 4), float).reshape(rows, k).tolist(), scores)
        yield Ask("optax", "ranking_softmax", "mean", "optax.losses.ranking_softmax_loss(p, y)", graded)
        added = "optax.losses.ranking_softmax_loss(p, y, reduce_fn=jnp.sum)"
        yield Ask("optax", "ranking_softmax", "sum", added, graded)
    yield from optax_of_vectors(of_array)


def optax_of_vectors(of_array: Callable[[str, str, Data], Iterator[Ask]]) -> Iterator[Ask]:
    """Triplets and masks."""
    for seed, (rows, k) in enumerate(((6, 3), (4, 2), (3, 7))):
        for loss, args in (*TRIPLETS[:2], ("triplet_margin:margin=0", ", margin=0.0")):
            call = f"optax.losses.triplet_margin_loss(anchor, y, p{args})"
            yield from of_array(loss, call, triplet(1270 + seed, rows, k))
        yield from of_array("triplet_margin", "optax.losses.triplet_margin_loss(anchor, y, p)", same(rows, k))
        true = np.array(labels(1280 + seed, rows * k, 2), float).reshape(rows, k).tolist()
        masks = Data(true, probabilities(1290 + seed, rows, k))
        logits = "jnp.log(p) - jnp.log1p(-p)"
        yield from of_array("dice", f"optax.losses.binary_dice_loss({logits}, y)", masks)
        yield from of_array("dice:smooth=0.5", f"optax.losses.binary_dice_loss({logits}, y, smooth=0.5)", masks)
        chosen = labels(1340 + seed, 4 * k, rows)
        picture = Data(
            np.array(one_hot(chosen, rows)).T.tolist(), np.array(simplex(1350 + seed, 4 * k, rows)).T.tolist()
        )
        for text, args in (("", ""), (":smooth=0.25", ", smooth=0.25")):
            call = f"optax.losses.multiclass_generalized_dice_loss(jnp.log(p).T[None], y.T[None]{args})"
            yield Ask("optax", f"generalized_dice{text}", "mean", call, picture)


def lightgbm() -> Iterator[Ask]:
    """Metrics of LightGBM on scores that are given to begin with, without any tree."""

    def mean(loss: str, metric: str, data: Data, **more: Any) -> Iterator[Ask]:
        for one in (plain(data), data):
            given = "".join(f", {name}={value!r}" for name, value in more.items())
            yield Ask(
                "lightgbm", loss, "mean", f"tools.of_lightgbm({metric!r}, y, p, {'w' if one.w else None}{given})", one
            )

    for data in quarters(900):
        for loss, metric in (("mse", "l2"), ("mae", "l1"), ("rmse", "rmse"), ("mape", "mape"), ("fair", "fair")):
            yield from mean(loss, metric, data)
        yield from mean("quantile", "quantile", data)
        yield from mean("huber", "huber", data)
        yield from mean("quantile:level=0.25", "quantile", data, alpha=0.25)
        yield from mean("huber:delta=0.5", "huber", data, alpha=0.5)
    for data in amounts_of_boosters(910):
        yield from mean("poisson_nll", "poisson", data)
        yield from mean("tweedie_nll", "tweedie", data)
        yield from mean("tweedie_nll:power=1.25", "tweedie", data, tweedie_variance_power=1.25)
        above = data._replace(y=[value + 0.25 for value in data.y])
        yield from mean("gamma_nll", "gamma", above)
        yield from mean("gamma_deviance", "gamma_deviance", above)
    for data in map(quarterly, chances(920)[:3]):
        yield from mean("bce", "binary_logloss", data)
    for data in map(quarterly, classes(930)):
        yield from mean("sparse_cce", "multi_logloss", data, num_class=len(data.p[0]))
        yield from mean("top_k_error", "multi_error", data, num_class=len(data.p[0]))


def xgboost() -> Iterator[Ask]:
    """Metrics of XGBoost on a base margin, without any tree."""

    def mean(loss: str, metric: str, data: Data, **more: Any) -> Iterator[Ask]:
        for one in (plain(data), data):
            given = "".join(f", {name}={value!r}" for name, value in more.items())
            yield Ask(
                "xgboost", loss, "mean", f"tools.of_xgboost({metric!r}, y, p, {'w' if one.w else None}{given})", one
            )

    for data in quarters(940):
        for loss, metric in (("mae", "mae"), ("rmse", "rmse"), ("mape", "mape"), ("pseudo_huber", "mphe")):
            yield from mean(loss, metric, data)
        yield from mean("quantile:level=0.25", "quantile", data, quantile_alpha=0.25)
    for data in amounts_of_boosters(950):
        yield from mean("rmsle", "rmsle", data)
        yield from mean("poisson_nll", "poisson-nloglik", data)
        yield from mean("tweedie_nll:power=1.25", "tweedie-nloglik@1.25", data)
        above = data._replace(y=[value + 0.25 for value in data.y])
        yield from mean("gamma_nll", "gamma-nloglik", above)
        yield from mean("gamma_deviance", "gamma-deviance", above)
    for data in chances(960)[:3]:
        yield from mean("bce", "logloss", data)
    for data in classes(970):
        yield from mean("top_k_error", "merror", data, objective="multi:softprob", num_class=len(data.p[0]))
    inside = classes(970)[0]
    yield from mean("sparse_cce", "mlogloss", inside, objective="multi:softprob", num_class=3)


def catboost() -> Iterator[Ask]:
    """Metrics of CatBoost on given values."""

    def mean(loss: str, metric: str, data: Data) -> Iterator[Ask]:
        for one in (plain(data), data):
            yield Ask("catboost", loss, "mean", f"tools.of_catboost({metric!r}, y, p, {'w' if one.w else None})", one)

    for data in quarters(980):
        for loss, metric in (
            ("mae", "MAE"),
            ("rmse", "RMSE"),
            ("mape", "MAPE"),
            ("smape", "SMAPE"),
            ("fair:scale=2", "FairLoss:smoothness=2"),
            ("quantile:level=0.25", "Quantile:alpha=0.25"),
            ("expectile:level=0.25", "Expectile:alpha=0.25"),
            ("huber:delta=0.5", "Huber:delta=0.5"),
            ("lq:p=1.5", "Lq:q=1.5"),
        ):
            yield from mean(loss, metric, data)
        yield from mean("median_absolute_error", "MedianAbsoluteError", plain(data))
    for data in amounts_of_boosters(990):
        yield from mean("msle", "MSLE", data)
        yield from mean("poisson_nll", "Poisson", data)
        logs = data._replace(p=numbers(991, 2, len(data.y)))
        yield from mean("tweedie_nll:power=1.25", "Tweedie:variance_power=1.25", logs)
        yield from mean("tweedie_nll", "Tweedie:variance_power=1.5", logs)
    hard = Data([1.0, 0.0, 1.0, 0.0], [0.5, 3.0, -2.0, -1.5], [0.5, 1.0, 2.0, 0.25])
    yield from mean("sigmoid_focal:alpha=0.25:gamma=2", "Focal:focal_alpha=0.25;focal_gamma=2", hard)
    yield from mean("sigmoid_focal:alpha=0.75:gamma=1.5", "Focal:focal_alpha=0.75;focal_gamma=1.5", hard)
    for data in map(quarterly, chances(992)[:1]):
        for one in (plain(data), data):
            call = f"tools.of_catboost('BrierScore', y, np.log(p / (1 - p)), {'w' if one.w else None})"
            yield Ask("catboost", "brier", "mean", call, one)
    yield from mean("bce_logits", "Logloss", hard)
    yield from mean("bce_logits", "CrossEntropy", hard._replace(y=[0.25, 0.5, 0.75, 1.0]))
    yield from mean("hinge", "HingeLoss", hard)
    for seed, (rows, k) in enumerate(((5, 3), (7, 4))):
        scores = Data(
            labels(995 + seed, rows, k), numbers(997 + seed, 2, rows, k), [0.5 + 0.25 * row for row in range(rows)]
        )
        yield from mean("cross_entropy", "MultiClass", scores)
        yield from mean("one_vs_all", "MultiClassOneVsAll", scores)
        several = quarterly(Data(numbers(1300 + seed, 2, rows, k), numbers(1310 + seed, 2, rows, k)))
        several = several._replace(y=(np.round(np.array(several.y) * 4) / 4).tolist())
        yield from mean("rmse", "MultiRMSE", several)
        # Of other weights these two have a denominator that is cut off, so theirs are whole numbers.
        sets = Data(np.array(labels(1320 + seed, rows * k, 2), float).reshape(rows, k).tolist(), several.p)
        sets = sets._replace(w=[1.0 + row % 3 for row in range(rows)])
        yield from mean("bce_logits", "MultiLogloss", sets)
        soft = sets._replace(y=(np.round(np.array(probabilities(1330 + seed, rows, k)) * 4) / 4).tolist())
        yield from mean("bce_logits", "MultiCrossEntropy", soft)


def vw() -> Iterator[Ask]:
    """Losses of Vowpal Wabbit on predictions that are given to begin with, without any weight learnt."""

    def mean(loss: str, name: str, data: Data) -> Iterator[Ask]:
        for one in (plain(data), data):
            for reduction in ("mean", "sum"):
                call = f"tools.of_vw({name!r}, {reduction!r}, y, p, {'w' if one.w else None})"
                yield Ask("vw", loss, reduction, call, one)

    for data in quarters(1000):
        yield from mean("mse", "squared", data)
        yield from mean("quantile", "quantile", data)
        yield from mean("quantile:level=0.25", "quantile --quantile_tau 0.25", data)
        yield from mean("expectile:level=0.75", "expectile --expectile_q 0.25", data)
        signed = data._replace(y=[1.0 if value > 0 else -1.0 for value in data.y])
        yield from mean("soft_margin", "logistic", signed)
        yield from mean("hinge", "hinge", signed)


def quarters(seed: int) -> list[Data]:
    """Numbers whose labels and weights float32 holds, in which the boosters keep them; some labels are 0."""
    random = np.random.default_rng(seed)
    return [
        Data(
            (random.integers(-12, 12, rows) / 4).tolist(),
            numbers(seed + rows, size, rows),
            (random.integers(1, 9, rows) / 4).tolist(),
        )
        for rows, size in ((6, 2), (9, 0.5))
    ] + [Data([0.0, 0.25, -0.5, 2.0], [0.5, 0.25, -0.75, 300.0], [1.0, 2.0, 0.5, 1.0])]


def quarterly(data: Data) -> Data:
    """The data with weights that float32 holds."""
    return data._replace(w=[0.25 + row % 3 / 2 for row in range(len(data.y))])


def amounts_of_boosters(seed: int) -> list[Data]:
    """Amounts whose labels float32 holds, and rates, one of which is below every floor."""
    random = np.random.default_rng(seed)
    rows = [
        Data(
            (random.integers(0, 12, 6) / 4).tolist(),
            positive(numbers(seed + 1, 2, 6)),
            (random.integers(1, 9, 6) / 4).tolist(),
        )
    ]
    return [*rows, rows[0]._replace(p=[1e-17, *rows[0].p[1:]])]


FRAMEWORKS = (keras, torch, sklearn, optax, lightgbm, xgboost, catboost, vw)


def answered(ask: Ask) -> dict[str, Any]:
    """The case of a call: what was asked, of whom, and the answer as Python prints it."""
    wide = not ask.loss.endswith("dtype=float32")
    single = not wide or ask.like in {"xgboost", "vw"} or (ask.like, ask.loss) in SINGLE
    names = {name: import_module(module) for name, module in MODULES[ask.like].items()} | {"np": np}
    arrays = {"y": ask.data.y} | ({"p": ask.data.p} if ask.data.p else {}) | {**ask.data.more}
    arrays |= {"w": ask.data.w} if ask.data.w else {}
    call = ask.call
    names |= {name: _array(values, ask.like, wide=wide) for name, values in arrays.items()}
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            # The text in the file is the text that was run.
            value = repr(float(np.asarray(eval(call, names))))
    except (ValueError, RuntimeError, IndexError):
        value = REFUSED
    package = "torchvision" if call.startswith(VISION) else PACKAGES.get(ask.like, ask.like)
    more = {"more": {**ask.data.more}} if ask.data.more else {}
    return more | {
        "like": ask.like,
        "version": version(package).partition("+")[0],
        "call": call,
        "loss": ask.loss,
        "reduction": ask.reduction,
        "dtype": "float32" if single else "float64",
        "y_true": ask.data.y,
        "y_pred": ask.data.p or None,
        "weight": ask.data.w,
        "value": value,
    }


def _array(values: list[Any], like: str, *, wide: bool) -> Any:
    array = np.array(values)
    if not wide and array.dtype == np.float64:
        array = array.astype(np.float32)
    if like == "keras" and array.ndim == 1 and array.dtype.kind == "f":
        return array[:, None]  # Keras takes a single dimension for the outputs of one row
    return import_module("torch").from_numpy(array) if like == "torch" else array


def main(names: list[str]) -> None:
    """Write the cases of the frameworks that are named, or of all, a case a line; those of others stay."""
    asked = [framework for framework in FRAMEWORKS if not names or framework.__name__ in names]
    if keras in asked:
        import_module("keras").config.set_floatx("float64")
    if optax in asked:
        import_module("jax").config.update("jax_enable_x64", val=True)
    known = []
    if os.path.exists(FILE):
        with open(FILE, encoding="utf-8") as file:
            known = json.load(file)
    cases = [case for case in known if names and case["like"] not in names]
    asks = {repr(ask): ask for framework in asked for ask in framework()}
    cases += [answered(ask) for ask in asks.values()]
    cases = [case for case in cases if case["value"] == REFUSED or not math.isnan(float(case["value"]))]
    with open(FILE, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main(sys.argv[1:])
