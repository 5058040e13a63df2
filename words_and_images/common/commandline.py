"""What the command lines and the pipeline's stages share: errors become exit codes here."""

import atexit
import codecs
import contextlib
import errno
import gc
import inspect
import io
import json
import math
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from enum import Enum
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Any, NoReturn, TextIO

import typer
from typer.core import TyperGroup

from words_and_images.common.errors import UNPRINTABLE, UserError, counted
from words_and_images.common.extras import remedy_of
from words_and_images.common.files import NO_ROOM, first_of, megabytes
from words_and_images.common.memory import memory_limit
from words_and_images.common.own_files import refuse_tangled
from words_and_images.common.progress import QUIET_VARIABLE, be_quiet, tell
from words_and_images.common.stage_costs import recorded_costs
from words_and_images.common.tables import BOUNDLESS
from words_and_images.common.workspaces import place_of, temporary_files

BAD_INPUT = 2
MISTAKE = 70  # of the program itself, as in sysexits.h: Python's own 1 is that of a gate
INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOADING = 20  # seconds in which matrices can be multiplied, where there is memory for it
TIDYING = 10  # seconds in which another signal does not end the tidying after the first
# typer exports kinds of it only.
UsageError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
NO_MEMORY = "there is not enough memory{}; {}ask for less at once."
MACHINE = (OSError, MemoryError)  # what it can refuse
PR_SET_PDEATHSIG = 1  # of Linux' prctl.h: the signal for when the parent ends
_REMEDIES = {
    **dict.fromkeys(NO_ROOM, "make room, or name another place"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "change its permissions, or name another place"),
    errno.EROFS: "name a place that can be written to",
    errno.EMFILE: "raise the number of files that may be open (ulimit -n)",
}
_guarded: int | None = None  # where a process under guard says that it ends in order
_PARAMETER = re.compile(r"\w+(?= is )")  # with it errors of a value begin: "steps is 0; ..."


def _hush(quiet: bool) -> bool:
    if quiet:
        be_quiet()
    return quiet


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
Quiet = Annotated[bool, typer.Option(
    "--quiet", "-q", callback=_hush, help="Print nothing but answers, warnings and errors.")]


class EngineKind(str, Enum):  # noqa: UP042 (typer shows the values of this kind as choices)
    """Where the heavy work runs."""

    LOCAL = "local"
    DASK = "dask"


Engine = Annotated[EngineKind, typer.Option(
    help="Where it runs: on this machine, or on the workers of a Dask cluster, to the same result.",
    rich_help_panel="Engine")]
Scheduler = Annotated[str | None, typer.Option(
    help="Of the Dask cluster: tcp://host:port or tls://host:port. Who can talk to it can run "
    "programs here, and you there. By default a cluster is started on this machine.",
    rich_help_panel="Engine")]


def _tell_version(asked: bool) -> None:
    if asked:
        from words_and_images.common.versions import versions  # only here: it loads NumPy

        print("\n".join(versions()))
        raise typer.Exit


Version = Annotated[bool, typer.Option(
    "--version", callback=_tell_version, is_eager=True, help="Print the versions of this program, "
    "of Python and of what it computes with.")]


def with_version(application: typer.Typer) -> typer.Typer:
    """Have an application of several commands tell its version, in the place of a command."""
    @application.callback()
    def options(version: Version = False) -> None:
        pass

    return application


def late_commands(room: str, *names: str) -> type[TyperGroup]:
    """A group of commands; the options of some are made when they are called.

    They are the fields of dataclasses, in modules that take a while to import: the command
    ``retrain`` is the application ``retrain_application`` of the room's ``retrain_command``. The
    group has placeholders for them, with their help.
    """
    class Commands(TyperGroup):
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name = args[0] if args else ""
            if name in names:
                module = import_module(f"{room}.{name}_command")
                made = typer.main.get_command(getattr(module, f"{name}_application"))
                self.add_command(made, name)
            return super().resolve_command(ctx, args)

    return Commands


def refuse(message: str) -> NoReturn:
    """End with one sentence on standard error and exit code 2."""
    complain(message)
    _end(BAD_INPUT)


def complain(message: str) -> None:
    """One sentence about what went wrong, on standard error, however quiet it is to be."""
    tell(message)


