"""Settings of `check` in the nearest lossctl.toml or pyproject.toml: defaults of its options, under the same names."""

from __future__ import annotations

import os
import re
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from lossctl.cli.options import is_typed
from lossctl.errors import InputError, LossctlError, UsageError, close, listed, nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import typer

_OWN, _SHARED = "lossctl.toml", "pyproject.toml"
_TABLES = {_OWN: ("check",), _SHARED: ("tool", "lossctl", "check")}
_NO_SETTINGS = {"help", "isolated", "debug", "version", "json"}
_LIMITS = {"max", "min", "max_row", "min_skill", "tolerance"}
_COUNTS = {"min_rows", "digits"}
_PATHS = {"files", "baseline", "truth", "output", "report"}
_PLACE = re.compile(r"(?P<problem>.*) \(at line (?P<line>[0-9]+), column [0-9]+\)", re.DOTALL)
_LABELLED = re.compile(r"(?P<label>[\w.-]+)=(?P<path>.+)", re.DOTALL)


class Settings(NamedTuple):
    """The settings of a file.

    Attributes:
        path: the file as messages name it.
        name: the name of our table in it.
        table: the settings.
        text: the file.
    """

    path: str
    name: str
    table: Mapping[str, Any]
    text: str

    def place(self, key: str, inner: str = "") -> str:
        """The file and the line of a setting, or of a part of it; the file alone where the line cannot be told."""
        line = (self._line(f"{self.name}.{key}", inner) or self._line(self.name, key, inner)) if inner else None
        line = line or self._line(self.name, key)
        return f"{self.path}:{line}" if line else self.path

    def _line(self, table: str, *keys: str) -> int | None:
        dotted = r"\s*\.\s*".join(rf"[\"']?{re.escape(key)}[\"']?" for key in keys)
        within = False
        for number, line in enumerate(self.text.splitlines(), 1):
            head = re.match(r"\s*\[([^\[\]]*)\]", line)
            if head:
                name = re.sub(r"[\s\"']", "", head[1])
                within = name == table
                if name == ".".join((table, *keys)):
                    return number
            elif within and re.match(rf"\s*{dotted}\s*[=.]", line):
                return number
        return None


def told_with_place(command: Callable[..., int]) -> Callable[..., int]:
    """The command, whose complaints about an option that a file of settings has given name that file and line."""

    @wraps(command)
    def placed(*, context: typer.Context, **given: Any) -> int:
        try:
            return command(context=context, **given)
        except LossctlError as error:
            for option in error.options:
                if is_set(context, option.replace("-", "_")):
                    error.message = f"{context.obj.place(option)}: {error.message}"
                    break
            raise

    return placed


def is_set(context: typer.Context, name: str) -> bool:
    """Whether the value of an option is that of the settings."""
    return name in (context.default_map or {}) and not is_typed(context, name)


def configure(context: typer.Context, isolated: bool) -> None:
    """Give the options the defaults of the nearest file: what the command line says goes before them.

    Raises:
        InputError: the file cannot be read.
        UsageError: it holds a key or a value that no option has.
    """
    found = None if isolated or context.resilient_parsing else _nearest(os.getcwd())
    if found is None:
        return
    options = {
        option.name.replace("_", "-"): option
        for option in context.command.params
        if option.name is not None and option.name not in _NO_SETTINGS
    }
    settings: dict[str, Any] = {}
    for key, value in found.table.items():
        if key not in options:
            raise UsageError(
                f"{found.place(key)}: there is no setting {quoted(key)}",
                help=nearest(key, options) or f"there is {listed(options, most=len(options))}",
            )
        if value in ("", [], {}) or (isinstance(value, list) and "" in value):
            raise UsageError(f"{found.place(key)}: {key} is empty", help="leave out what says nothing")
        name = str(options[key].name)
        settings[name] = _setting(found, name, key, value, options[key])
    context.default_map = settings
    context.obj = found


def origins(context: typer.Context, values: Mapping[str, object]) -> Iterator[str]:
    """For each option in force its value and where that comes from."""
    for name, value in values.items():
        if value in (None, "", False, [], ()):
            continue
        shown = value if isinstance(value, (list, tuple)) else [value]
        where = context.obj.path if is_set(context, name) else "default"
        where = "command line" if is_typed(context, name) else where
        text = ", ".join("true" if part is True else str(part) for part in shown)
        yield f"{name.replace('_', '-')} is {text} ({where})"


