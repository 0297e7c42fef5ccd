"""NumPy files: `.npy` holds one nameless array or records, `.npz` named ones. Pickles are never loaded."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from lossctl.errors import InputError
from lossctl.readers.document import refuse_unequal
from lossctl.readers.table import Memory

if TYPE_CHECKING:
    from lossctl.kinds import Array
    from lossctl.readers.locate import Options
    from lossctl.readers.streams import Stream


def read(label: str, stream: Stream, format: str, options: Options) -> Memory:
    """The arrays of a file as columns."""
    with stream.reading():
        data = stream.open().read()
    named = True
    try:
        loaded = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            named = loaded.dtype.names is not None
            arrays = {name: loaded[name] for name in loaded.dtype.names or ()} if named else {"1": loaded}
        else:
            arrays = {name: loaded[name] for name in loaded.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, KeyError, SyntaxError, MemoryError) as error:
        if "pickle" in str(error):
            raise InputError(
                f"{stream.path}: it holds pickled objects, which are never loaded",
                help="save plain numbers or text: np.save(file, array.astype(float))",
            ) from None
        raise InputError(
            f"{stream.path}: it is cut off or is no NumPy file", help="save it again with np.save or np.savez"
        ) from None
    columns = {name: _column(name, array, stream.path) for name, array in arrays.items()}
    refuse_unequal({name: len(array) for name, array in columns.items()}, stream.path)
    return Memory(label, stream.path, columns, named)


def _column(name: str, array: Array, path: str) -> Array:
    what = f'array "{name}"' if name != "1" else "the array"
    if array.ndim not in {1, 2} or 0 in array.shape[1:]:
        raise InputError(
            f"{path}: {what} has shape {array.shape}, not (rows,) or (rows, outputs)",
            help="reshape it before saving: array.reshape(len(array), -1)",
        )
    if array.dtype.kind not in "fiubUS":
        raise InputError(
            f"{path}: {what} holds {array.dtype}, neither numbers nor text",
            help="save it as float64: array.astype(float)",
        )
    return np.char.decode(array, "utf-8", "surrogateescape") if array.dtype.kind == "S" else array
