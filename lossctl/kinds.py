"""What an input of a loss may hold, and what a parameter may be.

A loss is declared with these names as annotations: `y_pred: Probability`, `delta: Positive = 1.0`. The annotation is
the whole of its validation; no loss checks anything itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from lossctl.errors import count, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# What NDArray stands for, which takes a hundredth of the start of a small job to import.
Array: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[Any]]
Floats: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.signedinteger[Any]]]
Booleans: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.bool_]]
PerElement: TypeAlias = Annotated[Floats, "element"]
"""One value per element, in the shape of the inputs: the caller averages a row's outputs."""
PerRow: TypeAlias = Annotated[Floats, "row"]
"""One value per row, shape (n,)."""

BOX_FORMATS = {
    "xyxy": "x1, y1, x2, y2",
    "xywh": "x1, y1, width, height",
    "cxcywh": "the centre's x and y, width, height",
}
"""What the four numbers of a box are."""
LARGEST = float(np.finfo(np.float64).max)
OFF_ONE_REFUSED = 0.05
OFF_ONE_NOTED = 1e-6
CLASSES_HELP = "--classes names the classes in the order of the y_pred columns"


def from_one(classes: int) -> str:
    """What to type where the labels of so many classes count from 1.

    >>> from_one(3), from_one(40)[:20]
    ('--classes 1,2,3 names the classes where labels count from 1', '--classes 1,2,3,…,40')
    """
    names = map(str, range(1, classes + 1)) if classes <= 12 else ("1", "2", "3", "…", str(classes))
    return f"--classes {','.join(names)} names the classes where labels count from 1"


class Fault(NamedTuple):
    """The first value of an array that is not of its kind.

    Attributes:
        row: index of the row in the array.
        output: index of the value in its row, None where the row as a whole is meant.
        problem: what is wrong, written to follow the value: "is not a probability".
        help: what to type instead.
    """

    row: int
    output: int | None
    problem: str
    help: str


