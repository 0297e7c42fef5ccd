"""lossctl against what scikit-learn, SciPy and PyTorch printed; `frameworks/make_bank.py` says how they were asked."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import pytest

import lossctl

RELATIVE = 1e-12
ABSOLUTE_AT_ZERO = 1e-15


def bank() -> list[dict[str, Any]]:
    with open(os.path.join(os.path.dirname(__file__), "frameworks", "bank.json"), encoding="utf-8") as file:
        cases: list[dict[str, Any]] = json.load(file)
    return cases


def far(given: Any, expected: Any) -> list[tuple[float, float]]:
    """The values that are not those expected, beside them."""
    pairs = zip(np.atleast_1d(given).tolist(), np.atleast_1d(np.array(expected, np.float64)).tolist(), strict=True)
    return [(a, b) for a, b in pairs if not abs(a - b) <= (RELATIVE * abs(b) if b else ABSOLUTE_AT_ZERO)]


@pytest.mark.parametrize("case", bank(), ids=lambda case: f"{case['loss']}-{case['reduction']}-{case['call']}")
def test_lossctl_gives_the_number_of_the_framework(case: dict[str, Any]) -> None:
    y_true, y_pred, weight = case["y_true"], case["y_pred"], case["weight"]
    given = lossctl.compute(case["loss"], y_true, y_pred, weight=weight, reduction=case["reduction"], **case["options"])
    assert not far(given, case["value"]), f"{case['framework']} {case['version']}: {case['call']}"


def test_the_bank_holds_numbers_of_three_frameworks_and_their_versions() -> None:
    cases = bank()
    assert len(cases) >= 150
    assert {case["framework"] for case in cases} == {"torch", "scikit-learn", "scipy"}
    assert all(case["version"] and case["call"] and case["value"] for case in cases)
    keys = [json.dumps({**case, "value": None}) for case in cases]
    assert len(set(keys)) == len(keys)


LOGITS = [[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]
P = [[0.36, 0.48, 0.16], [0.0, 0.5, 0.5]]
Q = [[0.3, 0.5, 0.2], [0.1, 0.4, 0.5]]


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred", "weight", "reduction", "printed"),
    [
        # keras 3.15.1 losses.MeanAbsoluteError, reduction "sum"; torch 2.13 F.l1_loss(weight=) and scikit-learn 1.9.1
        # mean_absolute_error(sample_weight=); keras with reduction "sum_over_batch_size" divides by N
        ("mae", [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1.0, 1.0, 2.0], "sum", "9.0000000"),
        ("mae", [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1.0, 1.0, 2.0], "mean", "2.2500000"),
        ("mae", [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1.0, 1.0, 2.0], "mean-count", "3.0000000"),
        # keras 3.15.1 losses.MeanSquaredError and metrics.MeanSquaredError; torch 2.13 F.mse_loss(weight=)
        ("mse", [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1.0, 1.0, 2.0], "mean-count", "7.6667"),
        ("mse", [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1.0, 1.0, 2.0], "mean", "5.75"),
        # torch 2.13 F.huber_loss(weight=), which divides by N
        ("huber", [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1.0, 1.0, 2.0], "mean-count", "2.3333"),
        # keras 3.15.1 losses.mean_squared_error on the torch backend, float64
        ("mse", [100000000.0], [100000001.0], None, "mean", "1.0"),
        # torch 2.13 F.huber_loss(delta=) and F.smooth_l1_loss(beta=) at an error of 3
        ("huber:delta=0.5", [0.0], [3.0], None, "mean", "1.375"),
        ("smooth_l1:beta=0.5", [0.0], [3.0], None, "mean", "2.75"),
        ("huber:delta=2", [0.0], [3.0], None, "mean", "4.0"),
        ("smooth_l1:beta=2", [0.0], [3.0], None, "mean", "2.0"),
        # keras 3.15.1 metrics.RootMeanSquaredError over both outputs
        ("rmse", [[0.0, 0.0]], [[1.0, 3.0]], None, "mean", "2.236"),
        # scikit-learn 1.9.1 mean_squared_log_error: (ln 0.5 - ln 2)² and 0
        ("msle", [1.0, 1.0], [-0.5, 1.0], None, "mean", "0.9609"),
        # keras 3.15.1 losses.log_cosh
        ("log_cosh", [0.0], [1.0], None, "mean", "0.4337808"),
        # 100 - ln 2, by hand; torchmetrics 1.9.0 log_cosh_error gave inf
        ("log_cosh", [0.0], [100.0], None, "mean", "99.3068528"),
        # scikit-learn 1.9.1 mean_pinball_loss(alpha=0.9)
        ("quantile:level=0.9", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0], None, "mean", "0.3333333"),
        # the asymptote δ|r| with δ = 1, by hand; scipy 1.17.1 special.pseudo_huber overflows
        ("pseudo_huber", [0.0], [1e200], None, "mean", "1e+200"),
        # keras 3.15.1 losses.hinge per row; scikit-learn 1.9.1 hinge_loss; keras losses.squared_hinge
        ("hinge", [0.0, 1.0], [0.3, 0.6], None, "none", "1.3 0.4"),
        ("hinge", [0.0, 1.0], [0.3, 0.6], None, "mean", "0.85"),
        ("squared_hinge", [0.0, 1.0], [0.3, 0.6], None, "none", "1.69 0.16"),
        # both rows lie beyond the margin, by hand; torchmetrics 1.9.0 hinge_loss passed them through a sigmoid
        ("hinge", [1.0, 0.0], [2.0, -1.0], None, "mean", "0.0"),
        # 60 ln 10 and -ln(1 - 1e-20), by hand; torch clamps the first at 100
        ("bce", [1.0], [1e-60], None, "mean", "138.155"),
        ("bce", [0.0], [1e-20], None, "mean", "1e-20"),
        # keras 3.15.1 losses.binary_crossentropy(from_logits=True) on its torch backend
        ("bce_logits", [0.0], [1000.0], None, "mean", "1000.0"),
        ("bce_logits", [1.0], [-20.0], None, "mean", "20.0000"),
        # the limit of ln(1 + exp(-z)), by hand; torch 2.13 gives nan
        ("bce_logits", [1.0], [np.inf], None, "mean", "0.0"),
        # torch 2.13 F.cross_entropy: label_smoothing=0.1 (1.0046080 in float32); weight=[1, 2, 3], its mean and its
        # single rows; then with ignore_index=1
        ("sparse_cce_logits:label_smoothing=0.1", [0, 1, 2], LOGITS, None, "mean", "1.0046081"),
        ("sparse_cce_logits:class_weight=[1,2,3]", [0, 1, 2], LOGITS, None, "mean", "1.0864425"),
        ("sparse_cce_logits:class_weight=[1,2,3]", [0, 1, 2], LOGITS, None, "none", "0.4076 2.8152 3.2958"),
        ("sparse_cce_logits:ignore_index=1", [0, 1, 2], LOGITS, None, "mean", "0.7531091"),
        # torch 2.13 F.cross_entropy, weight=[1, 2, 3], one-hot targets: divided by N; with label_smoothing=0.1 too
        ("cce_logits:class_weight=[1,2,3]", np.eye(3).tolist(), LOGITS, None, "mean-count", "2.1728849"),
        (
            "cce_logits:class_weight=[1,2,3]:label_smoothing=0.1",
            np.eye(3).tolist(),
            LOGITS,
            None,
            "mean-count",
            "2.2165",
        ),
        (
            "sparse_cce_logits:class_weight=[1,2,3]:label_smoothing=0.1",
            [0, 1, 2],
            LOGITS,
            None,
            "mean",
            "1.1083",
        ),
        # 2 exp(-40), by hand; torch 2.13 gives 0
        ("sparse_cce_logits", [0], [[40.0, 0.0, 0.0]], None, "mean", "8.497e-18"),
        # 0 where the target holds nothing, by hand; torch 2.13 gives nan
        ("cce_logits", [[1.0, 0.0]], [[3.0, -np.inf]], None, "mean", "0.0"),
        # keras 3.15.1 losses.categorical_crossentropy, which divides by the sum: ln 3
        ("sparse_cce:renormalise=true", [1], [[0.2, 0.2, 0.2]], None, "mean", "1.0986"),
        ("cce:renormalise=true", [[0.0, 1.0, 0.0]], [[0.2, 0.2, 0.2]], None, "mean", "1.0986"),
        # torch 2.13 F.nll_loss(log p, y), and F.cross_entropy(p, y), which takes p for logits
        ("sparse_cce", [0], [[0.9, 0.05, 0.05]], None, "mean", "0.1054"),
        ("sparse_cce_logits", [0], [[0.9, 0.05, 0.05]], None, "mean", "0.6178"),
        # keras 3.15.1 losses.kl_divergence for the first row; ½ ln 1.25, by hand, for the second, where keras takes the
        # 0 for 1e-7 and prints 0.1115704; torch 2.13 F.kl_div(reduction="batchmean")
        ("kl", P, Q, None, "none", "0.0103382 0.1115718"),
        ("kl", P, Q, None, "mean", "0.0609550"),
        # scikit-learn 1.9.1 mean_tweedie_deviance(power=1.5) and (power=3), mean_poisson_deviance
        ("tweedie_deviance:power=1.5", [2.0, 0.0], [1.0, 0.5], None, "mean", "1.7573593"),
        ("tweedie_deviance:power=3", [2.0], [1.0], None, "mean", "0.5"),
        ("poisson_deviance", [2.0, 0.0], [1.5, 0.5], None, "mean", "0.5754"),
        # t² and t² of a relative error t = 1e-9 (1.00000008274e-09 as the float64 numbers have it), by hand;
        # scikit-learn 1.9.1 gives 0
        ("poisson_deviance", [1.0], [1.000000001], None, "mean", "1.00e-18"),
        ("gamma_deviance", [1.0], [1.000000001], None, "mean", "1.00e-18"),
        # scoringrules 0.10.0 rps_score; 0.7² + 0.2² for the first of three classes, by hand
        ("rps", [0], [[0.2, 0.5, 0.3]], None, "mean", "0.73"),
        # scikit-learn 1.9.1 hinge_loss, optax 0.2.8 multiclass_hinge_loss; keras' categorical_hinge gives 3.5
        ("hinge_loss", [1], [[-3.0, -2.5, -4.0]], None, "mean", "0.5"),
        # torch 2.13 F.multi_margin_loss
        ("multi_margin", [1], [[-3.0, -2.5, -4.0]], None, "mean", "0.1667"),
        # keras 3.15.1 losses.binary_focal_crossentropy; torchvision 0.28.0 sigmoid_focal_loss, alpha 0.25
        ("focal", [1.0, 0.0], [0.9, 0.6], None, "none", "0.0010536 0.3298647"),
        ("focal:alpha=0.25", [1.0, 0.0], [0.9, 0.6], None, "none", "0.0002634 0.2473985"),
        # the limit -m, by hand; torch 2.13 F.soft_margin_loss gives inf
        ("soft_margin", [1.0], [-1000.0], None, "mean", "1000.0"),
        # scikit-learn 1.9.1 zero_one_loss and hamming_loss of labels in columns
        ("zero_one_loss", [[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], None, "mean", "0.5"),
        ("hamming_loss", [[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], None, "mean", "0.25"),
        # scipy 1.17.1 special.kl_div and special.rel_entr, summed
        ("generalized_kl", [[0.2, 0.2, 0.2]], [[0.1, 0.1, 0.1]], None, "mean", "0.1159"),
        # keras 3.15.1 losses.mean_absolute_percentage_error, which gives 25 per cent
        ("mape", [4.0], [3.0], None, "mean", "0.25"),
        # Σ over labels the row has and labels it has not, by hand; the documentation of torch.nn.MultiLabelMarginLoss
        ("multilabel_margin", [[1.0, 0.0, 0.0, 1.0]], [[0.1, 0.2, 0.4, 0.8]], None, "mean", "0.85"),
        # torchvision 0.28.0 sigmoid_focal_loss at alpha=-1 of the logits of 0.9 and 0.6, keras' probabilities above
        ("sigmoid_focal", [1.0, 0.0], [2.1972245773362196, 0.4054651081081642], None, "none", "0.0010536 0.3298647"),
        (
            "sigmoid_focal:alpha=0.25",
            [1.0, 0.0],
            [2.1972245773362196, 0.4054651081081642],
            None,
            "none",
            "0.0002634 0.2473985",
        ),
        # optax 0.2.8 sigmoid_focal_loss(gamma=5) and (alpha=0.25) with float64, a soft label among the others
        (
            "sigmoid_focal:gamma=5",
            [1.0, 0.0, 0.3],
            [2.0, -1.0, 0.5],
            None,
            "none",
            "3.05486471e-06 4.40753492e-04 0.0410927459",
        ),
        (
            "sigmoid_focal:alpha=0.25",
            [1.0, 0.0, 0.3],
            [2.0, -1.0, 0.5],
            None,
            "none",
            "0.00045089 0.01699354 0.14901774",
        ),
        # exp(-40) · exp(-40)^½ and 800, by hand; the sigmoid of 40 is 1 in float64
        ("sigmoid_focal:gamma=0.5", [1.0, 1.0], [40.0, -800.0], None, "none", "8.75651076e-27 800.0"),
        # (½)² ln 2 for either of two classes, by hand
        ("sparse_categorical_focal_logits", [1], [[0.0, 0.0]], None, "mean", "0.1732868"),
        # optax 0.2.8 ranking_softmax_loss
        ("ranking_softmax", [[0, 1, 2], [1, 0, 0]], [[1, 2, 3], [0, 1, 0]], None, "mean", "1.887131303632596"),
        # -ln 0.2 - ln 0.7, by hand; scoringrules' rls_score is the same sum
        ("rls", [0], [[0.2, 0.5, 0.3]], None, "mean", "1.9661129"),
        # Barron's special cases, by hand: ½ r², √(1 + r²) - 1, ln(½ r² + 1), 2 r² / (r² + 4)
        ("barron:shape=2", [0.0], [3.0], None, "mean", "4.5"),
        ("barron:shape=1", [0.0], [0.75], None, "mean", "0.25"),
        ("barron:shape=0", [0.0], [2.0], None, "mean", "1.0986123"),
        ("barron:shape=-2", [0.0], [2.0], None, "mean", "1.0"),
        # 4 / 110, by hand
        ("wmape", [100.0, 10.0, 0.0], [98.0, 11.0, 1.0], None, "mean", "0.0363636"),
        # torchmetrics 1.9.0 normalized_root_mean_squared_error and minkowski_distance on float64; the first three are
        # what permetrics 2.1.0 gives too
        ("nrmse", [2.5, 5.0, 4.0, 8.0], [3.0, 5.0, 2.5, 7.0], None, "mean", "0.19187986598840726"),
        ("nrmse:normalise=range", [2.5, 5.0, 4.0, 8.0], [3.0, 5.0, 2.5, 7.0], None, "mean", "0.17007533576245187"),
        ("nrmse:normalise=std", [2.5, 5.0, 4.0, 8.0], [3.0, 5.0, 2.5, 7.0], None, "mean", "0.46499055497527714"),
        ("nrmse:normalise=l2", [2.5, 5.0, 4.0, 8.0], [3.0, 5.0, 2.5, 7.0], None, "mean", "0.0886857854412185"),
        ("nrmse", [[2.5, 5.0], [4.0, 8.0]], [[3.0, 5.0], [2.5, 7.0]], None, "mean", "0.191879865988407"),
        (
            "nrmse:normalise=std",
            [[2.5, 5.0], [4.0, 8.0]],
            [[3.0, 5.0], [2.5, 7.0]],
            None,
            "mean",
            "0.464990554975277",
        ),
        ("minkowski:p=1", [2.5, 5.0, 4.0, 8.0], [3.0, 5.0, 2.5, 7.0], None, "mean", "3.0"),
        ("minkowski:p=2", [2.5, 5.0, 4.0, 8.0], [3.0, 5.0, 2.5, 7.0], None, "mean", "1.8708286933869707"),
        ("minkowski:p=4.5", [2.5, 5.0, 4.0, 8.0], [3.0, 5.0, 2.5, 7.0], None, "mean", "1.5527892521958593"),
        # scikit-learn 1.9.1 max_error and median_absolute_error of its documentation
        ("max_error", [3.0, 2.0, 7.0, 1.0], [4.0, 2.0, 7.0, 1.0], None, "mean", "1.0"),
        ("median_absolute_error", [3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0], None, "mean", "0.5"),
        # at 0 each is the square of its distance to the margin, by hand; -4 m beyond
        ("modified_huber", [1.0, 1.0, 1.0], [0.0, 2.0, -3.0], None, "none", "1.0 0.0 12.0"),
    ],
)
def test_golden_numbers_hold(
    loss: str, y_true: list[Any], y_pred: list[Any], weight: list[float] | None, reduction: str, printed: str
) -> None:
    given = np.atleast_1d(lossctl.compute(loss, y_true, y_pred, weight=weight, reduction=reduction))
    assert [shown(value, text) for value, text in zip(given.tolist(), printed.split(), strict=True)] == printed.split()


def shown(value: float, like: str) -> str:
    """A value in as many digits as another is printed in."""
    if "e" in like:
        mantissa = like.partition("e")[0]
        return f"{value:.{len(mantissa.partition('.')[2])}e}"
    return f"{value:.{len(like.partition('.')[2])}f}"
