"""Ask PyTorch for derivatives by y_pred, and write them into slopes.json beside this file.

    PYTHONPATH=tests python -m frameworks.make_slopes

The text of a call is what is run, on float64: `y` and `p` in it are y_true and y_pred, and the sum of its values is
what autograd differentiates by `p`. Where PyTorch has the loss, or torchvision, whose functions are in `ops`, it is
asked at the kinks too. The tests read the file
and need no PyTorch.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from frameworks.make_bank import labels, numbers, probabilities, simplex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SLOPES = os.path.join(os.path.dirname(__file__), "slopes.json")


class Ask(NamedTuple):
    """One call, and the loss whose rows are the values it adds."""

    loss: str
    y: list[Any]
    p: list[Any]
    call: str
    params: Mapping[str, Any] = MappingProxyType({})


def elementwise() -> Iterator[Ask]:
    """Losses of single numbers; some errors are 0, and some stand where a loss changes its form."""
    y, p = [*numbers(1, 2, 8), 0.5, 1.0, 1.0, -2.0], [*numbers(2, 2, 8), 0.5, 2.0, 1.5, -4.0]
    yield Ask("mae", y, p, "F.l1_loss(p, y, reduction='none')")
    yield Ask("mse", y, p, "F.mse_loss(p, y, reduction='none')")
    yield Ask("half_mse", y, p, "(p - y) ** 2 / 2")
    for delta in (0.5, 1.0, 2.0):
        call = f"F.huber_loss(p, y, reduction='none', delta={delta})"
        yield Ask("huber", y, p, call, {"delta": delta})
        call = f"F.smooth_l1_loss(p, y, reduction='none', beta={delta})"
        yield Ask("smooth_l1", y, p, call, {"beta": delta})
        yield Ask(
            "pseudo_huber", y, p, f"{delta**2} * (torch.sqrt(1 + ((p - y) / {delta}) ** 2) - 1)", {"delta": delta}
        )
        yield Ask("tukey", y, p, f"F.relu(1 - ((p - y) / {delta}) ** 2) ** 3 * -{delta**2} / 6", {"scale": delta})
        yield Ask("welsch", y, p, f"torch.exp(-((p - y) / {delta}) ** 2) * -{delta**2} / 2", {"scale": delta})
        yield Ask("cauchy", y, p, f"torch.log1p(((p - y) / {delta}) ** 2) * {delta**2} / 2", {"scale": delta})
        call = f"F.relu(torch.abs(p - y) - {delta})"
        yield Ask("epsilon_insensitive", y, p, call, {"epsilon": delta})
        yield Ask("squared_epsilon_insensitive", y, p, f"{call} ** 2", {"epsilon": delta})
    yield Ask("smooth_l1", y, p, "F.smooth_l1_loss(p, y, reduction='none', beta=0.0)", {"beta": 0.0})
    yield Ask("max_error", y, p, "torch.abs(p - y)")
    yield Ask("median_absolute_error", y, p, "torch.abs(p - y)")
    yield Ask("wmape", [y[:4], y[8:]], [p[:4], p[8:]], "torch.abs(p - y).sum(1) / torch.abs(y).sum(1)")
    for shape in (-2.0, 1.0, 1.5, 3.0):
        width = abs(shape - 2)
        call = f"{width} / {shape} * ((((p - y) / 0.7) ** 2 / {width} + 1) ** ({shape} / 2) - 1)"
        yield Ask("barron", y, p, call, {"shape": shape, "scale": 0.7})
    yield Ask("barron", y, p, "torch.log1p(((p - y) / 0.7) ** 2 / 2)", {"shape": 0.0, "scale": 0.7})
    yield Ask("log_cosh", y, p, "torch.log(torch.cosh(p - y))")
    yield Ask("lq", y, p, "torch.abs(p - y) ** 2.5", {"p": 2.5})
    yield Ask("smape", [*y, 2.0], [*p, 0.0], "2 * torch.abs(p - y) / (torch.abs(y) + torch.abs(p))")
    yield Ask("mape", y, p, "torch.abs(p - y) / torch.abs(y)")
    size, guess = [abs(value) for value in y], [abs(value) for value in p]
    yield Ask("msle", size, guess, "(torch.log1p(p) - torch.log1p(y)) ** 2")
    yield Ask("rmsle", size, guess, "torch.abs(torch.log1p(p) - torch.log1p(y))")
    yield Ask("poisson_nll", size, guess, "F.poisson_nll_loss(p, y, log_input=False, reduction='none', eps=0.0)")
    yield Ask("poisson_nll", size, p, "F.poisson_nll_loss(p, y, reduction='none')", {"log_input": True})
    yield Ask("gamma_nll", size, guess, "y / p + torch.log(p)")
    yield Ask("tweedie_nll", size, guess, "y * p ** -0.25 / 0.25 + p ** 0.75 / 0.75", {"power": 1.25})


def binary() -> Iterator[Ask]:
    """Losses of two classes."""
    y, z = [*probabilities(3, 6), 0.0, 1.0, 1.0, 0.0], [*numbers(4, 3, 6), -50.0, 50.0, -30.0, 30.0]
    call = "F.binary_cross_entropy_with_logits(p, y, reduction='none'"
    yield Ask("bce_logits", y, z, f"{call})")
    yield Ask("bce_logits", y, z, f"{call}, pos_weight=torch.tensor(3.0))", {"pos_weight": 3.0})
    hard = [float(value > 0.5) for value in y]
    yield Ask("sigmoid_focal", hard, z, "ops.sigmoid_focal_loss(p, y)", {"alpha": 0.25})
    yield Ask("sigmoid_focal", hard, z, "ops.sigmoid_focal_loss(p, y, alpha=-1, gamma=1.5)", {"gamma": 1.5})
    mixed = "(y * torch.sigmoid(-p) + (1 - y) * torch.sigmoid(p))"
    yield Ask("sigmoid_focal", y, z, f"{mixed} ** 1.5 * {call})", {"gamma": 1.5})
    p = probabilities(5, 10)
    yield Ask("bce", y, p, "F.binary_cross_entropy(p, y, reduction='none')")
    yield Ask("brier", y, p, "(p - y) ** 2")
    chance = "(y * (1 - p) + (1 - y) * p) ** 2"
    yield Ask("binary_focal", y, p, f"{chance} * F.binary_cross_entropy(p, y, reduction='none')")
    sign, f = [1.0, -1.0] * 5, [*numbers(6, 2, 6), 0.0, -1.0, 3.0, 2.0]
    yield Ask("soft_margin", sign, f, "F.soft_margin_loss(p, y, reduction='none')")
    yield Ask("hinge", sign, f, "F.relu(1 - y * p)")
    yield Ask("squared_hinge", sign, f, "F.relu(1 - y * p) ** 2")
    yield Ask("perceptron", sign, f, "F.relu(-y * p)")
    yield Ask("exponential", sign, f, "torch.exp(-y * p)")
    yield Ask("savage", sign, f, "torch.sigmoid(-y * p) ** 2")
    yield Ask("tangent", sign, f, "(2 * torch.atan(y * p) - 1) ** 2")


def several() -> Iterator[Ask]:
    """Losses of several classes; two rows of scores hold equal ones, and some differ by the margin."""
    y, z, p, t = labels(7, 6, 3), numbers(8, 2, 6, 3), simplex(9, 6, 3), simplex(11, 6, 3)
    z[4:] = [[1.0, 2.0, 2.0], [0.5, 0.5, 1.5]]
    weight = "weight=torch.tensor([0.5, 2.0, 1.0])"
    by_class = {"class_weight": [0.5, 2.0, 1.0]}
    yield Ask("sparse_cce_logits", y, z, "F.cross_entropy(p, y, reduction='none')")
    call = f"F.cross_entropy(p, y, reduction='none', label_smoothing=0.1, ignore_index=1, {weight})"
    yield Ask("sparse_cce_logits", y, z, call, {"label_smoothing": 0.1, "ignore_index": 1, **by_class})
    yield Ask("cce_logits", t, z, f"F.cross_entropy(p, y, reduction='none', {weight})", by_class)
    yield Ask("sparse_cce", y, p, f"F.nll_loss(torch.log(p), y, reduction='none', {weight})", by_class)
    share = "(p / p.sum(1, keepdim=True))"
    loose = [[3.0, 1.0, 2.0], *p[1:]]
    yield Ask("sparse_cce", y, loose, f"F.nll_loss(torch.log({share}), y, reduction='none')", {"renormalise": True})
    yield Ask("cce", t, loose, f"-(y * torch.log({share})).sum(1)", {"renormalise": True})
    yield Ask("brier_multiclass", t, loose, f"(({share} - y) ** 2).sum(1)", {"renormalise": True})
    yield Ask("kl", t, p, "F.kl_div(torch.log(p), y, reduction='none').sum(1)")
    yield Ask("reverse_kl", t, p, "F.kl_div(torch.log(y), p, reduction='none').sum(1)")
    middle = "torch.log((p + y) / 2)"
    yield Ask("js", t, p, f"(F.kl_div({middle}, y) + F.kl_div({middle}, p)) * 9")
    yield Ask("hellinger", t, p, "torch.sqrt(((torch.sqrt(p) - torch.sqrt(y)) ** 2).sum(1) / 2)")
    yield Ask("chi2", t, p, "((p - y) ** 2 / p).sum(1)")
    yield Ask("rps", y, p, "((p.cumsum(1) - F.one_hot(y).cumsum(1)) ** 2).sum(1)")
    cuts = "(p.cumsum(1) + F.one_hot(y).cumsum(1) - 1)"
    yield Ask("rls", y, p, f"-torch.log({cuts}.abs()).sum(1)")
    grades = [[2.0, 0.0, 1.0], *[[0.0, float(label), 0.5] for label in y[1:]]]
    yield Ask("ranking_softmax", grades, z, "-(y * F.log_softmax(p, 1)).sum(1)")
    sure = [[4.0, 0.5, 0.0], *z[1:5], [3.0, -1.0, 0.0]]
    for gamma in (0.5, 2.0):
        focal = f"(1 - F.softmax(p, 1)) ** {gamma} * F.log_softmax(p, 1)"
        yield Ask("categorical_focal_logits", t, sure, f"-(y * {focal}).sum(1)", {"gamma": gamma})
        call = f"-({focal}).gather(1, y[:, None])[:, 0]"
        yield Ask("sparse_categorical_focal_logits", y, sure, call, {"gamma": gamma})
    yield Ask("nll", y, [[-abs(value) for value in row] for row in z], "F.nll_loss(p, y, reduction='none')")
    for power in (1, 2):
        for margin in (1.0, 0.5):
            call = f"F.multi_margin_loss(p, y, p={power}, margin={margin}, reduction='none')"
            yield Ask("multi_margin", y, z, call, {"p": power, "margin": margin})
    one_hot = [[float(c in {label, 0}) for c in range(3)] for label in y]
    ids = "(torch.arange(3) + 1) * y.long() - 1"
    call = f"F.multilabel_margin_loss(p, ({ids}).sort(1, descending=True).values, reduction='none')"
    yield Ask("multilabel_margin", one_hot, z, call)
    yield Ask("one_vs_all", y, z, "F.binary_cross_entropy_with_logits(p, F.one_hot(y).double(), reduction='none') / 3")
    a, b = numbers(12, 3, 6, 3), numbers(13, 3, 6, 3)
    yield Ask("cosine", a, b, "1 - F.cosine_similarity(p, y, eps=0.0)")


def masks_and_boxes() -> Iterator[Ask]:
    """Losses of pictures; some boxes share a side, lie in each other, cross, touch, or lie apart."""
    y, p = probabilities(14, 5, 4), probabilities(15, 5, 4)
    y[3:] = [[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]]
    both, sizes = "(p * y).sum(1)", "p.sum(1) + y.sum(1)"
    yield Ask("dice", y, p, f"1 - (2 * {both} + 1.0) / ({sizes} + 1.0 + 0.1)", {"smooth": 0.5, "eps": 0.1})
    yield Ask("generalized_dice", y, p, f"1 - 2 * {both} / ({sizes})")
    wrong = "0.3 * (p * (1 - y)).sum(1) + 0.7 * (y * (1 - p)).sum(1)"
    yield Ask("tversky", y, p, f"1 - {both} / ({both} + {wrong})", {"alpha": 0.3, "beta": 0.7})
    true = [[0.0, 0.0, 4.0, 3.0]] * 7
    pred = [[1.0, -1.0, 5.0, 2.0], [1.0, 1.0, 2.0, 2.5], [1.0, -1.0, 2.0, 4.0], [0.0, 1.0, 4.0, 5.0]]
    apart = [[4.0, 1.0, 5.0, 2.0], [6.0, -7.0, 6.5, -4.0], [-3.0, 0.5, -1.0, 1.0]]
    tiny = {"eps": 1e-7}
    yield Ask("iou", true[1:], [*pred, *apart[1:]], "1 - ops.box_iou(p, y).diagonal()")
    yield Ask("unitbox", true[:4], pred, "-torch.log(ops.box_iou(p, y).diagonal())")
    yield Ask("giou", true, [*pred, *apart], "ops.generalized_box_iou_loss(p, y)", tiny)
    yield Ask("diou", true, [*pred, *apart], "ops.distance_box_iou_loss(p, y)", tiny)
    yield Ask("ciou", true, [*pred, *apart], "ops.complete_box_iou_loss(p, y)", tiny)
    for name, corners in (
        ("xywh", "p[:, :2], p[:, :2] + p[:, 2:]"),
        ("cxcywh", "p[:, :2] - p[:, 2:] / 2, p[:, :2] + p[:, 2:] / 2"),
    ):
        box, other = (f"torch.cat([{text}], 1)" for text in (corners, corners.replace("p[", "y[")))
        of, to = ([[*row[:2], abs(row[2]), abs(row[3])] for row in rows] for rows in (true, [*pred, *apart]))
        yield Ask("ciou", of, to, f"ops.complete_box_iou_loss({box}, {other})", {"format": name, **tiny})


FAMILIES = (elementwise, binary, several, masks_and_boxes)


def answered(ask: Ask) -> dict[str, Any]:
    """The case of a call: what was asked, and the derivatives as Python prints them."""
    torch = import_module("torch")
    torch.set_default_dtype(torch.float64)
    p = torch.tensor(ask.p, requires_grad=True)
    home = import_module("torchvision") if "ops." in ask.call else torch
    names = {
        "torch": torch,
        "F": torch.nn.functional,
        "y": torch.tensor(ask.y),
        "p": p,
        "ops": getattr(home, "ops", None),
    }
    # The text in the file is the text that was run.
    eval(ask.call, names).sum().backward()
    if p.grad is None or p.grad.dtype != torch.float64:
        raise TypeError(f"{ask.call} gives no float64 derivative")
    return {
        "framework": home.__name__,
        "version": home.__version__.partition("+")[0],
        "call": ask.call,
        "loss": ask.loss,
        "params": dict(ask.params),
        "y_true": ask.y,
        "y_pred": ask.p,
        "slope": p.grad.tolist(),
    }


def main() -> None:
    """Write the derivatives, a case a line."""
    cases = [answered(ask) for family in FAMILIES for ask in family()]
    with open(SLOPES, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