class Kind(NamedTuple):
    """What one input of a loss may hold.

    Attributes:
        name: as `explain` prints it.
        meaning: what a value is not, in the message that refuses one: "a probability".
        low, high: the bounds, both inclusive unless `open_low` excludes the lower.
        open_low: whether `low` itself is excluded.
        coding: how cells become numbers: as written, as 0 and 1 by `--positive`, or as class ids by class names.
        vector: a row holds several values that belong together.
        per_class: they belong to a class each, whose names their columns give.
        fewest, most: how many values a row may hold at least and at most, where it holds several.
        of_each: a row holds several rows of y_true, one after the other.
        adds_up: the values of a row are probabilities that add to 1.
        divided: the parameter `renormalise` divides them by their sum first.
        logged: the parameter `log_input` says that the values are logarithms, which may be any number.
        clipped: the parameter `clip` brings values from beyond the bounds back within them.
        boxed: the values of a row are a box, as the parameter `format` writes it.
        allowed: the values there are, where they can be counted.
        help: what to type when a value is refused.
        percents: what to type when it looks like a percentage instead.
    """

    name: str
    meaning: str = "a number"
    low: float = -np.inf
    high: float = np.inf
    open_low: bool = False
    coding: Literal["number", "binary", "class"] = "number"
    vector: bool = False
    per_class: bool = False
    fewest: int = 2
    most: int | None = None
    of_each: bool = False
    adds_up: bool = False
    divided: bool = False
    logged: bool = False
    clipped: bool = False
    boxed: bool = False
    allowed: tuple[float, ...] = ()
    help: str = ""
    percents: str = ""

    def fault(self, values: Array, params: Mapping[str, object], classes: int) -> Fault | None:
        """The first value that is not of this kind.

        Args:
            values: shape (n,) or (n, k), without NaN.
            params: the parameters of the loss; `renormalise` lifts the bounds that dividing by the sum restores,
                `clip` those that it restores, and `log_input` those of values that are logarithms.
            classes: number of classes the predictions have, for class ids.
        """
        if self.coding == "class":
            return self._label_fault(values, params.get("ignore_index"), classes)
        if (self.logged and params.get("log_input") is True) or (self.clipped and params.get("clip") is not None):
            return None
        renormalise = params.get("renormalise") is True and self.divided
        low_ok = values > self.low if self.open_low else values >= self.low
        wrong = ~(low_ok if renormalise or self.high == np.inf else low_ok & (values <= self.high))
        if self.allowed:
            wrong = ~np.isin(values, self.allowed)
        if wrong.any():
            row, *output = np.unravel_index(int(np.argmax(wrong)), values.shape)
            found = values[row].sum() if self.adds_up else values[(row, *output)]
            return Fault(int(row), int(output[0]) if output else None, f"is not {self.meaning}", self._help(found))
        if self.boxed:
            return self._box_fault(values, params["format"])
        if self.vector:
            return self._row_fault(values, renormalise=renormalise)
        return None

    def _box_fault(self, boxes: Array, format: object) -> Fault | None:
        wrong = boxes[:, 2:] < (boxes[:, :2] if format == "xyxy" else 0)
        if not wrong.any():
            return None
        row, axis = divmod(int(np.argmax(wrong)), 2)
        start = f"is below {'xy'[axis]}1 of its box, which is {boxes[row, axis]:g}"
        problem = start if format == "xyxy" else f"is the {('width', 'height')[axis]} of a box, and negative"
        return Fault(
            row, 2 + axis, problem, "; ".join(f"format={name} takes {four}" for name, four in BOX_FORMATS.items())
        )

    def _row_fault(self, values: Array, *, renormalise: bool) -> Fault | None:
        if not self.adds_up:
            if not self.per_class:
                return None
            empty = (values == -np.inf).all(axis=1)
            if empty.any():
                return Fault(
                    int(np.argmax(empty)),
                    None,
                    "has no logit above -inf, so no class is possible",
                    "leave one class of the row a finite logit",
                )
            return None
        sums = values.sum(axis=1)
        wrong = ~((sums > 0) & (sums < np.inf)) if renormalise else ~(np.abs(sums - 1) <= OFF_ONE_REFUSED)
        if not wrong.any():
            return None
        row = int(np.argmax(wrong))
        found = f"adds to {sums[row]:.6g}"
        if renormalise:
            return Fault(row, None, f"{found}, which nothing can renormalise", self.help)
        return Fault(row, None, f"{found}, not to 1", self._help(sums[row]))

    def _help(self, found: float) -> str:
        """What to type for a refused value, or for a row by its sum."""
        low, high = (100 - 100 * OFF_ONE_REFUSED, 100 + 100 * OFF_ONE_REFUSED) if self.adds_up else (1, 100)
        return self.percents if self.percents and low < found <= high else self.help

    def _label_fault(self, values: Array, ignore: object, classes: int) -> Fault | None:
        wrong = (values < 0) | (values >= classes)
        if ignore is not None:
            wrong &= values != ignore
        if not wrong.any():
            return None
        row = int(np.argmax(wrong))
        return Fault(
            row,
            None,
            f"is not a class id: y_pred has {count(classes, 'class', 'classes')}, so ids run from 0 to {classes - 1}",
            from_one(classes) if values[row] == classes else CLASSES_HELP,
        )

    def rows_off_one(self, values: Array, params: Mapping[str, object]) -> NDArray[np.intp]:
        """The rows that are let pass but do not quite add to 1."""
        if not self.adds_up or (params.get("renormalise") is True and self.divided):
            return np.empty(0, np.intp)
        return np.flatnonzero(np.abs(values.sum(axis=1) - 1) > OFF_ONE_NOTED)


