"""Settings of `check` in the nearest lossctl.toml or pyproject.toml: defaults of its options, under the same names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from lossctl.errors import InputError, UsageError, listed, nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import typer

_OWN, _SHARED = "lossctl.toml", "pyproject.toml"
_TABLES = {_OWN: ("check",), _SHARED: ("tool", "lossctl", "check")}
_NO_SETTINGS = {"help", "isolated", "debug", "version", "json"}
_LIMITS = {"max", "min", "max_row", "min_skill", "tolerance"}
_PATHS = {"files", "baseline", "truth", "output", "report"}
_PLACE = re.compile(r"(?P<problem>.*) \(at line (?P<line>[0-9]+), column [0-9]+\)", re.DOTALL)
_LABELLED = re.compile(r"(?P<label>[\w.-]+)=(?P<path>.+)", re.DOTALL)


def configure(context: typer.Context, isolated: bool) -> None:
    """Give the options the defaults of the nearest file: what the command line says goes before them.

    Raises:
        InputError: the file cannot be read.
        UsageError: it holds a key or a value that no option has.
    """
    found = None if isolated or context.resilient_parsing else _nearest(os.getcwd())
    if found is None:
        return
    path, table = found
    options = {
        option.name.replace("_", "-"): option
        for option in context.command.params
        if option.name is not None and option.name not in _NO_SETTINGS
    }
    settings: dict[str, Any] = {}
    for key, value in table.items():
        if key not in options:
            raise UsageError(
                f"{path}: there is no setting {quoted(key)}",
                help=nearest(key, options) or f"there is {listed(options, most=len(options))}",
            )
        name = str(options[key].name)
        settings[name] = _setting(path, name, key, value, options[key])
    context.default_map = settings
    context.obj = path


def origins(context: typer.Context, values: Mapping[str, object]) -> Iterator[str]:
    """For each option in force its value and where that comes from."""
    sources = {"COMMANDLINE": "command line", "DEFAULT_MAP": str(context.obj)}
    for name, value in values.items():
        if value in (None, "", False, [], ()):
            continue
        source = context.get_parameter_source(name)
        shown = value if isinstance(value, (list, tuple)) else [value]
        where = sources.get(source.name if source is not None else "", "default")
        if name == "files" and where == "default":
            where = str(context.obj)
        text = ", ".join("true" if part is True else str(part) for part in shown)
        yield f"{name.replace('_', '-')} is {text} ({where})"


def _nearest(folder: str) -> tuple[str, Mapping[str, Any]] | None:
    """The file that holds our table, as messages name it, and the table."""
    here = folder
    while True:
        for name in (_OWN, _SHARED):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                shown = os.path.relpath(path, here)
                table = _table(shown, name, _read(path, shown))
                if table is not None:
                    return shown, table
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            return None


def _read(path: str, shown: str) -> Mapping[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.loads(file.read().decode("utf-8-sig"))  # editors of Windows write the mark
    except OSError as error:
        raise InputError(f"{shown}: cannot read it: {os.strerror(error.errno or 0)}") from None
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.fullmatch(str(error))
        where, problem = (f"{shown}:{place['line']}", place["problem"]) if place else (shown, str(error))
        raise InputError(f"{where}: this is not TOML: {problem[:1].lower()}{problem[1:]}", help=_ISOLATED) from None
    except (UnicodeDecodeError, RecursionError):
        raise InputError(f"{shown}: this is not TOML", help=_ISOLATED) from None


_ISOLATED = "--isolated reads no settings"


def _table(path: str, name: str, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Our table of a file; None where it has none, and so is passed over."""
    *outer, last = _TABLES[name]
    for key in outer:
        document = document.get(key, {})
        if not isinstance(document, dict):
            return None
    for key, value in document.items():
        if key != last or not isinstance(value, dict):
            where = ".".join([*outer, last])
            raise UsageError(
                f"{path}: there is no table {quoted('.'.join([*outer, key]))}"
                if key != last
                else f"{path}: {where} is no table",
                help=f"the table is [{where}]",
            )
    table = document.get(last)
    return {} if table is None and name == _OWN else table


def _setting(path: str, name: str, key: str, value: object, option: Any) -> object:
    """The value as the command line would give it."""
    several = bool(getattr(option, "multiple", False)) or option.nargs == -1
    if name in _LIMITS:
        return list(_limits(path, key, value))
    if getattr(option, "is_flag", False):
        if not isinstance(value, bool):
            raise _wrong(path, key, "true or false", value)
        return value
    if several:
        given = value if isinstance(value, list) else [value]
        texts = [_placed(path, name, text) for text in given if isinstance(text, str)]
        if len(texts) < len(given):
            raise _wrong(path, key, "text, or a list of texts", value)
        return texts
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _wrong(path, key, "text or a whole number", value)
    return _placed(path, name, str(value))


def _limits(path: str, key: str, value: object) -> Iterator[str]:
    example = '{mse = "2%"}' if key == "tolerance" else "{mse = 0.1}"
    if not isinstance(value, dict):
        raise _wrong(path, key, f"a table like {example}", value)
    for loss, limit in value.items():
        if isinstance(limit, bool) or not isinstance(limit, (int, float, str)):
            raise _wrong(path, f"{key}.{loss}", f"a number, in a table like {example}", limit)
        yield f"{loss}={limit}"


def _placed(path: str, name: str, text: str) -> str:
    """A path of the settings seen from the current folder; they are written as seen from the file's own."""
    folder = os.path.dirname(path)
    if name not in _PATHS or not folder or text in {"", "-"}:
        return text
    if name == "report":
        format, colon, file = text.partition(":")
        return format + colon + _placed(path, "output", file)
    whole = os.path.join(folder, text)
    labelled = _LABELLED.fullmatch(text)
    if "://" in text or labelled is None or os.path.exists(whole):
        return text if "://" in text else whole
    return f"{labelled['label']}={os.path.join(folder, labelled['path'])}"


def _wrong(path: str, key: str, wanted: str, value: object) -> UsageError:
    kinds = {bool: "true or false", str: "text", dict: "a table", list: "a list", int: "a number", float: "a number"}
    kind = kinds.get(type(value), "a date or time")
    return UsageError(f"{path}: {key} is {wanted}, not {kind}: {quoted(value)}", help="the README lists the settings")
