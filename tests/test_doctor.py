"""Notes of a doctor: never on clean data, nearly always on their own, and their command gives the right number."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest

from lossctl.analysis.doctor import CODES, LONGEST, Case, Finding, Sheet, examine
from lossctl.losses.declare import every, get

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran
    from numpy.typing import NDArray

    from lossctl.kinds import Array, Floats

Draw: TypeAlias = "Callable[[np.random.Generator, int], tuple[Array, Array]]"

NO_FILE = Sheet(None, "")
SAMPLES = Path(__file__).parents[1] / "samples"


def case(loss: str, y_true: Any, y_pred: Any, *, complete: bool = True, **params: Any) -> Case:
    declared = get(loss)
    given = {name: param.default for name, param in declared.params.items()} | params
    dtype = np.int64 if declared.roles["y_true"].coding == "class" else np.float64
    true = np.asarray(y_true, dtype)
    return Case(declared, given, true, np.asarray(y_pred, np.float64), np.arange(1, len(true) + 1), complete)


def codes(loss: str, y_true: Any, y_pred: Any, sheet: Sheet = NO_FILE) -> list[str]:
    return [finding.code for finding in examine(case(loss, y_true, y_pred), sheet)]


def only(case: Case, sheet: Sheet) -> Finding:
    [found] = examine(case, sheet)
    assert found.message.isprintable()
    return found


def sigmoid(z: Floats) -> Floats:
    return 1 / (1 + np.exp(-z))


def softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def drawn(rng: np.random.Generator, p: Floats) -> NDArray[np.int64]:
    """A class for each row of probabilities."""
    return np.asarray((p[:, :-1].cumsum(axis=1) < rng.random((len(p), 1))).sum(axis=1), np.int64)


# Clean data.


def regression(noise: float, *, scale: float = 1.0, offset: float = 0.0, slope: float = 1.0) -> Draw:
    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        t = rng.standard_normal(n)
        return offset + scale * t, offset + scale * (slope * t + noise * rng.standard_normal(n))

    return draw


def several(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.standard_normal((n, 3)) * [1, 10, 100]
    return t, t * rng.choice([0, 1, 2]) + rng.standard_normal((n, 3)) * rng.choice([0.1, 10])


def heavy(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.standard_cauchy(n) * 10.0 ** rng.integers(-3, 150)
    return t, rng.permutation(t) if rng.random() < 0.5 else t + rng.standard_cauchy(n)


def within_one(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.random(n)
    return t, t + rng.standard_normal(n) * rng.choice([0.01, 0.3, 3.0, 100.0]) + rng.choice([0, 0, 50])


def ratings(spread: float) -> Draw:
    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        k = int(rng.integers(3, 11))
        low = int(rng.integers(0, 2))
        t = rng.choice(k, n, p=rng.dirichlet(np.ones(k)))
        return t + low, np.clip(np.rint(t + spread * rng.standard_normal(n)), 0, k - 1) + low

    return draw


def useless_ratings(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(3, 11))
    p = rng.dirichlet(np.ones(k))
    return rng.choice(k, n, p=p), rng.choice(k, n, p=p) if rng.random() < 0.7 else np.full(n, k // 2)


def counts(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    rate = rng.gamma(0.5 + 2 * rng.random(), 10.0 ** rng.uniform(-1, 1), n)
    return rng.poisson(rate), np.rint(rate)


def inflated_counts(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    busy = rng.random(n) < 0.3
    t = busy * rng.poisson(2, n)
    return t, np.where(rng.random(n) < 0.9, busy, ~busy) * 2


def random_walk(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.standard_normal(n + 2).cumsum()
    return t[1:-1], (t[:-2] if rng.random() < 0.5 else t[2:]) + rng.choice([0, 0.2]) * rng.standard_normal(n)


def naive(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.standard_normal(n + 1)
    for row in range(n):
        t[row + 1] += 0.2 * t[row]
    return t[1:], t[:-1]


def rounded_naive(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """The value before, rounded or damped, as the forecast of noise."""
    t = rng.normal(size=n)
    p = np.concatenate([[0.0], t[:-1]])
    return t, np.round(p, 2) if rng.random() < 0.5 else 0.95 * p


def levels(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Levels of a scale that agree in most rows and are any distance apart in the others."""
    t = rng.integers(0, 4, n)
    return t, np.where(rng.random(n) < 0.85, t, rng.integers(0, 4, n))


