"""The one funnel: every command line ends here, with its exit code.

    0    done
    1    a gate was broken; nothing else gives 1
    2    the job could not be done: usage, file, parse, shape, unknown name
    3    a gate could not be decided
    70   a bug in lossctl
    130  interrupted

Nothing heavy is imported before it is needed: `--version` is answered without Typer and without NumPy.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

BUG = 70
INTERRUPTED = 130
COULD_NOT = 2


def script() -> NoReturn:
    """Run the command line of this process and end it at once.

    Python would first take down what it has loaded, for longer than a small file takes; all is written by then.
    """
    os._exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code."""
    if argv is None:  # a process of its own, whose rows hold no cycles: looking for them takes a quarter of the time
        gc.disable()
    arguments = list(sys.argv[1:] if argv is None else argv)
    code = _answered(arguments)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        _tell(f"standard output: cannot write it: {os.strerror(error.errno or 0)}")
        code = COULD_NOT
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    return code


def silence(stream: TextIO) -> None:
    """Let the interpreter's last flush of a stream go nowhere; a failure there would change the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _answered(arguments: list[str]) -> int:
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        _tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        silence(sys.stdout)
        return 0
    except Exception as error:  # noqa: BLE001 — what nobody foresaw is told as a bug
        if "--debug" in arguments:
            _trace()
        return _told(error, verbose=not {"-v", "--verbose"}.isdisjoint(arguments))


def _run(arguments: list[str]) -> int:
    if arguments[:1] in (["--version"], ["-V"]):
        from lossctl import __version__

        print(f"lossctl {__version__}")
        return 0
    # Spinning BLAS threads halve the speed of a streaming loop, and starting them costs time; nothing here needs them.
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    from lossctl.cli.app import build

    if arguments:  # a shell that completes gives none, and whoever gives some wants an answer to them
        os.environ.pop("_LOSSCTL_COMPLETE", None)
    # A script whose variables are empty must not pass for one that did something.
    elif "_LOSSCTL_COMPLETE" not in os.environ:
        with redirect_stdout(sys.stderr):
            _run(["--help"])
        return COULD_NOT
    # Typer only reads the command line. What it calls itself runs below a dozen of its frames, turns a closed pipe
    # into exit code 1, and imports slower: at some depths each call needs a new piece of the interpreter's stack.
    command = build(arguments)(args=arguments, prog_name="lossctl", standalone_mode=False)
    if callable(command):
        return command() or 0
    if command == INTERRUPTED:  # some versions of the library turn an interrupt into a code without a word
        raise KeyboardInterrupt
    return command if isinstance(command, int) else 0


def _told(error: Exception, *, verbose: bool) -> int:
    """Print what went wrong and give the exit code that belongs to it."""
    from lossctl.errors import LossctlError, printable

    if isinstance(error, LossctlError):
        _tell(error.message, error.help, error.code if verbose else "")
        return error.exit_code
    if hasattr(error, "format_message"):  # a usage error of the command-line library, whatever its class is this year
        _tell(*_usage(error))
        return COULD_NOT
    if type(error).__name__ == "Abort":
        _tell("interrupted")
        return INTERRUPTED
    if isinstance(error, MemoryError):
        _tell("there is not enough memory for this input", "CSV and NDJSON files are read in pieces")
        return COULD_NOT
    if isinstance(error, OSError):
        # Readers name their input, so what has no name is the help or the version on its way out.
        where = printable(str(error.filename)) if error.filename else "standard output: cannot write it"
        _tell(f"{where}: {os.strerror(error.errno) if error.errno else printable(str(error))}")
        return COULD_NOT
    kind = type(error).__name__
    _tell(
        f"this is a bug in lossctl: {kind}: {printable(str(error))}",
        "please report it with the output of the same command with --debug",
    )
    return BUG


def _usage(error: Any) -> tuple[str, str]:
    """A usage error of the command-line library as our sentence, and what to type."""
    from lossctl.errors import listed, printable, quoted

    command = getattr(getattr(error, "ctx", None), "command_path", "lossctl COMMAND")
    help = f"{command} --help lists the options"
    if hasattr(error, "possibilities"):
        if command == "lossctl":
            help = "options stand behind the command, like lossctl compute mse preds.csv --json"
        elif error.possibilities:
            help = f"did you mean {listed(error.possibilities, 'or')}?"
        return f"{command} has no option {quoted(error.option_name)}", help
    text = printable(" ".join(error.format_message().split())).rstrip(".")
    return text[:1].lower() + text[1:], help


def _trace() -> None:
    import traceback

    from lossctl.errors import printable

    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.writelines(f"{printable(line)}\n" for line in traceback.format_exc().splitlines())


def _tell(message: str, help: str = "", code: str = "") -> None:
    if sys.stderr is None:
        return
    with suppress(OSError):  # nobody listens; the exit code says it still
        lines = [f"lossctl: {message}", *([f"  help: {help}"] if help else []), *([f"  code: {code}"] if code else [])]
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
