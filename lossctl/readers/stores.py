"""Objects of a store, `s3://`, `gs://` or `az://`, through polars. The environment says who asks.

Polars gives the lines of an object, decompressed, and these are read like those of a pipe. It gives no bytes, so what is
no text has to be Parquet or an Arrow file, which polars reads itself, or comes through a pipe.
"""

from __future__ import annotations

import io
import logging
import os
import time
import warnings
from collections import deque
from fnmatch import fnmatchcase
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from lossctl.errors import InputError, quoted
from lossctl.readers.fast import polars
from lossctl.readers.parts import Listed, is_known, natural
from lossctl.readers.streams import HEAD, LINE_END, WILD, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

PATIENCE = 60
"""How many seconds to wait for a store or a server before it is told that it gives nothing."""
LONGER = 5
"""How many times as long to wait for more of what has begun, and for a list."""
_BOUNDS = {"POLARS_NDJSON_CHUNK_SIZE": "8388608", "POLARS_LINES_CHUNK_PREFETCH_LIMIT": "4"}
"""What keeps polars from holding 64 MB of an object for each processor."""

T = TypeVar("T")

_PIPES = {"s3": "aws s3 cp {} -", "gs": "gcloud storage cat {}", "http": "curl -sSfL {}", "https": "curl -sSfL {}"}
_ASKING = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION say who asks; ",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS says who asks; ",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY say who asks; ",
}
"""The variables that say who asks."""


def name(url: str) -> str:
    """The name of an object, without what says that it is compressed: polars opens that."""
    stem, ending = os.path.splitext(url)
    return stem if ending.lower() in {".gz", ".zst"} else url


def lines(url: str) -> Stream:
    """The bytes of an object of text, decompressed, each line ended by a line feed.

    Polars takes a carriage return before a line feed for a part of the line end. Within quotes it is a part of the cell,
    which this way lacks it.

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
        way = "" if _is_several(url) else f", or {pipe(url)}"
        raise InputError(
            f"{url}: a store is read with the extra fast", help=f"python -m pip install 'lossctl[fast]'{way}"
        )
    for bound, size in _BOUNDS.items():
        os.environ.setdefault(bound, size)
    logging.getLogger("azure").addHandler(logging.NullHandler())  # its library prints the errors that it raises
    bucket, slash, _ = url.partition("://")[2].partition("/")
    if not bucket:
        raise InputError(f"{url}: it names no object", help="objects are named like s3://bucket/preds.csv")
    url = url if slash else f"{url}/"
    if not _is_several(url):
        return None
    wild = WILD.search(url)
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


def asked(url: str, work: Callable[[], T], patience: float = 1) -> T:
    """What polars gives of a store.

    Args:
        url: the object or prefix that messages name.
        work: what asks polars.
        patience: how much longer than usual to wait.

    Raises:
        InputError: the store does not give it.
    """
    done: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 — told or raised again where it is waited for
            faults.append(error)

    worker = Thread(target=run, daemon=True)
    last = time.monotonic() + PATIENCE * patience
    with warnings.catch_warnings(action="ignore"):
        worker.start()
        while worker.is_alive() and time.monotonic() < last:
            worker.join(0.1)  # an interrupt is heeded between two waits only: polars has the signal to itself
    if done:
        return done[0]
    if not faults:
        help = "a longer prefix has fewer objects" if _is_several(url) else f"{pipe(url)} waits longer"
        raise InputError(f"{url}: the store has given nothing for {PATIENCE * patience:g} seconds", help=help)
    told = _told(url, faults[0])
    if told is None:
        raise faults[0]
    raise told from faults[0]


def _told(url: str, fault: BaseException) -> InputError | None:
    """A fault of a store as a sentence that names the object; None for another fault."""
    import polars as pl

    text = str(fault)
    who = _ASKING.get(_family(url), "")
    if isinstance(fault, FileNotFoundError):
        return InputError(
            f"{url}: the store has no such object", help="the name of a folder ends with /" if who else ""
        )
    if isinstance(fault, PermissionError):
        return InputError(f"{url}: the store does not let you read it", help=f"{who}--debug shows what was answered")
    if "Range request not supported" in text:
        return InputError(f"{url}: the server gives objects only whole", help=f"{pipe(url)} reads it")
    if "invalid path" in text or "path segment" in text:
        way = "--debug shows it; name the other objects one by one" if _is_several(url) else f"{pipe(url)} reads it"
        return InputError(f"{url}: an object has a name that polars does not take", help=way)
    if "404 Not Found" in text:  # of a list
        return InputError(f"{url}: the store has no such bucket")
    # The libraries that polars asks for credentials have errors of their own.
    foreign = isinstance(fault, Exception) and not isinstance(fault, (OSError, InputError, pl.exceptions.PolarsError))
    if foreign or text.startswith(("object-store error", "error sending request")):
        return InputError(
            f"{url}: the store did not answer, or gave nothing", help=f"{who}--debug shows what was answered"
        )
    return None


def pipe(url: str) -> str:
    """What to type to read an object through a pipe."""
    import shlex  # only mistakes pay for it

    scheme, _, rest = url.partition("://")
    if _family(url) == "az":
        place, _, name = rest.partition("/")
        container, _, host = place.partition("@")
        account = shlex.quote(host.partition(".")[0]) if host else '"$AZURE_STORAGE_ACCOUNT_NAME"'
        blob = f"-c {shlex.quote(container)} -n {shlex.quote(name)}"
        command = f"az storage blob download --no-progress --account-name {account} {blob}"
    else:
        command = _PIPES[scheme].format(shlex.quote(url))
    return f"{command} | lossctl compute mse -"


def _is_several(url: str) -> bool:
    return url.endswith("/") or WILD.search(url) is not None


def _family(url: str) -> str:
    """The scheme of a URL, one for all of Azure's."""
    scheme = url.partition(":")[0]
    return "az" if scheme.startswith("ab") else scheme


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
        self._frames = _frames(url)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # collections.abc.Buffer is newer than Python 3.11
        if not self._left:
            while len(self._ahead) < self._enough and (frame := self._next()) is not None:
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

    def _next(self) -> pl.DataFrame | None:
        import polars as pl

        try:
            return asked(self._url, lambda: next(self._frames, None), LONGER if self._line else 1)
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


def _frames(url: str) -> Iterator[pl.DataFrame]:
    import polars as pl

    yield from pl.scan_lines(url, glob=False).collect_batches()


def _below(base: str, url: str) -> list[str]:
    """The objects below a prefix."""
    import polars as pl

    try:
        from polars.io._expand_paths import _expand_paths  # nothing public tells the names without reading the objects
    except ImportError:
        raise InputError(
            f"{url}: this version of polars does not list what a store holds", help="name the objects one by one"
        ) from None
    # Of a pattern polars escapes the prefix, and below a single path all objects have to end alike; so it gets a second
    # one, which it takes as it stands.
    named = f"{base}/*"
    try:
        found = asked(url, _expand_paths([f"{base}/", named], glob=False).collect, LONGER).to_series().to_list()
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{url}: polars cannot list this", help="--debug shows why") from error
    found.remove(named)
    return found


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
