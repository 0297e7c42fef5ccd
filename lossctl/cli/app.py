"""The commands, and the Typer application of those that an invocation needs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from lossctl.cli.options import VersionOption
from lossctl.errors import LossctlError, UsageError, nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMANDS = {
    "compute": "lossctl.cli.compute",
    "breakdown": "lossctl.cli.breakdown",
    "compare": "lossctl.cli.compare",
    "check": "lossctl.cli.check",
    "list": "lossctl.cli.list",
    "explain": "lossctl.cli.explain",
    "plot": "lossctl.cli.plot",
    "identify": "lossctl.cli.identify",
}
"""The module of each command; its function of the same name is the command, and gives an exit code or None for 0."""

_HELP = "Loss values from prediction files, exact to the last digit."
_EPILOG = (
    "Exit codes: 0 done, 1 a gate was broken, 2 the job could not be done, 3 a gate could not be decided, "
    "70 a bug in lossctl, 130 interrupted."
)


def build(arguments: Sequence[str]) -> Callable[..., Any]:
    """The application. When the first argument is a command, it has that command alone: building takes time.

    Raises:
        UsageError: the first argument is neither a command nor an option.
    """
    app = typer.Typer(
        name="lossctl",
        help=_HELP,
        epilog=_EPILOG,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    asked = arguments[0] if arguments else ""
    if asked not in COMMANDS and asked and not asked.startswith("-"):
        raise UsageError(f"there is no command {quoted(asked)}", help=_meant(asked))
    for name in [asked] if asked in COMMANDS else COMMANDS:
        settings = {"ignore_unknown_options": name == "identify"}  # a number below 0 is no option
        app.command(name, epilog=_EPILOG, context_settings=settings)(getattr(import_module(COMMANDS[name]), name))
    return typer.main.get_command(app)


def _meant(asked: str) -> str:
    from lossctl.losses.spec import parse

    try:
        parse(asked)
    except LossctlError:
        return nearest(asked, COMMANDS) or "lossctl --help lists the commands"
    return f"it is a loss: lossctl compute {asked} FILE"


def _root(*, version: VersionOption = False) -> None:
    """Loss values from prediction files, exact to the last digit."""
