"""NumPy files: `.npy` holds one nameless array or records, `.npz` named ones. Pickles are never loaded."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np

from lossctl.errors import InputError, quoted
from lossctl.readers.table import Memory

if TYPE_CHECKING:
    from lossctl.kinds import Array
    from lossctl.readers.locate import Options
    from lossctl.readers.streams import Stream


def read(label: str, stream: Stream, format: str, options: Options) -> Memory:
    """The arrays of a file as columns."""
    with stream.reading():
        data = stream.open().read()
    if data.startswith(b"PK"):
        members, named = _members(data, stream.path), True
        arrays = {
            name: array for name, array in members.items() if array.ndim
        } or members  # a single number is no column
    else:
        whole = _loaded(data, "the array", stream.path)
        named = whole.dtype.names is not None
        arrays = {name: whole[name] for name in whole.dtype.names} if whole.dtype.names else {"1": whole}
    columns = {
        name: _column(f"array {quoted(name)}" if named else "the array", array, stream.path)
        for name, array in arrays.items()
    }
    return Memory(label, stream.path, columns, named)


def _members(data: bytes, path: str) -> dict[str, Array]:
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                name = member.removesuffix(".npy")
                if name == member:
                    raise InputError(
                        f"{path}: it is a zip archive with {quoted(member)} in it, not an npz file",
                        help="unpack it, or export the table as CSV",
                    )
                arrays[name] = _loaded(archive.read(member), f"array {quoted(name)}", path)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, zlib.error):
        raise InputError(
            f"{path}: the npz file is cut off or damaged", help="save it again with np.savez, with plain numbers"
        ) from None
    return arrays


def _loaded(data: bytes, what: str, path: str) -> Array:
    if not data.startswith(b"\x93NUMPY"):
        raise InputError(f"{path}: {what} is not in NumPy's format", help="save it with np.save or np.savez")
    try:
        array: Array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, MemoryError, OverflowError) as error:
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise InputError(
                f"{path}: {what} holds pickled objects, which are never loaded",
                help="save plain numbers or text: np.save(file, array.astype(float))",
            ) from None
        raise InputError(
            f"{path}: {what} is cut off or damaged", help="save it again with np.save or np.savez"
        ) from None
    return array


def _column(what: str, array: Array, path: str) -> Array:
    if not array.ndim:
        raise InputError(f"{path}: {what} is a single value, not one for each row", help="save values of shape (rows,)")
    if array.ndim not in {1, 2} or 0 in array.shape[1:]:
        raise InputError(
            f"{path}: {what} has shape {array.shape}, not (rows,) or (rows, outputs)",
            help="reshape it before saving: array.reshape(len(array), -1)",
        )
    if array.dtype.kind not in "fiubUS":
        raise InputError(
            f"{path}: {what} holds {array.dtype}, neither numbers nor text",
            help="save it as float64: array.astype(float), of complex numbers array.real",
        )
    return np.char.decode(array, "utf-8", "surrogateescape") if array.dtype.kind == "S" else array