def refusal_of(error: Exception) -> str:
    """What the machine refuses (`MACHINE`), in one sentence: memory, room, a file, a permission."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return _want_of_memory(error)
    error = first_of(error) if isinstance(error, OSError) else error
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if type(error) is OSError and error.filename is None:  # of a file or stream that is open
        return f"the output cannot be written ({reason}); make room, or send it elsewhere."
    remedy = _REMEDIES.get(getattr(error, "errno", None) or 0,
                           "see that it is there and can be read and written")
    name = getattr(error, "filename", None)
    what = "what is needed" if name is None else name
    if isinstance(name, str):
        what = place_of(Path(name))
    return f"{what} cannot be used ({reason}); {remedy}."


def _want_of_memory(error: BaseException) -> str:
    reason = f" ({error})" if str(error) and isinstance(error, MemoryError) else ""
    limit = memory_limit()
    return NO_MEMORY.format(
        f"{reason} within the limit of {megabytes(limit)}" if limit else reason,
        "raise the limit (ulimit -v), or " if limit else "")


def guard(name: str = "") -> None:
    """Under a limit of memory, go on in a process of its own, and tell how that ended.

    Where they get no memory, libraries abort, crash or exit without a word to Python. To be called
    before they are imported.

    Parameters
    ----------
    name : what the sentence begins with.
    """
    global _guarded
    limit = memory_limit()
    if limit is None or _guarded is not None:
        return
    heard, told = os.pipe()
    worker = os.fork()
    if not worker:
        os.close(heard)
        _guarded = told
        sys.excepthook = partial(_end_for_want_of_memory, name)
        end_with_parent(signal.SIGKILL)
        _load_matrix_libraries()
        return
    _pass_on_to(worker)
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    os.set_blocking(heard, False)
    with contextlib.suppress(BlockingIOError):  # it has said nothing
        if code >= 0 and os.read(heard, 1):
            os._exit(code)
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    what = ("a library has waited in vain" if code == -signal.SIGALRM
            else f"a library ended the program ({how})")
    complain(f"{name}{what}, most likely for want of memory within the limit of "
             f"{megabytes(limit)}; raise the limit (ulimit -v), or ask for less at once.")
    os._exit(BAD_INPUT)


def _load_matrix_libraries() -> None:
    """Have NumPy's and SciPy's OpenBLAS get their memory now, and end where they do not.

    Refused, each asks again for ever, and that in the middle of the work where it is first used.
    """
    signal.setitimer(signal.ITIMER_REAL, LOADING)
    import numpy as np  # only here: without a limit this can wait
    from scipy.linalg.blas import dgemm

    square = np.ones((2, 2))
    square @ square
    dgemm(1.0, square, square)
    signal.setitimer(signal.ITIMER_REAL, 0)


def end_with_parent(number: int) -> None:
    """Have Linux send this process a signal when its parent ends, however that does."""
    if sys.platform == "linux":
        import ctypes  # only here: command lines must answer at once

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def _pass_on_to(worker: int) -> None:
    """Pass signals on, and kill a process that has not ended long after the first.

    A library that waits for a thread which it could not start does so for ever.
    """
    def pass_on(number: int, _: FrameType | None) -> None:
        os.kill(worker, number)
        signal.setitimer(signal.ITIMER_REAL, 2 * TIDYING)

    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, pass_on)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(worker, signal.SIGKILL))


def _end_for_want_of_memory(
    name: str, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """What libraries raise where memory is short is of every kind."""
    if issubclass(kind, KeyboardInterrupt):
        return
    while error.__cause__ is not None:  # around it NumPy has pages of advice
        error = error.__cause__
    told = next(iter(str(error).strip().splitlines()), type(error).__name__)
    complain(name + _want_of_memory(MemoryError(told)))
    _end(BAD_INPUT)


def _end(code: int) -> NoReturn:
    """End with that code, whether or not what is left to print can be."""
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        if not _flushed(stream):
            # What is left would be tried once more at the end, and that change the exit code.
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    if _guarded is not None:
        _leave()
        os._exit(code)  # libraries that got no thread or memory may never let the interpreter end
    sys.exit(code)


def _flushed(stream: TextIO | None) -> bool:
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError):  # full, gone, or closed
        return False
    return True


def run_stage(main: Callable[..., None]) -> None:
    """Call a stage with the paths of its command line; bad input is one sentence, exit code 2."""
    prepare_streams()
    _end_in_order()
    stage = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    names = inspect.signature(main).parameters
    if len(sys.argv) - 1 != len(names):
        given = counted(len(sys.argv) - 1, "argument")
        refuse(f"{stage}: {given}; give {len(names)}: {', '.join(names)}.")
    try:
        refuse_tangled(sys.argv[1:])
        with recorded_costs(), temporary_files(Path(sys.argv[-1])):
            main(*sys.argv[1:])
        sys.stdout.flush()
    except UserError as error:
        refuse(f"{stage}: {error}")
    except ModuleNotFoundError as error:
        refuse(f"{stage}: {_remedy(error)}")
    except MACHINE as error:
        refuse(f"{stage}: {refusal_of(error)}")
    except KeyboardInterrupt:
        complain(f"{stage}: interrupted")
        _end(INTERRUPTED)
    except Ended as ending:
        complain(f"{stage}: {ending.reason}")
        _end(ending.code)


def run_application(application: typer.Typer) -> None:
    """Run a typer application; bad input is one sentence, exit code 2."""
    prepare_streams()
    _end_in_order()
    if f"_{os.path.basename(sys.argv[0]).upper()}_COMPLETE" in os.environ:
        # typer breaks the help of completions at the terminal's width: a shell takes lines.
        os.environ["COLUMNS"] = str(BOUNDLESS)
    be_quiet(bool(os.environ.get(QUIET_VARIABLE)))
    guard()
    command = typer.main.get_command(application)
    try:
        ended = command(standalone_mode=False)
        if ended == INTERRUPTED:
            if sys.stderr.isatty():
                sys.stderr.write("\n")  # below the ^C
            complain("interrupted")
        sys.stdout.flush()
    except UserError as error:
        refuse(_by_option(str(error), command))
    except UsageError as error:
        refuse(_sentence(error))
    except ModuleNotFoundError as error:
        refuse(_remedy(error))
    except BrokenPipeError:
        ended = 0
    except MACHINE as error:
        refuse(refusal_of(error))
    except Ended as ending:
        complain(ending.reason)
        ended = ending.code
    except SystemExit as ending:
        # The reader (head, less) has closed its end: typer calls that a failure, we do not.
        if not isinstance(ending.__context__, BrokenPipeError):
            raise
        ended = 0
    except typer.Abort:
        ended = INTERRUPTED
    _end(ended if isinstance(ended, int) else 0)


def _remedy(error: ModuleNotFoundError) -> str:
    """What to install; a module that no extra brings is a mistake of the program."""
    remedy = remedy_of(error)
    if remedy is None:
        raise error
    return remedy


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
    message = message or "name a command"  # of no arguments at all, below the help
    return f"{message}; see {context.command_path} --help." if context else f"{message}."


def _end_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """What the interpreter does with an error that nobody caught, but for Ctrl-C and the code."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        _end(MISTAKE)