REAL = Kind("real number")
ABOVE_MINUS_ONE = Kind(
    "real number above -1",
    "a number above -1, which ln(1 + y) needs",
    low=-1.0,
    open_low=True,
    clipped=True,
    help="mse takes any number",
)
PROBABILITY = Kind(
    "probability",
    "a probability between 0 and 1",
    low=0.0,
    high=1.0,
    clipped=True,
    help="bce_logits takes values before the sigmoid",
    percents="bce_logits takes values before the sigmoid; percents have to be divided by 100",
)
TRUTH = Kind(
    "0 or 1, or a probability",
    "0, 1 or a probability between them",
    low=0.0,
    high=1.0,
    coding="binary",
    help="--positive LABEL says which label counts as 1",
)
SIGN = Kind(
    "-1 or 1 (0 counts as -1)",
    "a sign: 1, or -1 or 0",
    coding="binary",
    allowed=(-1.0, 0.0, 1.0),
    help="--positive LABEL says which label counts as 1",
)
LOGITS = Kind("logits, one per class", vector=True, per_class=True)
DISTRIBUTION = Kind(
    "probabilities of the classes",
    "a probability between 0 and 1",
    low=0.0,
    high=1.0,
    vector=True,
    per_class=True,
    adds_up=True,
    divided=True,
    clipped=True,
    help="the parameter renormalise=true divides each row by its sum; for logits there are cce_logits and sparse_cce_logits",
    percents="the parameter renormalise=true divides each row by its sum, also a row of percents",
)
TARGET_DISTRIBUTION = Kind(
    "true probabilities of the classes, often one-hot",
    "a probability between 0 and 1",
    low=0.0,
    high=1.0,
    vector=True,
    per_class=True,
    adds_up=True,
    help="each row of y_true must add to 1; class ids and names go in one column",
    percents="each row of y_true must add to 1; percents have to be divided by 100",
)
ONE_HOT = TARGET_DISTRIBUTION._replace(
    name="1 for the true class, 0 for the others",
    meaning="0 or 1",
    allowed=(0.0, 1.0),
    help="one value of each row is 1 and the others are 0; class ids and names go in one column",
    percents="",
)
LABEL = Kind("class id or name", coding="class")
AMOUNT = Kind(
    "finite number of at least 0",
    "a finite number of at least 0",
    low=0.0,
    high=LARGEST,
    help="mse and mae take any number",
)
POSITIVE_AMOUNT = AMOUNT._replace(
    name="finite number above 0",
    meaning="a finite number above 0",
    open_low=True,
)
SPREAD = AMOUNT._replace(help="a column of logarithms has to be raised by exp first; -p names the columns")
RATE = AMOUNT._replace(
    name="finite number of at least 0, or its logarithm with log_input",
    logged=True,
    help="the parameter log_input=true takes logarithms of rates",
)
POSITIVE_RATE = RATE._replace(
    name="finite number above 0, or its logarithm with log_input", meaning="a finite number above 0", open_low=True
)
SCORES = Kind("scores, one per class or label", vector=True, per_class=True)
LOG_PROBABILITIES = Kind(
    "logarithms of the classes' probabilities",
    "the logarithm of a probability, at most 0",
    high=0.0,
    vector=True,
    per_class=True,
    help="sparse_cce takes probabilities, sparse_cce_logits values before the softmax",
)
LABEL_SET = Kind(
    "0 or 1 for each label",
    "0 or 1",
    vector=True,
    per_class=True,
    allowed=(0.0, 1.0),
    help="a column for each label says whether the row has it",
)
AMOUNTS = AMOUNT._replace(name="finite numbers of at least 0", vector=True, per_class=True)
MEMBERS = Kind("members of an ensemble, or quantiles", "a finite number", low=-LARGEST, high=LARGEST, vector=True)
MEMBERS_OF_EACH = MEMBERS._replace(name="the vectors of an ensemble, one after the other", of_each=True)
ENDS = MEMBERS._replace(name="ends of prediction intervals", fewest=1)
VECTOR = Kind("vector of finite numbers", "a finite number", low=-LARGEST, high=LARGEST, vector=True)