def autoregression(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    memory = rng.uniform(-0.9, 0.9)
    t = rng.standard_normal(n + 1)
    for row in range(n):
        t[row + 1] += memory * t[row]
    return t[1:], memory * t[:-1]


def averages(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.standard_normal(n + 4)
    width = int(rng.integers(2, 5))
    return t[4:], np.convolve(t, np.ones(width) / width)[3 : n + 3]


def season(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    period = rng.choice([3, 4, 5, 6, 7, 12, 24, rng.uniform(2, 50)])
    late = rng.choice([-1, 0, 1])
    wave = np.sin(2 * np.pi * (np.arange(-1, n + 1) / period + rng.random()))
    return wave[1:-1] + 0.1 * rng.standard_normal(n), wave[1 + late : n + 1 + late]


def ordered(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = np.sort(rng.standard_normal(n) * 10)
    return t, t + rng.standard_normal(n) * rng.choice([0.01, 1, 20])


def opposite(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = np.tile([0.0, 1.0], n)[:n] if rng.random() < 0.5 else rng.standard_normal(n)
    return t, rng.choice([1, 0]) - t


def probabilities(strength: float, *, base: float = 0.0, heat: float = 1.0) -> Draw:
    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        z = base + strength * rng.standard_normal(n)
        return rng.random(n) < sigmoid(z), sigmoid(z * heat)

    return draw


def constant_probabilities(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    p = rng.choice([0.0, 0.1, 0.5, 1.0])
    return rng.random(n) < p, np.full(n, p)


def hard(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.random(n) < rng.random()
    return t, t ^ (rng.random(n) < rng.choice([0, 0.1, 0.5, 0.9]))


def soft_labels(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    z = rng.standard_normal(n) * 2
    return sigmoid(z), sigmoid(z + rng.standard_normal(n))


def judged(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    p = rng.random(n)
    return rng.binomial(5, p) / 5, np.rint(p)


def outputs(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    z = rng.standard_normal((n, 4)) * rng.uniform(0, 4)
    return rng.random((n, 4)) < sigmoid(z), sigmoid(z)


def logits(strength: float, *, base: float = 0.0) -> Draw:
    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        z = base + strength * rng.standard_normal(n)
        return rng.random(n) < sigmoid(z), z

    return draw


def unit_logits(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    z = rng.beta(rng.uniform(0.3, 3), rng.uniform(0.3, 3), n)
    return (rng.random(n) < sigmoid(z)) if rng.random() < 0.5 else sigmoid(z), z


def classes(strength: float, *, skew: float = 100.0, logit: bool = False) -> Draw:
    """Class k of 2 to 10 with a calibrated model; a small skew makes some classes rare or unseen."""

    def draw(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        k = int(rng.integers(2, 11))
        z = np.log(rng.dirichlet(np.full(k, skew)) + 1e-9) + strength * rng.standard_normal((n, k))
        t = drawn(rng, softmax(z))
        return t, z + rng.standard_normal((n, 1)) if logit else softmax(z)

    return draw


def guessed_classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(2, 11))
    return rng.integers(0, k, n), rng.dirichlet(np.full(k, rng.choice([0.1, 1, 10])), n)


def even_classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(2, 11))
    return rng.integers(0, k, n), np.full((n, k), 1 / k)


def sorted_classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t, p = classes(3.0)(rng, n)
    order = np.argsort(t, kind="stable")
    return t[order], p[order]


def sticky_classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(2, 6))
    stays = rng.random(n + 1) < 0.8
    fresh = rng.integers(0, k, n + 1)
    t = fresh[np.maximum.accumulate(np.where(stays, 0, np.arange(n + 1)))]
    return t[1:], 0.8 * np.eye(k)[t[:-1]] + 0.2 / k


def bad_at_some(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """One or two classes are taken for others, which may be unseen."""
    t, p = classes(4.0)(rng, n)
    k = p.shape[1]
    for _ in range(int(rng.integers(1, 3))):
        lost, other = rng.choice(k, 2, replace=False)
        p[:, other] += p[:, lost]
        p[:, lost] = 0.0
        if rng.random() < 0.3:
            t = np.where(t == other, (other + 1) % k, t)
    return t, p


def graded_classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Grades, all forecast one too high."""
    t = rng.integers(0, 5, n)
    p = np.full((n, 5), 0.05)
    p[np.arange(n), np.minimum(t + 1, 4)] = 0.8
    return t, p


def one_hot(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t, p = classes(2.0)(rng, n)
    return np.eye(p.shape[1])[t], p


def soft_targets(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(2, 11))
    z = 2 * rng.standard_normal((n, k))
    return softmax(z), softmax(z + rng.choice([0, 1, 3]) * rng.standard_normal((n, k)))


def decided(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t, p = classes(2.0)(rng, n)
    hot = np.eye(p.shape[1])
    return hot[t], hot[p.argmax(axis=1)]


def even_logits(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(2, 11))
    return rng.integers(0, k, n), 1 / k + rng.choice([0, 0.005, 0.1]) * rng.standard_normal((n, k))


CLEAN: dict[str, tuple[str, Draw]] = {
    "perfect": ("mse", regression(0.0)),
    "good": ("mse", regression(0.1)),
    "fair": ("mae", regression(1.0, scale=50, offset=150)),
    "useless": ("mse", regression(1.0, slope=0.0)),
    "useless and large": ("huber", regression(100.0, slope=0.0)),
    "shrunk": ("mse", regression(0.01, slope=0.01)),
    "constant": ("mse", regression(0.0, slope=0.0)),
    "tiny": ("mse", regression(0.3, scale=1e-200)),
    "several outputs": ("mse", several),
    "autoregression": ("mse", autoregression),
    "heavy tails": ("mse", heavy),
    "targets within 0 and 1": ("mse", within_one),
    "close ratings": ("mse", ratings(0.4)),
    "far ratings": ("mae", ratings(1.5)),
    "useless ratings": ("mse", useless_ratings),
    "counts": ("mse", counts),
    "inflated counts": ("mae", inflated_counts),
    "random walk": ("mse", random_walk),
    "naive forecast": ("mse", naive),
    "rounded naive forecast": ("mae", rounded_naive),
    "levels": ("mse", levels),
    "moving averages": ("mse", averages),
    "season": ("mse", season),
    "sorted rows": ("mse", ordered),
    "opposite": ("mse", opposite),
    "probabilities": ("bce", probabilities(2.0)),
    "overconfident": ("bce", probabilities(1.0, heat=5.0)),
    "weak": ("bce", probabilities(0.1, base=-3.0)),
    "inverted": ("bce", probabilities(2.0, heat=-1.0)),
    "constant probabilities": ("bce", constant_probabilities),
    "hard": ("bce", hard),
    "soft labels": ("bce", soft_labels),
    "labels of five judges": ("bce", judged),
    "outputs": ("bce", outputs),
    "strong logits": ("bce_logits", logits(5.0)),
    "logits": ("bce_logits", logits(1.0)),
    "skewed logits": ("bce_logits", logits(1.0, base=-4.0)),
    "weak logits": ("bce_logits", logits(0.02, base=0.4)),
    "logits from 0 to 1": ("bce_logits", unit_logits),
    "class probabilities": ("sparse_cce", classes(2.0)),
    "weak class probabilities": ("sparse_cce", classes(0.2)),
    "skewed classes": ("sparse_cce", classes(1.0, skew=0.3)),
    "guessed classes": ("sparse_cce", guessed_classes),
    "even classes": ("sparse_cce", even_classes),
    "sorted classes": ("sparse_cce", sorted_classes),
    "sticky classes": ("sparse_cce", sticky_classes),
    "bad at some classes": ("sparse_cce", bad_at_some),
    "grades forecast too high": ("sparse_cce", graded_classes),
    "class logits": ("sparse_cce_logits", classes(2.0, logit=True)),
    "skewed class logits": ("sparse_cce_logits", classes(3.0, skew=0.3, logit=True)),
    "even logits": ("sparse_cce_logits", even_logits),
    "one-hot targets": ("cce", one_hot),
    "soft targets": ("kl", soft_targets),
    "decisions": ("cce", decided),
}


@pytest.mark.parametrize("kind", CLEAN)
def test_says_nothing_about_clean_data(kind: str) -> None:
    loss, draw = CLEAN[kind]
    rng = np.random.default_rng([*kind.encode()])
    alarms = []
    for index in range(1000):
        n = int(2000 ** rng.random())
        alarms += [(index, n, found.code) for found in examine(case(loss, *draw(rng, n)), NO_FILE)]
    assert alarms == []


def wine(file: str) -> tuple[Array, Floats]:
    names = np.array(["barolo", "grignolino", "barbera"])
    rows = np.genfromtxt(SAMPLES / file, delimiter=",", skip_header=1, dtype=None, encoding="utf-8")
    labels = (rows["f0"][:, None] == names).argmax(axis=1)
    return labels, np.column_stack([rows[column] for column in ("f1", "f2", "f3")])


def cancer() -> tuple[Array, Floats]:
    records = json.loads((SAMPLES / "cancer.json").read_text())
    truth = np.array([record["truth"] == "malignant" for record in records])
    return truth, np.array([record["prob"] for record in records])


def test_says_nothing_about_the_samples() -> None:
    for file, models in (("diabetes.csv", ("ridge", "boosting")), ("ink.csv", ("poisson", "boosting"))):
        rows = np.genfromtxt(SAMPLES / file, delimiter=",", names=True, dtype=None, encoding="utf-8")
        for model in models:
            for loss in ("mse", "mae", "msle", "quantile"):
                assert codes(loss, rows["y_true"], rows[model]) == []
                assert codes(loss, rows["y_true"], np.rint(rows[model])) == []
    rows = np.genfromtxt(SAMPLES / "cancer.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    for model in ("logistic", "boosting"):
        assert codes("bce", rows["truth"] == "malignant", rows[f"{model}_prob"]) == []
        assert codes("bce_logits", rows["truth"] == "malignant", rows[f"{model}_logit"]) == []
    digits = [json.loads(line) for line in (SAMPLES / "digits.ndjson").read_text().splitlines()]
    probs = [[row[f"p_{digit}"] for digit in range(10)] for row in digits]
    assert codes("sparse_cce", [row["label"] for row in digits], probs) == []
    assert codes("sparse_cce_logits", [row["label"] for row in digits], np.log(probs)) == []
    for file, losses in (
        ("wine.csv", ("sparse_cce", "cce", "kl")),
        ("wine_logits.csv", ("sparse_cce_logits", "cce_logits")),
    ):
        labels, pred = wine(file)
        for loss in losses:
            assert codes(loss, labels if loss.startswith("sparse") else np.eye(3)[labels], pred) == []
    assert codes("bce", *cancer()) == []


# Misread data.


def percents(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t = rng.random(n)
    p = 100 * np.clip(t + 0.2 * rng.standard_normal(n), 0, 1)
    return (t, p) if rng.random() < 0.5 else (p, t)


def ids(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(4, 11))
    t = rng.integers(0, k, n)
    return t + 1, np.where(rng.random(n) < 0.75, t, rng.integers(0, k, n)) + 1


def labels_for_probabilities(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t, p = probabilities(2.0)(rng, n)
    return p, t


def targets_for_distributions(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    t, p = one_hot(rng, n)
    return p, t


def permuted(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(2, 8))
    t = rng.integers(0, k, n)
    order = rng.permutation(k)
    while (order == np.arange(k)).all():
        order = rng.permutation(k)
    return t, (4 * np.eye(k)[t] + rng.standard_normal((n, k)))[:, order]


def as_probabilities(draw: Draw) -> Draw:
    def squashed(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        t, z = draw(rng, n)
        return t, softmax(z)

    return squashed


def late(draw: Draw) -> Draw:
    def shift(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        t, p = draw(rng, n + 1)
        return (t[1:], p[:-1]) if rng.random() < 0.5 else (t[:-1], p[1:])

    return shift


def sure_classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    k = int(rng.integers(2, 8))
    t = rng.integers(0, k, n)
    return t, softmax(5 * np.eye(k)[t] + rng.standard_normal((n, k)))


MISREAD: dict[str, tuple[str, Draw, str]] = {
    "probabilities": ("bce_logits", probabilities(2.0), "probabilities-as-logits"),
    "overconfident": ("bce_logits", probabilities(2.0, heat=3.0), "probabilities-as-logits"),
    "rare": ("bce_logits", probabilities(2.0, base=-2.0), "probabilities-as-logits"),
    "class probabilities": ("sparse_cce_logits", classes(2.0), "probabilities-as-logits"),
    "percents": ("mse", percents, "percents"),
    "ids": ("mse", ids, "class-ids-as-numbers"),
    "labels for probabilities": ("bce", labels_for_probabilities, "swapped"),
    "targets for distributions": ("cce", targets_for_distributions, "swapped"),
    "targets in kl": ("kl", targets_for_distributions, "swapped"),
    "permuted": ("sparse_cce", as_probabilities(permuted), "classes-permuted"),
    "permuted logits": ("sparse_cce_logits", permuted, "classes-permuted"),
    "shifted": ("mse", late(regression(0.3)), "rows-shifted"),
    "shifted probabilities": ("bce", late(probabilities(10.0)), "rows-shifted"),
    "shifted logits": ("bce_logits", late(logits(10.0)), "rows-shifted"),
    "shifted classes": ("sparse_cce", late(sure_classes), "rows-shifted"),
}


@pytest.mark.parametrize("kind", MISREAD)
def test_sees_what_is_misread(kind: str) -> None:
    loss, draw, code = MISREAD[kind]
    rng = np.random.default_rng([*kind.encode()])
    labels = Sheet(None, "", ("label",), ("guess",))
    seen = [codes(loss, *draw(rng, int(rng.integers(300, 2001))), labels).count(code) for _ in range(200)]
    assert sum(seen) >= 190


# What mends them.


N = 400


def table(folder: Path, columns: dict[str, Any], name: str = "preds.csv", delimiter: str = ",") -> None:
    lines = [delimiter.join(columns)]
    lines += [
        delimiter.join(map(str, row)) for row in zip(*(np.asarray(c).tolist() for c in columns.values()), strict=True)
    ]
    (folder / name).write_text("\n".join([*lines, ""]))


def mends(found: Finding, value: float, shell: Callable[..., Ran], file: str | None = None) -> None:
    """The command at the end of a note, run as it stands, gives the number of the data read rightly."""
    command = found.message.rpartition("; ")[2]
    assert len(command) <= LONGEST
    stdin = None if file is None else shell(f"cat {file}").out.encode()
    ran = shell(f"{command} -f value", stdin=stdin)
    assert ran.err == ""
    assert float(ran.out) == pytest.approx(value, rel=1e-12)


def bce(t: Array, p: Array) -> float:
    return float(-np.mean(np.log(np.where(t == 1, p, 1 - p))))


def cce(labels: Array, p: Array) -> float:
    return float(-np.mean(np.log(p[np.arange(len(labels)), labels])))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_mends_probabilities_given_as_logits(
    rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t, p = probabilities(2.0)(rng, N)
    table(tmp_path, {"id": np.arange(N), "truth": t.astype(int), "prob": p})
    names = ("id", "truth", "prob")
    sheet = Sheet("preds.csv", "BCEWithLogitsLoss", ("truth",), ("prob",), None, names, ",")
    found = only(case("bce_logits", t, p), sheet)
    assert found == Finding(
        "probabilities-as-logits",
        'bce_logits takes values before the sigmoid, and all 400 of "prob" lie between 0 and 1 and go with "truth" as '
        "probabilities do; lossctl compute bce preds.csv -t truth -p prob",
    )
    mends(found, bce(t, p), shell)
    summed = only(case("bce_logits", t, p, complete=False), sheet._replace(text="0.5*bce_logits+ 1e+0*mse"))
    assert "and the first 400 of" in summed.message
    assert summed.message.endswith("; lossctl compute '0.5*bce+ 1e+0*mse' preds.csv -t truth -p prob")
    mends(summed, bce(t, p) / 2 + float(np.mean((t - p) ** 2)), shell)
    piped = only(case("bce_logits", t, p), sheet._replace(path="-", options=("--where", "id=7", "-q")))
    assert piped.message.endswith("; lossctl compute bce - -t truth -p prob --where id=7 -q")
    mends(piped, bce(t[7:8], p[7:8]), shell, "preds.csv")
    for wordy in (
        sheet._replace(text="bce_logits:pos_weight=2"),
        sheet._replace(path=None),
        sheet._replace(path="a\x1b.csv"),
        sheet._replace(path="a" * LONGEST),
    ):
        assert only(case("bce_logits", t, p), wordy).message.endswith("; bce takes probabilities")


@pytest.mark.parametrize("text", ["cross_entropy", "sparse_cce_logits", "sparse_cce_logits:label_smoothing=0"])
def test_mends_class_probabilities_given_as_logits(
    text: str, rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t, p = classes(2.0)(rng, N)
    names = tuple(f"p_{index}" for index in range(p.shape[1]))
    table(tmp_path, {"y_true": t} | dict(zip(names, p.T, strict=True)))
    sheet = Sheet("preds.csv", text, ("y_true",), names, tuple(name[2:] for name in names), ("y_true", *names), ",")
    found = only(case("sparse_cce_logits", t, p), sheet)
    assert found == Finding(
        "probabilities-as-logits",
        f'sparse_cce_logits takes values before the softmax, and all 400 rows of "p_0" to "{names[-1]}" lie between 0 '
        f"and 1 and add to 1 like probabilities; "
        f"lossctl compute sparse_cce{text.partition('logits')[2]} preds.csv -p 'p_*'",
    )
    mends(found, cce(t, p), shell)


@pytest.mark.parametrize(("delimiter", "path"), [(",", "a=b.csv"), ("\t", "p.tsv"), (";", "my preds.csv"), (" ", "-")])
def test_mends_percents(
    delimiter: str, path: str, rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t = rng.random(N)
    p = np.clip(t + 0.1 * rng.standard_normal(N), 0, 1) * 100
    file = "piped" if path == "-" else path
    table(tmp_path, {"id": np.arange(N), "share": t, "guess": p}, file, delimiter)
    sheet = Sheet(path, "mse", ("share",), ("guess",), None, ("id", "share", "guess"), delimiter)
    found = only(case("mse", t, p), sheet)
    shown = {",": "./a=b.csv", ";": "'my preds.csv'"}.get(delimiter, path)
    mark = {"\t": r"'-F\t' -v 'OFS=\t'", " ": "'-F[ ]' -v 'OFS= '", ";": "'-F;' -v 'OFS=;'"}.get(
        delimiter, "-F, -v OFS=,"
    )
    assert found == Finding(
        "percents",
        'the values of "guess" go up to 100, those of "share" lie between 0 and 1, and a hundredth of the former fits '
        f"the latter far better, so the former seem to be percents; awk {mark} -v CONVFMT=%.17g 'NR>1&&$3==$3+0{{$3/=100}}1' {shown} | "
        "lossctl compute mse - -t share -p guess",
    )
    mends(found, float(np.mean((t - p / 100) ** 2)), shell, file if path == "-" else None)
    assert only(case("mse", p, t), NO_FILE).message.endswith("; divide y_true by 100")
    assert only(case("mse", p, t), sheet._replace(truth=True)).message.endswith('; divide "share" by 100')


def test_mends_rows_with_gaps_among_percents(
    rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t = rng.random(N)
    gaps = {3: "", 9: "NA"}
    table(tmp_path, {"y_true": t, "y_pred": [gaps.get(row, 100 * value) for row, value in enumerate(t)]})
    sheet = Sheet(
        "preds.csv", "mse", ("y_true",), ("y_pred",), None, ("y_true", "y_pred"), ",", options=("--nan", "drop")
    )
    found = only(case("mse", t, 100 * t), sheet)
    command = found.message.rpartition("; ")[2]
    assert command.endswith("| lossctl compute mse - --nan drop")
    ran = shell(f"{command} -f json")
    [result] = json.loads(ran.out)["results"]
    assert result["n"] == N - 2
    assert result["value"] < 1e-30


def test_mends_labels_given_for_probabilities(
    rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t, p = probabilities(2.0)(rng, N)
    table(tmp_path, {"y_true": p, "y_pred": t.astype(int)})
    sheet = Sheet("preds.csv", "log_loss", ("y_true",), ("y_pred",), None, ("y_true", "y_pred"), ",")
    found = only(case("bce", p, t), sheet)
    assert found == Finding(
        "swapped",
        "only 0 and 1 stand in y_pred and fractions in y_true, so they seem to be exchanged; "
        "lossctl compute log_loss preds.csv -t y_pred -p y_true",
    )
    mends(found, bce(t, p), shell)
    elsewhere = "; -t takes the true values and -p the predicted ones"
    assert only(case("bce", p, t), sheet._replace(truth=True)).message.endswith(elsewhere)


@pytest.mark.parametrize("loss", ["cce", "kl"])
def test_mends_targets_given_for_distributions(
    loss: str, rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    hot, p = classes(2.0)(rng, N)
    k = p.shape[1]
    true, pred = tuple(f"y_true_{c}" for c in range(k)), tuple(f"p_{c}" for c in range(k))
    table(tmp_path, dict(zip((*true, *pred), (*p.T, *np.eye(k, dtype=int)[hot].T), strict=True)))
    sheet = Sheet("preds.csv", loss, true, pred, tuple(map(str, range(k))), (*true, *pred), ",")
    found = only(case(loss, p, np.eye(k)[hot]), sheet)
    assert found.message == (
        f'only one-hot rows stand in "p_0" to "{pred[-1]}" and fractions in "y_true_0" to "{true[-1]}", so they seem to '
        f"be exchanged; lossctl compute {loss} preds.csv -t 'p_*' -p 'y_true_*'"
    )
    mends(found, cce(hot, p), shell)


ORDER = np.array([2, 0, 1])


def mixed(rng: np.random.Generator) -> tuple[Array, Floats, Floats]:
    """Labels, probabilities, and the same with their columns in another order."""
    t = rng.integers(0, 3, N)
    p = softmax(4 * np.eye(3)[t] + rng.standard_normal((N, 3)))
    return t, p, p[:, ORDER]


def test_mends_permuted_columns_of_ids(rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]) -> None:
    t, p, q = mixed(rng)
    np.savez(tmp_path / "preds.npz", y_true=t, y_pred=q)
    found = only(
        case("sparse_cce", t, q), Sheet("preds.npz", "sparse_cce", ("y_true",), ("y_pred",), None, ("y_true", "y_pred"))
    )
    hits = np.mean(p.argmax(axis=1) == t), np.mean(q.argmax(axis=1) == t)
    assert found == Finding(
        "classes-permuted",
        'the columns of y_pred seem to belong to the classes "2", "0" and "1", in this order: their highest value is '
        f"then that of the true class in {100 * hits[0]:.0f} % of all 400 rows, as they stand in {100 * hits[1]:.0f} %; "
        "lossctl compute sparse_cce preds.npz --classes 2,0,1",
    )
    mends(found, cce(t, p), shell)
    ignored = np.where(np.arange(N) % 9, t, -1)
    assert codes("sparse_cce", ignored, q) == ["classes-permuted"]
    assert only(case("sparse_cce", t, q), NO_FILE).message.endswith("; name the classes in the order of the columns")
    weighted = case("sparse_cce", t, q, class_weight=(1.0, 2.0, 3.0))
    assert "lossctl" not in only(weighted, Sheet("preds.npz", "sparse_cce", ("y_true",), ("y_pred",))).message


def test_mends_permuted_columns_with_names(rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]) -> None:
    t, p, q = mixed(rng)
    names = ("i/d", "label", "p_a&b", "p_b", "p_c")
    table(tmp_path, dict(zip(names, (np.arange(N), np.array(["a&b", "b", "c"])[t], *q.T), strict=True)))
    sheet = Sheet("preds.csv", "cce", names[1:2], names[2:], ("a&b", "b", "c"), names, ",")
    found = only(case("sparse_cce", t, q), sheet)
    assert found.message.endswith(
        r"; sed '1s/.*/i\/d,label,p_c,p_a\&b,p_b/' preds.csv | lossctl compute cce - -t label -p 'p_a&b,p_b,p_c'"
    )
    mends(found, cce(t, p), shell)
    said = "name the classes in the order of the columns"
    assert only(case("sparse_cce", t, q), sheet._replace(delimiter=None)).message.endswith(said)


def test_mends_classes_named_in_the_wrong_order(
    rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t, p, q = mixed(rng)
    names = ("label", "first", "second", "third")
    table(tmp_path, dict(zip(names, (np.array(["a", "b", "c"])[t], *q.T), strict=True)))
    found = only(case("sparse_cce", t, q), Sheet("preds.csv", "cce", names[:1], names[1:], ("a", "b", "c"), names, ","))
    assert found.message.endswith("; lossctl compute cce preds.csv -t label -p first,second,third --classes c,a,b")
    mends(found, cce(t, p), shell)


@pytest.mark.parametrize("same", [True, False])
def test_mends_permuted_columns_beside_one_hot_targets(
    same: bool, rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t, p, q = mixed(rng)
    true = tuple(f"y_true_{c}" for c in ("abc" if same else "xyz"))
    pred = ("p_a", "p_b", "p_c")
    table(tmp_path, dict(zip((*true, *pred), (*np.eye(3)[t].T, *q.T), strict=True)))
    found = only(
        case("cce", np.eye(3)[t], q), Sheet("preds.csv", "cce", true, pred, ("a", "b", "c"), (*true, *pred), ",")
    )
    assert found.message.endswith(
        "; sed '1s/.*/y_true_a,y_true_b,y_true_c,p_c,p_a,p_b/' preds.csv | "
        "lossctl compute cce - -t y_true_a,y_true_b,y_true_c -p p_a,p_b,p_c"
        if same
        else "; lossctl compute cce preds.csv -t 'y_true_*' -p p_b,p_c,p_a"
    )
    mends(found, cce(t, p), shell)


@pytest.mark.parametrize("late", [True, False])
def test_mends_shifted_rows(late: bool, rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]) -> None:
    t = rng.standard_normal(N)
    p = np.roll(t + 0.1 * rng.standard_normal(N), 1 if late else -1)
    table(tmp_path, {"y_true": t, "id": np.arange(N), "y_pred": p})
    sheet = Sheet("preds.csv", "mse", ("y_true",), ("y_pred",), None, ("y_true", "id", "y_pred"), ",")
    found = only(case("mse", t, p), sheet)
    right = np.square(t[:-1] - p[1:] if late else t[1:] - p[:-1])
    other = right[1:] if late else right[:-1]
    own = np.square(p - t)[1:-1]
    column = 1 if late else 3
    assert found == Finding(
        "rows-shifted",
        f"the values of y_pred fit y_true of the row {'before' if late else 'after'} far better than that of their own "
        f"row: the mean squared error is {other.mean():.3g} against {own.mean():.3g} over 398 rows; "
        f"awk -F, -v OFS=, 'NF&&NR>1{{t=${column};${column}=s{column};s{column}=t}}NR!=2' preds.csv | "
        "lossctl compute mse -",
    )
    mends(found, float(right.mean()), shell)
    assert only(case("mse", t, p), NO_FILE).message.endswith(
        f"; the predictions seem to stand one row too {'low' if late else 'high'}"
    )


@pytest.mark.parametrize("late", [True, False])
def test_mends_shifted_rows_of_classes(
    late: bool, rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t, p, _ = mixed(rng)
    q = np.roll(p, 1 if late else -1, axis=0)
    names = ("y_true", "p_0", "p_1", "p_2")
    table(tmp_path, dict(zip(names, (t, *q.T), strict=True)))
    found = only(
        case("sparse_cce", t, q), Sheet("preds.csv", "sparse_cce", names[:1], names[1:], ("0", "1", "2"), names, ",")
    )
    assert found.code == "rows-shifted"
    assert found.message.startswith(
        f'the highest of "p_0" to "p_2" is the class of the row {"before" if late else "after"} in '
    )
    mends(found, cce(t[:-1], p[:-1]) if late else cce(t[1:], p[1:]), shell)


def test_mends_samples_taken_for_logits(tmp_path: Path, shell: Callable[..., Ran]) -> None:
    (tmp_path / "samples").symlink_to(SAMPLES)
    t, p = cancer()
    sheet = Sheet(
        "samples/cancer.json",
        "bce_logits",
        ("truth",),
        ("prob",),
        names=("truth", "prob"),
        options=("--positive", "malignant"),
    )
    found = only(case("bce_logits", t, p), sheet)
    assert found.message == (
        'bce_logits takes values before the sigmoid, and all 569 of "prob" lie between 0 and 1 and go with "truth" as '
        "probabilities do; lossctl compute bce samples/cancer.json -t truth -p prob --positive malignant"
    )
    mends(found, bce(t, p), shell)
    labels, q = wine("wine.csv")
    classes = ("barolo", "grignolino", "barbera")
    columns = tuple(f"p_{name}" for name in classes)
    sheet = Sheet("samples/wine.csv", "cross_entropy", ("label",), columns, classes, ("label", *columns), ",")
    found = only(case("sparse_cce_logits", labels, q), sheet)
    assert found.message == (
        'sparse_cce_logits takes values before the softmax, and all 178 rows of "p_barolo" to "p_barbera" lie between '
        "0 and 1 and add to 1 like probabilities; lossctl compute sparse_cce samples/wine.csv -t label -p 'p_*'"
    )
    mends(found, cce(labels, q), shell)


def test_every_code_is_explained() -> None:
    assert {code for _, _, code in MISREAD.values()} == {*CODES}
    assert all(text.endswith(".") for text in CODES.values())


def test_only_neighbours_show_a_shift(rng: np.random.Generator) -> None:
    t = rng.standard_normal(N)
    p = np.append(0.0, t[:-1] + 0.1 * rng.standard_normal(N - 1))
    whole = case("mse", t, p)
    for kept, there in ((np.arange(N) % 10 > 0, True), (np.arange(N) % 3 > 0, False), (np.arange(N) % 2 > 0, False)):
        gappy = Case(whole.loss, whole.params, t[kept], p[kept], whole.rows[kept], True)
        assert [finding.code for finding in examine(gappy, NO_FILE)] == ["rows-shifted"] * there


@pytest.mark.parametrize("low", [0, 1])
def test_mends_class_ids_given_as_numbers(
    low: int, rng: np.random.Generator, tmp_path: Path, shell: Callable[..., Ran]
) -> None:
    t = rng.integers(0, 5, N)
    p = softmax(4 * np.eye(5)[t] + 1.5 * rng.standard_normal((N, 5)))
    family = tuple(f"p_{c + low}" for c in range(5))
    names = ("id", "label", "pred", *family)
    table(tmp_path, dict(zip(names, (np.arange(N), t + low, p.argmax(axis=1) + low, *p.T), strict=True)))
    sheet = Sheet("preds.csv", "mse", ("label",), ("pred",), None, names, ",")
    found = only(case("mse", t + low, p.argmax(axis=1) + low), sheet)
    assert found == Finding(
        "class-ids-as-numbers",
        f'"label" and "pred" hold the whole numbers {low} to {low + 4}, agree in '
        f"{100 * np.mean(p.argmax(axis=1) == t):.0f} % of all 400 rows and are any distance apart in the others, as "
        "class ids are, which mse takes for quantities; lossctl compute sparse_cce preds.csv -t label -p 'p_*'",
    )
    mends(found, cce(t, p), shell)


def test_words_for_class_ids_without_probabilities(rng: np.random.Generator) -> None:
    t = rng.integers(0, 5, N)
    p = np.where(rng.random(N) < 0.6, t, rng.integers(0, 5, N))
    assert only(
        case("mse", t, p), Sheet("a.csv", "mse", ("label",), ("pred",), None, ("label", "pred"), ",")
    ).message.endswith(
        ', which mse takes for quantities; sparse_cce takes class ids in "label" beside a probability for each class'
    )


def test_names_reach_a_note_harmless(rng: np.random.Generator) -> None:
    t, p = probabilities(2.0)(rng, N)
    evil = "a\x1b[31m\nb"
    found = only(case("bce_logits", t, p), Sheet(evil, "bce_logits", (evil,), (evil,), None, (evil,), ","))
    assert found.message.endswith("; bce takes probabilities")


@pytest.mark.parametrize("rows", [0, 1, 9])
@pytest.mark.parametrize("loss", every(), ids=lambda loss: loss.name)
def test_few_rows_say_nothing(loss: Any, rows: int) -> None:
    pred = np.full((rows, 2), 0.5) if loss.takes_classes else np.full(rows, 0.5)
    true = np.zeros(rows) if loss.roles["y_true"].coding == "class" or not loss.takes_classes else pred
    assert codes(loss.name, true, pred) == []


@pytest.mark.parametrize("loss", [loss for loss in every() if loss.plain], ids=lambda loss: loss.name)
def test_extreme_values_are_borne(loss: Any) -> None:
    rng = np.random.default_rng(3)
    for big in (0.0, 1e-310, 1e200, 1.7e308, math.inf):
        shape = (64, 3) if loss.takes_classes else (64,)
        pred = np.where(rng.random(shape) < 0.3, big, rng.random(shape))
        true = rng.integers(0, 2, shape if loss.roles["y_true"].vector or not loss.takes_classes else 64)
        codes(loss.name, true, pred)
        codes(loss.name, true, np.full(shape, big))


def test_the_readme_counts_the_kinds_of_clean_data() -> None:
    assert f"know, {len(CLEAN)} of them" in (SAMPLES.parent / "README.md").read_text()
