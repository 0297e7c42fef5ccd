"""Bytes of a file or of standard input, decompressed, with a first look that does not consume them."""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from lossctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

HEAD = 1 << 16
"""How many bytes a first look sees; of long lines it sees more, to the end of the second."""
_LONGEST_LOOK = 1 << 24
LINE_END = b"\n"
BOM = b"\xef\xbb\xbf"
"""The mark that some programs write before UTF-8 text."""

WILD = re.compile(r"[*?]|\[.+?\]")
"""What makes a path a pattern."""
_URL = re.compile(r"(?:s3|gs|az|abfss?|https?)://")
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


def is_url(path: str) -> bool:
    """Whether a path names an object of a store or of the web."""
    return _URL.match(path) is not None


class Stream:
    """Bytes that can be looked at before they are read.

    Attributes:
        path: the input as messages name it.
        head: the first bytes, decompressed.
        cut: whether there is more behind the head.
        compression: how the bytes are compressed, empty for not at all.
        file: where a plain file of just these bytes is, empty for none.
    """

    def __init__(self, path: str, raw: IO[bytes], file: str = "") -> None:
        self.path = path
        self.file = file
        self._raw = raw
        self.compression = ""
        self._replay: _Replay | None = None
        with self.reading():
            self.head = _read(raw, HEAD)
            self.compression = next((name for magic, name in _MAGIC.items() if self.head.startswith(magic)), "")
            if self.compression:
                self.file = ""
                self._raw = _decompressed(path, replayed(self.head, raw), self.compression)
                self.head = _read(self._raw, HEAD)
            self.cut = len(self.head) == HEAD
            while self.cut and len(self.head) < _LONGEST_LOOK and self.head.strip().count(b"\n") < 2:
                more = _read(self._raw, len(self.head))
                self.cut = len(more) == len(self.head)
                self.head += more

    def open(self) -> IO[bytes]:
        """All the bytes, the head included. Can be asked for once."""
        self._replay = _Replay(self.head, self._raw)
        return io.BufferedReader(self._replay, HEAD)

    @property
    def size(self) -> int:
        """How many bytes, decompressed, were read so far."""
        return self._replay.size if self._replay else len(self.head)

    def all(self) -> bytes:
        """All the bytes, in memory."""
        with self.reading():
            return self.open().read()

    def seekable(self) -> IO[bytes]:
        """All the bytes, to be read in any order: the file where there is one, else in memory."""
        if not self.file:
            return io.BytesIO(self.all())
        self._raw.seek(0)
        return self._raw

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what the operating system or a decompressor says into a sentence that names the input."""
        import zlib

        try:
            yield
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise InputError(f"{self.path}: cannot read it: {os.strerror(error.errno)}") from error
            # gzip and bz2 raise an OSError without a number; the classes of the others are not worth their import.
            kind = type(error)
            others = kind.__name__ in {"LZMAError", "ZstdError"} or kind.__module__ == "zlib_ng"
            if not isinstance(error, (OSError, EOFError, zlib.error)) and not others:
                raise
            raise InputError(
                f"{self.path}: the {self.compression} data are cut off or damaged",
                help=f"make the file again; {self.compression} -t FILE tests it",
            ) from error


def open_path(path: str, opened: ExitStack) -> Stream:
    """The bytes of a file, which `opened` will close.

    Raises:
        InputError: it does not exist, is a folder or cannot be read.
    """
    if not path:
        raise InputError("FILE is an empty text", help="a shell variable may be unset; standard input is -")
    try:
        raw = opened.enter_context(open(path, "rb"))  # noqa: SIM115 — `opened` closes it
    except FileNotFoundError:
        if os.path.islink(path):
            raise InputError(f"{path}: it is a link to nothing", help="mend the link or remove it") from None
        raise InputError(f"{path}: there is no such file", help=_near(path)) from None
    except IsADirectoryError:
        raise InputError(f"{path}: it is a folder, not a file", help="name the files in it") from None
    except OSError as error:
        raise InputError(f"{path}: cannot open it: {os.strerror(error.errno or 0)}") from None
    except ValueError:
        raise InputError(f"{path}: no file can have that name") from None
    return Stream(path, raw, os.path.abspath(path) if os.path.isfile(path) else "")


def open_stdin() -> Stream:
    """The bytes of standard input."""
    if sys.stdin is None:
        raise InputError("standard input is closed", help="name a file, or give values with -t and -p")
    return Stream("standard input", sys.stdin.buffer)


def _near(path: str) -> str:
    from lossctl.errors import nearest, quoted

    folder, name = os.path.split(path)
    try:
        hint = nearest(name, os.listdir(folder or "."))
    except OSError:
        return f"there is no folder {quoted(folder)} either"
    return hint or "values on the command line go with -t and -p; standard input is -"


def _read(raw: IO[bytes], size: int) -> bytes:
    parts = []
    while size > 0 and (part := raw.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Replay(io.RawIOBase):
    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = memoryview(head)
        self._rest: Any = rest  # IO[bytes] knows no readinto
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # collections.abc.Buffer is newer than Python 3.11
        part = self._head[: len(buffer)]
        self._head = self._head[len(part) :]
        buffer[: len(part)] = part
        size = len(part) or self._rest.readinto(buffer) or 0
        self.size += size
        return size


def replayed(head: bytes, rest: IO[bytes]) -> IO[bytes]:
    """Bytes already read, followed by the rest of the stream they came from."""
    return io.BufferedReader(_Replay(head, rest), HEAD)


def _decompressed(path: str, raw: IO[bytes], compression: str) -> IO[bytes]:
    if compression == "gzip":
        opener: Any  # that of zlib-ng has no types
        try:
            from zlib_ng import gzip_ng

            opener = gzip_ng.GzipNGFile
        except ImportError:
            import gzip

            opener = gzip.GzipFile
        return cast("IO[bytes]", opener(fileobj=raw))
    if compression == "bzip2":
        import bz2

        return bz2.BZ2File(raw)
    if compression == "xz":
        import lzma

        return lzma.LZMAFile(raw)
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise InputError(
            f"{path}: zstd needs the extra fast", help="python -m pip install 'lossctl[fast]', or zstd -d FILE"
        ) from None
    return cast("IO[bytes]", zstd.ZstdFile(raw))