BOX = VECTOR._replace(name="box of four finite numbers", fewest=4, most=4, boxed=True)
MASK = TRUTH._replace(name="0 or 1, or a probability, for each pixel", vector=True, fewest=1)
PIXELS = PROBABILITY._replace(
    name="probability for each pixel",
    vector=True,
    fewest=1,
    help="a mask holds probabilities, those after the sigmoid; grey values have to be divided by 255",
    percents="percents have to be divided by 100, and grey values by 255",
)
MASK_OF_CLASS, PIXELS_OF_CLASS = MASK._replace(fewest=2), PIXELS._replace(fewest=2)
REALS = VECTOR._replace(name="finite numbers", fewest=1)

Real: TypeAlias = Annotated[Floats, REAL]
AboveMinusOne: TypeAlias = Annotated[Floats, ABOVE_MINUS_ONE]
Probability: TypeAlias = Annotated[Floats, PROBABILITY]
Truth: TypeAlias = Annotated[Floats, TRUTH]
Sign: TypeAlias = Annotated[Floats, SIGN]
Logits: TypeAlias = Annotated[Floats, LOGITS]
Distribution: TypeAlias = Annotated[Floats, DISTRIBUTION]
TargetDistribution: TypeAlias = Annotated[Floats, TARGET_DISTRIBUTION]
OneHot: TypeAlias = Annotated[Floats, ONE_HOT]
Label: TypeAlias = Annotated[Integers, LABEL]
Amount: TypeAlias = Annotated[Floats, AMOUNT]
PositiveAmount: TypeAlias = Annotated[Floats, POSITIVE_AMOUNT]
Spread: TypeAlias = Annotated[Floats, SPREAD]
Rate: TypeAlias = Annotated[Floats, RATE]
PositiveRate: TypeAlias = Annotated[Floats, POSITIVE_RATE]
Scores: TypeAlias = Annotated[Floats, SCORES]
LogProbabilities: TypeAlias = Annotated[Floats, LOG_PROBABILITIES]
LabelSet: TypeAlias = Annotated[Floats, LABEL_SET]
Amounts: TypeAlias = Annotated[Floats, AMOUNTS]
Members: TypeAlias = Annotated[Floats, MEMBERS]
MembersOfEach: TypeAlias = Annotated[Floats, MEMBERS_OF_EACH]
Ends: TypeAlias = Annotated[Floats, ENDS]
Vector: TypeAlias = Annotated[Floats, VECTOR]
Box: TypeAlias = Annotated[Floats, BOX]
Mask: TypeAlias = Annotated[Floats, MASK]
Pixels: TypeAlias = Annotated[Floats, PIXELS]
MaskOfClass: TypeAlias = Annotated[Floats, MASK_OF_CLASS]
PixelsOfClass: TypeAlias = Annotated[Floats, PIXELS_OF_CLASS]
Reals: TypeAlias = Annotated[Floats, REALS]


class Number(NamedTuple):
    """A parameter that is one number in an interval.

    Attributes:
        meaning: the interval in words, for messages: "a number above 0".
        low, high: the bounds, both inclusive unless `open_low` or `open_high`.
        whole: whether only whole numbers are meant.
    """

    meaning: str
    low: float = -np.inf
    high: float = np.inf
    open_low: bool = False
    open_high: bool = False
    whole: bool = False

    def parse(self, text: str) -> float | int:
        """The number that the text of a LOSS gives.

        Raises:
            ValueError: it is none, or lies outside the interval.
        """
        if not text.isascii() or "_" in text:  # float takes the digits of every script
            raise ValueError(text)
        value = float(text)
        within = value > self.low if self.open_low else value >= self.low
        within &= value < self.high if self.open_high else value <= self.high
        if not (within and np.isfinite(value)):
            raise ValueError(text)
        if self.whole:
            return int(text)
        return value


class Switch(NamedTuple):
    """A parameter that is true or false."""

    meaning: str = "true or false"

    def parse(self, text: str) -> bool:
        """What the text of a LOSS says.

        Raises:
            ValueError: it is neither true nor false.
        """
        if text.lower() not in {"true", "false"}:
            raise ValueError(text)
        return text.lower() == "true"


