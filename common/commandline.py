"""Where errors become exit codes: the command lines and the pipeline's stages."""

import inspect
import os
import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from common.errors import UserError

BAD_INPUT = 2
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
        refuse(f"{stage}: {len(sys.argv) - 1} arguments; give {len(names)}: {', '.join(names)}.")
    try:
        main(*sys.argv[1:])
    except UserError as error:
        refuse(f"{stage}: {error}")
    except MemoryError as error:
        refuse(f"{stage}: {NO_MEMORY.format(error)}")


def run_application(application: typer.Typer) -> None:
    """Run a typer application; bad input is one sentence, exit code 2."""
    try:
        application()
    except UserError as error:
        refuse(str(error))
    except MemoryError as error:
        refuse(NO_MEMORY.format(error))
    except SystemExit as ending:
        # The reader (head, less) has closed its end: typer calls that a failure, we do not.
        if isinstance(ending.__context__, BrokenPipeError):
            sys.exit(0)
        raise
