"""What an address of the web, `https://` or `http://`, answers with, read like a pipe: in one go, whatever its format."""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from string import punctuation
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from lossctl import __version__
from lossctl.errors import InputError
from lossctl.readers.stores import PATIENCE, pipe
from lossctl.readers.streams import HEAD, Stream

if TYPE_CHECKING:
    from contextlib import ExitStack


def answer(url: str, opened: ExitStack) -> Stream:
    """The bytes behind an address, which `opened` will close.

    Raises:
        InputError: the server does not give them.
    """
    address = quote(url, safe=punctuation)  # what a browser would do with blanks and letters beyond ASCII
    try:
        got = opened.enter_context(
            urlopen(Request(address, headers={"User-Agent": f"lossctl/{__version__}"}), timeout=PATIENCE)  # noqa: S310 — the caller has seen that it is http
        )
    except HTTPError as error:
        error.close()
        help = f"{pipe(url)} can be given credentials" if error.code in {401, 403} else ""
        said = error.reason.partition("\n")[0]
        raise InputError(f"{url}: the server answered {error.code} {said}", help=help) from error
    except (OSError, HTTPException, ValueError) as error:
        cause = getattr(error, "reason", error)
        why = getattr(cause, "strerror", None) or cause
        raise InputError(f"{url}: the server did not answer: {why}") from error
    return Stream(url, io.BufferedReader(_Body(url, got), HEAD))


class _Body(io.RawIOBase):
    """The bytes of an answer; that it breaks off is told, which the standard library does not."""

    def __init__(self, url: str, got: HTTPResponse) -> None:
        self._url = url
        self._got = got
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # collections.abc.Buffer is newer than Python 3.11
        try:
            size = self._got.readinto(buffer)
        except (OSError, HTTPException) as error:
            raise self._broken() from error
        if not size and self._got.length:
            raise self._broken()
        self._size += size
        return size

    def _broken(self) -> InputError:
        return InputError(
            f"{self._url}: the server broke off after {self._size:,} bytes", help="the same command may get all of it"
        )
