"""What the command lines and the pipeline's stages share: errors become exit codes here."""

import codecs
import inspect
import io
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Annotated, Any, NoReturn, TextIO

import typer

from common.errors import UserError, counted
from common.progress import QUIET_VARIABLE, be_quiet
from common.stage_costs import recorded_costs
from common.tables import BOUNDLESS

BAD_INPUT = 2
INTERRUPTED = 130
# typer exports kinds of it only.
UsageError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
NO_MEMORY = "there is not enough memory ({}); ask for less at once."
_PARAMETER = re.compile(r"\w+(?= is )")  # with it errors of a value begin: "steps is 0; ..."


def _hush(quiet: bool) -> bool:
    if quiet:
        be_quiet()
    return quiet


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
Quiet = Annotated[bool, typer.Option(
    "--quiet", "-q", callback=_hush, help="Print nothing but answers, warnings and errors.")]


def refuse(message: str) -> NoReturn:
    """End with one sentence on standard error and exit code 2."""
    complain(message)
    sys.exit(BAD_INPUT)


def complain(message: str) -> None:
    """One sentence about what went wrong, on standard error, however quiet it is to be."""
    print(message, file=sys.stderr, flush=True)


def run_stage(main: Callable[..., None]) -> None:
    """Call a stage with the paths of its command line; bad input is one sentence, exit code 2."""
    escape_unprintable()
    _end_in_order()
    stage = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    names = inspect.signature(main).parameters
    if len(sys.argv) - 1 != len(names):
        given = counted(len(sys.argv) - 1, "argument")
        refuse(f"{stage}: {given}; give {len(names)}: {', '.join(names)}.")
    try:
        with recorded_costs():
            main(*sys.argv[1:])
    except UserError as error:
        refuse(f"{stage}: {error}")
    except MemoryError as error:
        refuse(f"{stage}: {NO_MEMORY.format(error)}")
    except KeyboardInterrupt:
        complain(f"{stage}: interrupted")
        sys.exit(INTERRUPTED)


def run_application(application: typer.Typer) -> None:
    """Run a typer application; bad input is one sentence, exit code 2."""
    escape_unprintable()
    _end_in_order()
    if f"_{os.path.basename(sys.argv[0]).upper()}_COMPLETE" in os.environ:
        # typer breaks the help of completions at the terminal's width: a shell takes lines.
        os.environ["COLUMNS"] = str(BOUNDLESS)
    be_quiet(bool(os.environ.get(QUIET_VARIABLE)))
    command = typer.main.get_command(application)
    try:
        ended = command(standalone_mode=False)
    except UserError as error:
        refuse(_by_option(str(error), command))
    except UsageError as error:
        refuse(_sentence(error))
    except MemoryError as error:
        refuse(NO_MEMORY.format(error))
    except SystemExit as ending:
        # The reader (head, less) has closed its end: typer calls that a failure, we do not.
        if not isinstance(ending.__context__, BrokenPipeError):
            raise
        ended = 0
    except typer.Abort:
        if sys.stderr.isatty():
            print(file=sys.stderr)  # below the ^C
        ended = INTERRUPTED
    sys.exit(ended if isinstance(ended, int) else 0)


def _by_option(message: str, command: Any) -> str:
    """The message, where it begins with a parameter that is an option with that option's name."""
    called = getattr(command, "commands", {}).get(next(iter(sys.argv[1:]), ""), command)
    options = {each.name: each.opts[0] for each in called.params if each.opts[0].startswith("--")}
    found = _PARAMETER.match(message)
    return options.get(found[0], found[0]) + message[found.end():] if found else message


def _sentence(error: Exception) -> str:
    """A wrong option or argument in one line, where typer would draw a box."""
    context = getattr(error, "ctx", None)
    message = " ".join(error.format_message().split()).rstrip(".")  # type: ignore[attr-defined]
    return f"{message}; see {context.command_path} --help." if context else f"{message}."


def _end_quietly(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """What the interpreter does with an error that nobody caught, but for Ctrl-C."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)


# Ctrl-C may come while what a command or a stage needs is still imported.
sys.excepthook = _end_quietly


def _end_in_order() -> None:
    """Let SIGTERM and SIGHUP end the program as Ctrl-C does: temporary files are removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has its own
            signal.signal(number, lambda received, _: sys.exit(128 + received))


def escape_unprintable() -> None:
    """From here on, print what the encoding cannot hold as \\u732b, and do not fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any, indent: int | None = 2) -> None:
    """JSON on standard output, in an encoding that cannot hold all of it as ASCII."""
    print(json.dumps(value, indent=indent, ensure_ascii=not _holds_everything(sys.stdout),
                     allow_nan=False), flush=True)


def _holds_everything(stream: TextIO) -> bool:
    return codecs.lookup(stream.encoding or "utf-8").name.startswith("utf")