# Also while what a command or a stage needs is still imported, when Ctrl-C may come too.
sys.excepthook = _end_uncaught


class Ended(SystemExit):
    """By a signal, with the exit code that shells give it."""

    code: int

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.reason = f"ended by {signal.Signals(number).name}"


def _end_in_order() -> None:
    """Let SIGTERM and SIGHUP end the program as Ctrl-C does: temporary files are removed.

    A terminal that is closed, and who is impatient, sends several signals: while the first is
    obeyed, the others wait.
    """
    last = -math.inf
    atexit.register(_leave)

    def end(number: int, _: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() < last + TIDYING:
            return
        last = time.monotonic()
        raise KeyboardInterrupt if number == signal.SIGINT else Ended(number)

    for number in ENDING:
        # nohup and background jobs of scripts have their own.
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, end)


def _leave() -> None:
    """Let the interpreter end without delay: all work is done."""
    for number in ENDING:  # it would give our handlers up before the program ends
        signal.signal(number, signal.SIG_IGN)
    if _guarded is not None:
        os.write(_guarded, b".")  # it has said what there was to say
    gc.freeze()  # among TensorFlow's objects it would look seconds for cycles


def prepare_streams() -> None:
    """From here on, print what the encoding cannot hold as \\u732b, and do not fail.

    A closed stream is None in Python, and printed to, the other one takes its place: answers and
    messages in one. What is printed to a closed standard output fails as anywhere else.
    """
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any, indent: int | None = 2) -> None:
    """JSON on standard output, in an encoding that cannot hold all of it as ASCII."""
    text = json.dumps(value, indent=indent, ensure_ascii=not _holds_everything(sys.stdout),
                      allow_nan=False)
    # The same values, and nothing that a terminal would obey.
    print(UNPRINTABLE.sub(lambda found: found[0] if found[0] == "\n" else
                          f"\\u{ord(found[0]):04x}", text), flush=True)


def _holds_everything(stream: TextIO) -> bool:
    return codecs.lookup(stream.encoding or "utf-8").name.startswith("utf")