class Several(NamedTuple):
    """A parameter that is a list of numbers.

    Attributes:
        each: what a number of it may be.
        meaning: the list in words, for messages.
        role: the input that has as many values in a row.
    """

    each: Number
    meaning: str = "a list like [1,2,3] with a number of at least 0 for each class"
    role: str = "y_pred"

    def parse(self, text: str) -> tuple[float, ...]:
        """The numbers that the text of a LOSS gives.

        Raises:
            ValueError: it is no list, or a number lies outside its interval.
        """
        if not (text.startswith("[") and text.endswith("]")):
            raise ValueError(text)
        return tuple(self.each.parse(part) for part in text[1:-1].split(","))


class Choice(NamedTuple):
    """A parameter that is one of some words."""

    words: tuple[str, ...]

    @property
    def meaning(self) -> str:
        """The words, for messages."""
        return listed(self.words, "or")

    def parse(self, text: str) -> str:
        """The word that the text of a LOSS gives.

        Raises:
            ValueError: it is none of them.
        """
        if text.lower() not in self.words:
            raise ValueError(text)
        return text.lower()


ParamKind: TypeAlias = Number | Switch | Several | Choice

ABOVE_ZERO = Number("a number above 0", low=0.0, open_low=True)
Positive: TypeAlias = Annotated[float, ABOVE_ZERO]
NonNegative: TypeAlias = Annotated[float, Number("a number of at least 0", low=0.0)]
Level: TypeAlias = Annotated[float, Number("a number from 0 to 1", low=0.0, high=1.0)]
Flag: TypeAlias = Annotated[bool, Switch()]
ClassId: TypeAlias = Annotated[int | None, Number("a whole number", whole=True)]
ClassWeights: TypeAlias = Annotated[tuple[float, ...] | None, Several(Number("a number of at least 0", low=0.0))]
NonNegativeOrNone: TypeAlias = Annotated[float | None, Number("a number of at least 0", low=0.0)]
AtLeastOne: TypeAlias = Annotated[float, Number("a number of at least 1", low=1.0)]
OneToTwo: TypeAlias = Annotated[
    float, Number("a number between 1 and 2", low=1.0, high=2.0, open_low=True, open_high=True)
]
UnitShare: TypeAlias = Annotated[float, Number("a number above 0, at most 1", low=0.0, high=1.0, open_low=True)]
Balance: TypeAlias = Annotated[float | None, Number("a number from 0 to 1", low=0.0, high=1.0)]
Rank: TypeAlias = Annotated[int, Number("a whole number of at least 1", low=1, whole=True)]
Clip: TypeAlias = Annotated[float | None, Number("a number from 0 to below 0.5", low=0.0, high=0.5, open_high=True)]
Floor: TypeAlias = Annotated[float | None, Number("a number above -1", low=-1.0, open_low=True)]
LogFloor: TypeAlias = Annotated[float | None, Number("a number of at most 0", high=0.0)]
OneOrTwo: TypeAlias = Annotated[int, Number("1 or 2", low=1, high=2, whole=True)]
Levels: TypeAlias = Annotated[
    tuple[float, ...],
    Several(Number("", low=0.0, high=1.0), "a list like [0.1,0.5,0.9] with a number from 0 to 1 for each column"),
]
LevelsOfEnds: TypeAlias = Annotated[
    tuple[float, ...],
    Several(
        Number("", low=0.0, high=1.0, open_low=True),
        "a list like [0.1,0.5] with a number above 0, at most 1, for each interval",
        "lower",
    ),
]
PowerOfNorm: TypeAlias = Annotated[float, Number("a number from 1 to 100", low=1.0, high=100.0)]
Normaliser: TypeAlias = Annotated[str, Choice(("mean", "range", "std", "l2"))]
Finite: TypeAlias = Annotated[float, Number("a number")]
Cosine: TypeAlias = Annotated[float, Number("a number from -1 to 1", low=-1.0, high=1.0)]
BoxFormat: TypeAlias = Annotated[str, Choice(tuple(BOX_FORMATS))]
