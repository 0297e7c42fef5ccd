"""Objects of a store, `s3://`, `gs://`, `az://` or `https://`, through polars. The environment says who asks.

Polars gives the lines of an object, decompressed, and these are read like those of a pipe. It gives no bytes, so what is
no text has to be Parquet or an Arrow file, which polars reads itself, or comes through a pipe.
"""

from __future__ import annotations

import io
import os
import re
from collections import deque
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lossctl.errors import InputError, quoted
from lossctl.readers.fast import polars
from lossctl.readers.parts import WILD, Listed, is_known, natural
from lossctl.readers.streams import HEAD, LINE_END, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

_UNLISTED = re.compile(r"https?://")
_PIPES = {"s3": "aws s3 cp {} -", "gs": "gcloud storage cat {}", "http": "curl -sL {}", "https": "curl -sL {}"}


def name(url: str) -> str:
    """The name of an object, without what follows it in an address or says that it is compressed: polars opens that."""
    path = url.partition("?")[0] if _UNLISTED.match(url) else url
    stem, ending = os.path.splitext(path)
    return stem if ending.lower() in {".gz", ".zst"} else path


def lines(url: str) -> Stream:
    """The bytes of an object of text, decompressed, each line ended by a line feed.

    Raises:
        InputError: it cannot be had, or is no text.
    """
    return Stream(url, io.BufferedReader(_Lines(url), HEAD))


def listed(url: str) -> Listed | None:
    """The objects behind a prefix that ends with a slash, or of a pattern; None for what names one object.

    Raises:
        InputError: there are none, the store does not tell, or polars is not there.
    """
    if polars() is None:
        raise InputError(
            f"{url}: a store is read with the extra fast",
            help=f"python -m pip install 'lossctl[fast]', or {pipe(url)}",
        )
    bucket, slash, _ = url.partition("://")[2].partition("/")
    if not bucket:
        raise InputError(f"{url}: it names no object", help="objects are named like s3://bucket/preds.csv")
    url = url if slash else f"{url}/"
    wild = WILD.search(url)
    if _UNLISTED.match(url) or not (wild or url.endswith("/")):
        return None
    base = os.path.dirname(url[: wild.start()] if wild else url)
    names = sorted(_below(base, url), key=natural)
    if url in names:
        return None
    if wild:
        found = [name for name in names if _matches(_levels(name, base), _levels(url, base))]
        if not found:
            raise InputError(
                f"{url}: no object matches this pattern", help="* stands for any letters, ** for any folders"
            )
        return Listed(found, base)
    names = [name for name in names if not any(level.startswith((".", "_")) for level in _levels(name, base))]
    found = [*filter(is_known, names)]
    if not found:
        there = f"; there is {quoted(names[0])}" if names else ""
        raise InputError(
            f"{url}: the store holds no object of a format known here under this name{there}",
            help=f"a quoted pattern takes objects of any name, like '{base}/*.txt'",
        )
    return Listed(found, base, len(names) - len(found))


@contextmanager
def asking(url: str) -> Iterator[None]:
    """Turn what polars tells of a store into a sentence that names the object."""
    try:
        yield
    except FileNotFoundError as error:
        hint = "" if _UNLISTED.match(url) else "the name of a folder ends with /"
        raise InputError(f"{url}: the store has no such object", help=hint) from error
    except PermissionError as error:
        raise InputError(
            f"{url}: the store does not let you read it",
            help="credentials are taken from the environment; --debug shows the answer of the store",
        ) from error
    except OSError as error:
        if not str(error).startswith("object-store error"):
            raise
        raise InputError(
            f"{url}: the store did not answer, or gave nothing", help="--debug shows its answer"
        ) from error


def pipe(url: str) -> str:
    """What to type to read an object through a pipe."""
    import shlex  # only mistakes pay for it

    command = _PIPES.get(url.partition(":")[0], "a download of {} to standard output").format(shlex.quote(url))
    return f"{command} | lossctl compute mse -"


class _Lines(io.RawIOBase):
    """The lines of an object as bytes.

    Polars that meets a fault may drop what another thread was parsing before it and still give what comes behind that.
    So a batch is taken only when as many as it parses at a time are there behind it.
    """

    def __init__(self, url: str) -> None:
        import polars as pl

        self._url = url
        self._line = 0
        self._left = memoryview(b"")
        self._ahead: deque[pl.DataFrame] = deque()
        self._enough = 2 * pl.thread_pool_size()
        with self._reading():
            self._frames = iter(pl.scan_lines(url, glob=False).collect_batches())

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # collections.abc.Buffer is newer than Python 3.11
        if not self._left:
            with self._reading():
                while len(self._ahead) < self._enough and (frame := next(self._frames, None)) is not None:
                    self._line += frame.height
                    self._ahead.extend([frame] if frame.height else [])
            if not self._ahead:
                return 0
            lines = self._ahead.popleft().to_series()
            self._left = memoryview(lines.str.join("\n").item().encode() + LINE_END)
        part = self._left[: len(buffer)]
        self._left = self._left[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        import polars as pl

        try:
            with asking(self._url):
                yield
        except pl.exceptions.PolarsError as error:
            begun = f" behind line {self._line:,}" if self._line else ""
            raise InputError(
                f"{self._url}: it holds bytes{begun} that are no UTF-8 text",
                help=f"--input-format parquet reads it as Parquet, and {pipe(self._url)} as any other format",
            ) from error
        except OSError as error:
            raise InputError(
                f"{self._url}: the compressed data are cut off or damaged", help="make the object again"
            ) from error


def _below(base: str, url: str) -> list[str]:
    """The objects below a prefix."""
    import polars as pl

    try:
        from polars.io._expand_paths import _expand_paths  # nothing public tells the names without reading the objects
    except ImportError:
        raise InputError(
            f"{url}: this version of polars does not list what a store holds", help="name the objects one by one"
        ) from None
    with asking(url):
        try:
            return _expand_paths(f"{base}/**/*").collect().to_series().to_list()
        except pl.exceptions.PolarsError as error:
            raise InputError(f"{url}: polars cannot list this", help="--debug shows why") from error


def _levels(url: str, base: str) -> list[str]:
    return url[len(base) + 1 :].split("/")


def _matches(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path or a folder above it matches a pattern, as it would on a disk."""
    first, *others = pattern
    hidden = names[0].startswith(".")
    if first == "**":
        deeper = len(names) > 1 and not hidden and _matches(names[1:], pattern)
        return deeper or _matches(names, others or ["*"])
    if not fnmatchcase(names[0], first) or (hidden and not first.startswith(".")):
        return False
    if others:
        return len(names) > 1 and _matches(names[1:], others)
    below = names[1:]
    return not below or (is_known(below[-1]) and not any(name.startswith((".", "_")) for name in below))
