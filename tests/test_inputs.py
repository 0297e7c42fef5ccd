"""Losses with inputs of their own names: columns, values and arrays that are bound to them, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lossctl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

TABLE = "y_true,mu,sigma2,lower,upper\n1,1.5,0.5,0.2,2\n2,1,2,0.5,1.5\n0,0.3,0.4,-0.5,0.9\n"
Y = [0.3, -1.2]
MEMBERS = [[0.1, 0.9, -0.4, 1.7], [-1.0, 0.2, -2.5, -0.7]]
ANCHOR, POSITIVE, NEGATIVE = [[0.1, 0.9], [1.0, 2.0]], [[-0.4, 1.7], [1.5, 2.0]], [[-1.0, 0.2], [3.0, 2.5]]


@pytest.mark.parametrize(
    ("loss", "inputs", "printed"),
    [
        # scoringrules 0.10.0: crps_ensemble(estimator="nrg") and "fair", dssuv_ensemble, crps_normal, logs_normal,
        # interval_score, crps_quantile, es_ensemble
        ("crps_ensemble", {"y_true": Y, "y_pred": MEMBERS}, "0.28125 0.32500"),
        ("crps_ensemble:fair=true", {"y_true": Y, "y_pred": MEMBERS}, "0.1333333 0.1500000"),
        ("dss", {"y_true": Y, "y_pred": MEMBERS}, "-0.0744419027 0.2628577527"),
        ("crps_normal", {"y_true": Y, "mean": [0.1, -0.7], "scale": [0.5, 2.0]}, "0.1483440452 0.5169996258"),
        ("logs_normal", {"y_true": Y, "mean": [0.1, -0.7], "sigma": [0.5, 2.0]}, "0.3057913526 1.6433357138"),
        ("interval:alpha=0.2", {"y_true": Y, "lower": [0.5, -1.5], "upper": [0.9, -1.0]}, "2.4 0.5"),
        (
            "crps_quantile:level=[0.1,0.5,0.9]",
            {"y_true": Y, "y_pred": [[-0.5, 0.2, 1.1], [-2.0, -1.0, -0.5]]},
            "0.1400000 0.1666667",
        ),
        ("energy_score", {"y_true": [[0.3, -1.2]], "y_pred": [[0.1, 0.9, -0.4, 1.7, -1.0, 0.2]]}, "1.9052301314"),
        # (0.15 + 0.1·0.4 + 0.2 + 0.25·2) / 2.5, by hand; scoringrules 0.10.0 leaves out the bars of |y - median| and
        # gives 0.416
        (
            "wis:alpha=[0.2,0.5]",
            {"y_true": [0.3], "median": [0.6], "lower": [[0.5, -1.0]], "upper": [[0.9, 1.0]]},
            "0.3560000",
        ),
        # torch 2.13 F.gaussian_nll_loss(reduction="none"), full=True, and its eps=1e-6 at a variance of 0
        ("gaussian_nll", {"y_true": Y, "mean": [0.1, -0.7], "var": [0.5, 2.0]}, "-0.3065736 0.4090736"),
        ("gaussian_nll:full=true", {"y_true": Y, "mean": [0.1, -0.7], "var": [0.5, 2.0]}, "0.6123649 1.3280121"),
        ("gaussian_nll:eps=1e-6", {"y_true": [1.0], "mean": [0.0], "var": [0.0]}, "499993.092245"),
        # torch 2.13 F.triplet_margin_loss(p=, eps=1e-6), F.margin_ranking_loss(margin=0.5), then
        # F.cosine_embedding_loss(margin=0.3) and F.hinge_embedding_loss, all with reduction="none"
        *(
            (
                f"triplet:p={p}:eps=1e-6",
                {"anchor": ANCHOR, "positive": POSITIVE, "negative": NEGATIVE}
                if p == 1
                else {"anchor": ANCHOR, "y_true": POSITIVE, "y_pred": NEGATIVE},
                printed,
            )
            for p, printed in ((1, "0.4999980 0.0000000"), (2, "0.6395559336 0.0"), (3, "0.6730560294 0.0"))
        ),
        ("margin_ranking:margin=0.5", {"y_true": [1, -1], "x1": [0.1, 0.9], "x2": [0.4, -0.2]}, "0.8 1.6"),
        ("cosine_embedding:margin=0.3", {"y_true": [1, -1], "x1": ANCHOR, "x2": NEGATIVE}, "0.9133703836 0.6161573349"),
        ("hinge_embedding", {"y_true": [1, -1], "distance": [0.25, 0.4]}, "0.25 0.6"),
    ],
)
def test_golden_numbers_hold(loss: str, inputs: dict[str, Any], printed: str) -> None:
    named = {"y_true": "y_true", "y_pred": "y_pred", "positive": "y_true"}
    roles: dict[str, Any] = {named.get(name, name): np.array(values) for name, values in inputs.items()}
    given = lossctl.compute(loss, reduction="none", **roles)
    assert isinstance(given, np.ndarray)
    texts = printed.split()
    assert [f"{value:.{len(text.partition('.')[2])}f}" for value, text in zip(given, texts, strict=True)] == texts


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        # ½ (ln v + (y - m)² / v), by hand: ln 0.5 / 2 + 0.25, ln 2 / 2 + 0.25, ln 0.4 / 2 + 0.1125; their mean
        (("gaussian_nll", "f.csv", "-p", "mean=mu,var=sigma2"), "0.05145154"),
        (("gaussian_nll", "f.csv", "-p", "var=sigma2,y_pred=mu"), "0.05145154"),
        (("gaussian_nll", "f.csv", "-p", "y_true=y_true, mean=mu, var=sigma2"), "0.05145154"),
        (("gaussian_nll", "named.csv"), "0.05145154"),
        (("normal_nll", "nameless.csv", "-H", "-t", "1", "-p", "mean=2,var=3"), "0.05145154"),
        # 1.8, 1 + 20 * 0.5, 1.4
        (("interval:alpha=0.1", "f.csv"), "4.73333333"),
        (("winkler:alpha=0.1", "f.csv", "-p", "lower=lower,upper=upper"), "4.73333333"),
        # 2 max(τ (y - q), (τ - 1) (y - q)) of both quantiles, their mean, by hand: 0.26, 0.75 and 0.28 halved twice
        (("crps_quantile:level=[0.1,0.9]", "f.csv", "-p", "lower,upper"), "0.30666667"),
        (("gaussian_nll", "-t", "1,2,0", "-p", "mean=1.5,1,0.3,var=0.5,2,0.4"), "0.05145154"),
        (("triplet", "-p", "positive=[[3,4]],negative=[[0,5.5]],anchor=[[0,0]]"), "0.50000000"),
    ],
)
def test_columns_and_values_are_bound_to_inputs_by_name(
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    value: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(TABLE)
    (tmp_path / "named.csv").write_text(TABLE.replace("mu,sigma2", "Mean,var"))
    (tmp_path / "nameless.csv").write_text(TABLE.partition("\n")[2])
    ran = run("compute", *arguments, "-f", "value")
    assert (f"{float(ran.out):.8f}", ran.err, ran.code) == (value, "", 0)


def test_one_binding_serves_losses_with_other_inputs(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(TABLE)
    ran = run("compute", "mse,gaussian_nll,interval:alpha=0.1", "f.csv", "-p", "mean=mu,var=sigma2")
    assert ran.out == (
        "loss                 n       value\n"
        "──────────────────────────────────\n"
        "mse                  3   0.446667\n"
        "gaussian_nll         3   0.0514515\n"
        "interval:alpha=0.1   3   4.73333\n"
        "\n"
        "f.csv: all 3 rows used; y_true is y_true, y_pred is mu, var is sigma2, lower is lower, upper is upper\n"
    )
    rows = run("breakdown", "interval:alpha=0.1", "f.csv", "--all", "-f", "csv")
    assert rows.out == (
        "row,y_true,lower,upper,interval:alpha=0.1\n1,1.0,0.2,2.0,1.8\n2,2.0,0.5,1.5,11.0\n3,0.0,-0.5,0.9,1.4\n"
    )
    worst = run("breakdown", "gaussian_nll", "f.csv", "-p", "mean=mu,var=sigma2", "-k", "1", "-f", "ndjson")
    assert worst.out == (
        '{"row": 2, "y_true": 2.0, "y_pred": 1.0, "var": 2.0, "gaussian_nll": 0.5965735902799726, '
        '"shares": {"gaussian_nll": 3.8649541939685497}}\n'
    )
    names = {line.split(",")[1] for line in run("compute", "all", "f.csv", "-p", "mu", "-f", "csv").out.splitlines()}
    assert "mse" in names
    assert names.isdisjoint({"gaussian_nll", "interval", "margin_ranking"})
    names = {
        line.split(",")[1]
        for line in run("compute", "all", "f.csv", "-p", "mean=mu,var=sigma2", "-f", "csv").out.splitlines()
    }
    assert {"mse", "gaussian_nll"} <= names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("gaussian_nll", "f.csv", "-p", "mu"),
            'f.csv: gaussian_nll takes "y_true", "y_pred" and "var", and no column is named like "var"\n'
            "  help: -p mean=COLUMN,var=COLUMN says which columns they are",
        ),
        (
            ("interval", "f.csv"),
            "f.csv: interval needs the parameter alpha: a number above 0, at most 1\n"
            "  help: write it like interval:alpha=0.1",
        ),
        (
            ("interval:alpha=0.1", "f.csv", "-p", "lower=upper,upper=lower"),
            "f.csv:2: lower is 2.0 and upper is 0.2, below it\n"
            "  help: -p lower=COLUMN,upper=COLUMN says which is which",
        ),
        (
            ("interval:alpha=0.1", "f.csv", "-p", "lower=low"),
            'f.csv: --y-pred lower= names no column "low"; there are "y_true", "mu", "sigma2", "lower" and "upper"\n'
            '  help: did you mean "lower"?',
        ),
        (
            ("interval:alpha=0.1", "f.csv", "-p", "lower=lower,uper=upper"),
            'no loss asked for has an input "uper"\n  help: did you mean "upper"?',
        ),
        (
            ("gaussian_nll", "f.csv", "-p", "mu,var=sigma2"),
            '-p "mu,var=sigma2" says which input "var=sigma2" is, and not "mu"\n  help: -p mean=mu,var=sigma2 says both',
        ),
        (
            ("gaussian_nll", "-t", "1,2", "-p", "3,4,var=1,1"),
            '-p "3,4,var=1,1" says which input "var=1,1" is, and not "3,4"\n  help: -p mean=3,4,var=1,1 says both',
        ),
        (
            ("interval:alpha=0.1", "f.csv", "-p", "lower,upper=upper"),
            '-p "lower,upper=upper" says which input "upper=upper" is, and not "lower"\n'
            "  help: -p lower=lower,upper=upper says both",
        ),
        (
            ("triplet_margin", "f.csv", "-t", "lower,upper", "-p", "negative=mu,anchor=lower,upper"),
            "f.csv: y_true has 2 columns, y_pred has 1 column and anchor has 2 columns: triplet_margin takes equally many "
            "columns, 2 or more, of y_true, y_pred and anchor\n  help: -t and -p choose other columns",
        ),
        (
            ("wis:alpha=[0.1]", "f.csv", "-p", "median=mu,lower=lower,upper=lower,upper"),
            "f.csv: y_true has 1 column, y_pred has 1 column, lower has 1 column and upper has 2 columns: wis takes 1 "
            "column each of y_true and y_pred and equally many columns of lower and upper\n"
            "  help: -t and -p choose other columns, for example -p 'p_*'; by argument one row of three classes is "
            "[[0.2,0.5,0.3]]",
        ),
        (
            ("gaussian_nll", "f.csv", "-p", "mean=mu,y_pred=mu"),
            '-p "mean=mu,y_pred=mu" names y_pred twice\n  help: name each input once',
        ),
        (
            ("gaussian_nll", "f.csv", "-t", "y_true", "-p", "y_true=mu,mean=mu,var=sigma2"),
            '-t "y_true" and -p "y_true=mu,mean=mu,var=sigma2" both name y_true\n  help: name each input once',
        ),
        (
            ("gaussian_nll", "-t", "1", "-p", "y_true=2,mean=1,var=1"),
            '-t "1" and -p "y_true=2,mean=1,var=1" both name y_true\n  help: name each input once',
        ),
        (
            ("interval:alpha=0", "f.csv"),
            'f.csv: interval takes a number above 0, at most 1 as alpha, not "0"\n'
            "  help: write it like interval:alpha=0.1",
        ),
        (
            ("gaussian_nll", "f.csv", "-p", "mean=mu,var=lower"),
            'f.csv:4: column "lower": "-0.5" is not a finite number of at least 0\n'
            "  help: a column of logarithms has to be raised by exp first; -p names the columns",
        ),
        (
            ("crps_quantile:level=[0.1]", "f.csv", "-p", "lower,upper"),
            "f.csv: level of crps_quantile has 1 value, and y_pred has 2 columns\n"
            "  help: give one number for each column, in the order of the columns",
        ),
        (
            ("energy_score", "f.csv", "-t", "y_true,mu", "-p", "sigma2,lower,upper"),
            "f.csv: y_true has 2 columns and y_pred has 3 columns: energy_score takes 2 or more columns of y_true and "
            "as many for each member as y_true has of y_pred\n  help: -t and -p choose other columns",
        ),
        (
            ("crps", "f.csv", "-p", "mu"),
            "f.csv: y_true has 1 column and y_pred has 1 column: crps_ensemble takes 1 column of y_true and 2 or more "
            "columns of y_pred\n  help: -t and -p choose other columns, for example -p 'p_*'; by argument one row of three "
            "classes is [[0.2,0.5,0.3]]",
        ),
    ],
)
def test_what_is_not_an_input_is_refused_in_a_sentence(
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(TABLE)
    ran = run("compute", *arguments)
    assert (ran.err, ran.out, ran.code) == (f"lossctl: {message}\n", "", 2)


@pytest.mark.parametrize(
    ("loss", "inputs", "message"),
    [
        ("gaussian_nll", {"y_true": [1], "y_pred": [1]}, 'gaussian_nll takes "y_true", "y_pred" and "var", and "var" is not given'),
        ("gaussian_nll", {"y_true": [1], "y_pred": [1], "mean": [1]}, "gaussian_nll is given y_pred twice"),
        ("interval:alpha=0.1", {"y_true": [1], "y_pred": [1]}, 'interval has no input "y_pred"'),
        ("mse", {"y_true": [1]}, 'mse takes "y_true" and "y_pred", and "y_pred" is not given'),
        ("gaussian_nll", {"y_true": [1], "y_pred": [1], "var": [1, 2]}, "y_true has 1 row and var has 2"),
    ],
)  # fmt: skip  # one case a line
def test_arrays_that_are_no_inputs_are_refused(loss: str, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(lossctl.LossctlError) as caught:
        lossctl.compute(loss, **inputs)
    assert str(caught.value) == message


def test_an_interval_may_be_the_only_one_of_a_weighted_interval_score(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # (½ · 1 + ¼ · 1 + 0.5) / 1.5 and (½ · 0 + ¼ · 2) / 1.5, by hand
    printed = ["0.833333333333", "0.333333333333"]
    y_true, median, lower, upper = [2.0, 3.0], [1.0, 3.0], [0.5, 2.0], [1.5, 4.0]
    for low, high in ((lower, upper), ([[one] for one in lower], [[one] for one in upper])):
        rows = lossctl.compute("wis:alpha=[0.5]", y_true, median, lower=low, upper=high, reduction="none")
        assert isinstance(rows, np.ndarray)
        assert [f"{value:.12f}" for value in rows] == printed
    flat = [np.array(one) for one in (y_true, median, lower, upper)]
    assert np.array_equal(lossctl.losses.wis(*flat, alpha=(0.5,)), rows)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text("y_true,median,lower,upper\n2,1,0.5,1.5\n3,3,2,4\n")
    ran = run("breakdown", "wis:alpha=[0.5]", "f.csv", "--all", "--grad", "-f", "csv")
    assert [f"{float(line.split(',')[-2]):.12f}" for line in ran.out.splitlines()[1:]] == printed
    assert f"{float(run('compute', 'wis:alpha=[0.5]', 'f.csv', '-f', 'value').out):.12f}" == "0.583333333333"


def test_chunks_change_nothing(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    table = np.column_stack([random.normal(size=(20_000, 2)), random.uniform(0.1, 2, 20_000)])
    np.savetxt("f.csv", table, delimiter=",", header="y_true,mean,var", comments="")
    value = run("compute", "gaussian_nll", "f.csv", "-f", "value").out
    read = np.loadtxt("f.csv", delimiter=",", skiprows=1)
    assert float(value) == lossctl.compute("gaussian_nll", read[:, 0], read[:, 1], var=read[:, 2])
