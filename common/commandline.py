"""Where errors become exit codes: the command lines and the pipeline's stages."""

import inspect
import os
import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from common.errors import UserError, counted

BAD_INPUT = 2
INTERRUPTED = 130
# typer exports kinds of it only.
UsageError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
NO_MEMORY = "there is not enough memory ({}); ask for less at once."


def refuse(message: str) -> NoReturn:
    """End with one sentence on standard error and exit code 2."""
    print(message, file=sys.stderr)
    sys.exit(BAD_INPUT)


def run_stage(main: Callable[..., None]) -> None:
    """Call a stage with the paths of its command line; bad input is one sentence, exit code 2."""
    stage = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    names = inspect.signature(main).parameters
    if len(sys.argv) - 1 != len(names):
        given = counted(len(sys.argv) - 1, "argument")
        refuse(f"{stage}: {given}; give {len(names)}: {', '.join(names)}.")
    try:
        main(*sys.argv[1:])
    except UserError as error:
        refuse(f"{stage}: {error}")
    except MemoryError as error:
        refuse(f"{stage}: {NO_MEMORY.format(error)}")


def run_application(application: typer.Typer) -> None:
    """Run a typer application; bad input is one sentence, exit code 2."""
    try:
        ended = application(standalone_mode=False)
    except UserError as error:
        refuse(str(error))
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
        ended = INTERRUPTED
    sys.exit(ended if isinstance(ended, int) else 0)


def _sentence(error: Exception) -> str:
    """A wrong option or argument in one line, where typer would draw a box."""
    context = getattr(error, "ctx", None)
    message = " ".join(error.format_message().split()).rstrip(".")  # type: ignore[attr-defined]
    return f"{message}; see {context.command_path} --help." if context else f"{message}."