def _nearest(folder: str) -> Settings | None:
    """The settings of the file that holds our table."""
    here = folder
    while True:
        for name in (_OWN, _SHARED):
            path = os.path.join(folder, name)
            if os.path.lexists(path):
                shown = os.path.relpath(path, here)
                document, text = _read(path, shown)
                table = _table(shown, name, document)
                if table is not None:
                    return Settings(shown, ".".join(_TABLES[name]), table, text)
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            return None


def _read(path: str, shown: str) -> tuple[Mapping[str, Any], str]:
    """What a file says, and its text."""
    import tomllib

    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8-sig")  # editors of Windows write the mark
        return tomllib.loads(text), text
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
    if name == _SHARED:
        _refuse_elsewhere(path, document)
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


def _refuse_elsewhere(path: str, document: Mapping[str, Any]) -> None:
    """Refuse a table that is ours by its name and not by its place: nobody else would read it, and its gates would vanish."""
    tools = document.get("tool")
    tables = {"": document, "tool.": tools if isinstance(tools, dict) else {}}
    for outer, table in tables.items():
        initial = [key for key in table if key[:1] in {"l", "L"}]  # start-up: most files have nothing to compare
        for key in close("lossctl", initial, 0.85) if initial else ():
            if (outer, key) != ("tool.", "lossctl"):
                raise UsageError(
                    f"{path}: there is no table {quoted(outer + key)}",
                    help=f"the table is [{'.'.join(_TABLES[_SHARED])}]",
                )


def _setting(settings: Settings, name: str, key: str, value: object, option: Any) -> object:
    """The value as the command line would give it."""
    several = bool(getattr(option, "multiple", False)) or option.nargs == -1
    if name in _LIMITS:
        return list(_limits(settings, key, value))
    if getattr(option, "is_flag", False):
        if not isinstance(value, bool):
            raise _wrong(settings.place(key), key, "true or false", value)
        return value
    if several:
        given = value if isinstance(value, list) else [value]
        texts = [_placed(settings.path, name, text) for text in given if isinstance(text, str)]
        if len(texts) < len(given):
            raise _wrong(settings.place(key), key, "text, or a list of texts", value)
        return texts
    if isinstance(value, bool) or not isinstance(value, (str, int)):  # a column and a label may be a number
        raise _wrong(settings.place(key), key, "a whole number" if name in _COUNTS else "text", value)
    return _placed(settings.path, name, str(value))


def _limits(settings: Settings, key: str, value: object) -> Iterator[str]:
    from lossctl.analysis.gates import gates, wish

    example = '{mse = "2%"}' if key == "tolerance" else "{mse = 0.1}"
    if not isinstance(value, dict):
        raise _wrong(settings.place(key), key, f"a table like {example}", value)
    for loss, limit in value.items():
        place = settings.place(key, loss)
        if isinstance(limit, bool) or not isinstance(limit, (int, float, str)):
            raise _wrong(place, f"{key}.{loss}", f"a number, in a table like {example}", limit)
        try:
            gates([wish(key, f"{loss}={limit}")], "", "exact", [] if key == "tolerance" else None)
        except UsageError as error:
            help = f"write it like {key} = {example}" if error.help.startswith("--") else error.help
            raise UsageError(f"{place}: {key}.{loss}: {error.message}", help=help) from None
        yield f"{loss}={limit}"


def _placed(path: str, name: str, text: str) -> str:
    """A path of the settings seen from the current folder; they are written as seen from the file's own."""
    folder = os.path.dirname(path)
    if name not in _PATHS or not folder or text == "-":
        return text
    if name == "report":
        format, colon, file = text.partition(":")
        return format + colon + _placed(path, "output", file)
    whole = os.path.join(folder, text)
    labelled = _LABELLED.fullmatch(text)
    if "://" in text or labelled is None or os.path.exists(whole):
        return text if "://" in text else whole
    return f"{labelled['label']}={os.path.join(folder, labelled['path'])}"


def _wrong(place: str, key: str, wanted: str, value: object) -> UsageError:
    kinds = {bool: "true or false", str: "text", dict: "a table", list: "a list", int: "a number", float: "a float"}
    kind = kinds.get(type(value), "a date or time")
    return UsageError(
        f"{place}: {key} is {wanted}, not {kind}: {quoted(value)}",
        help="settings are the options that lossctl check --help lists",
    )
