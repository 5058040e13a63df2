"""Progress of long work: a bar on a terminal, one line a step elsewhere; and how to be quiet."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from words_and_images.common.errors import percent, printable

if TYPE_CHECKING:
    from rich.progress import Progress

SECONDS_A_LINE = 15
OTHER_CELLS = 34  # of a bar's line: share, rate, time left, and what parts them
QUIET_VARIABLE = "WORDS_AND_IMAGES_QUIET"
WARNING = "warning: "

_quiet = bool(os.environ.get(QUIET_VARIABLE))
_quiet_blocks = 0  # of `quietly`, of all threads: they may end in another order than they began
_counting = threading.Lock()


class Counter:
    """Counts work done and tells its rate; `advance` may be called from one thread."""

    def __init__(self, total: float | None, unit: str) -> None:
        self.total, self.unit, self.done = total, unit, 0.0
        self.note = ""
        self._started = time.perf_counter()

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Add work done; a note replaces the last one."""
        self.done += amount
        self.note = printable(note) or self.note

    def rate(self) -> str:
        """The mean rate so far, with its unit."""
        rate = self.done / max(time.perf_counter() - self._started, 1e-9)
        for scale, letter in ((1e6, " M"), (1e3, " k")):
            if rate >= scale:
                return f"{rate / scale:.2f}{letter} {self.unit}/s"
        return f"{rate:.1f} {self.unit}/s"


class _Lines(Counter):
    """A counter that says a line now and then, for logs."""

    def __init__(self, total: float | None, unit: str, description: str) -> None:
        super().__init__(total, unit)
        self._description, self._said = description, self._started
        self.told = False

    def advance(self, amount: float = 1, note: str = "") -> None:
        super().advance(amount, note)
        now = time.perf_counter()
        if now - self._said < SECONDS_A_LINE or (self.total and self.done >= self.total):
            return
        self._said, self.told = now, True
        say(f"{self._description}: {self._so_far(now - self._started)}"
            + (f", {self.note}" if self.note else ""))

    def _so_far(self, seconds: float) -> str:
        if not self.total:
            return f"{self.done:,.0f} {self.unit}, {self.rate()}"
        left = seconds * (self.total / max(self.done, 1e-9) - 1)
        return f"{percent(self.done / self.total, 0)}, {self.rate()}, {left:.0f} s left"


class _Bar(Counter):
    """A counter that shows itself on a terminal."""

    def __init__(self, total: float | None, unit: str, bar: "Progress", description: str) -> None:
        super().__init__(total, unit)
        self._bar = bar
        self._task = bar.add_task(description, total=total, share="", rate="", note="")

    def advance(self, amount: float = 1, note: str = "") -> None:
        super().advance(amount, note)
        share = f"{percent(self.done / self.total, 0):>5}" if self.total else f"{self.done:,.0f}"
        self._bar.update(self._task, completed=self.done, share=share, rate=self.rate(),
                         note=self.note)


@contextmanager
def progress(
    description: str, total: float | None, unit: str, brief: bool = False
) -> Iterator[Counter]:
    """Show the progress of work that a block reports with ``counter.advance(amount, note)``.

    A total of None stands for work whose end is not known; of no work, 0, and where nobody wants
    to know, nothing is shown. Work that is mostly `brief` leaves no bar behind, and elsewhere than
    on a terminal no line unless it takes long.
    """
    description = printable(description)
    if total == 0 or is_quiet():
        yield Counter(total, unit)
    elif sys.stderr.isatty():
        with _bar(description, brief) as bar:
            yield _Bar(total, unit, bar, description)
    else:
        counter = _Lines(total, unit, description)
        started = time.perf_counter()
        yield counter
        seconds = time.perf_counter() - started
        if brief and not counter.told:
            return
        say(f"{description}: {counter.done:,.0f} {unit} in {seconds:.1f} s, {counter.rate()}"
            + (f", {counter.note}" if counter.note else ""))


def _bar(description: str, brief: bool) -> "Progress":
    """One line, however narrow the terminal: first the note gives way, then the description."""
    from rich.cells import cell_len  # not above: only a terminal needs it
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    console = Console(stderr=True)
    named = min(cell_len(description), max(console.width // 3, console.width - 80))
    drawn = min(40, max(6, console.width // 10))
    rooms = {"{task.description}": named, "{task.fields[share]}": 14, "{task.fields[rate]}": 18,
             "{task.fields[note]}": console.width - named - drawn - OTHER_CELLS}
    texts = [TextColumn(field, markup=False, table_column=Column(
                 no_wrap=True, overflow="crop", max_width=room))
             for field, room in rooms.items() if room > 0]
    columns = (texts[0], BarColumn(drawn), *texts[1:3], TimeRemainingColumn(), *texts[3:])
    # Rich would send what is printed meanwhile to the bar's stream, whatever it is meant for.
    return Progress(*columns, console=console, redirect_stdout=sys.stdout.isatty(),
                    transient=brief)


def say(message: str) -> None:
    """One line about the work, on standard error, so that answers stay alone on standard output.

    Where nobody wants to know, only what begins with ``warning:`` is said.
    """
    if not is_quiet() or message.startswith(WARNING):
        tell(message)


def tell(message: str) -> None:
    """One line on standard error; where that is full, the work does not suffer for it."""
    with suppress(OSError):
        print(printable(message), file=sys.stderr, flush=True)


def be_quiet(quiet: bool = True) -> None:
    """Whether `progress` and `say` keep silent from here on."""
    global _quiet
    _quiet = quiet


@contextmanager
def quietly() -> Iterator[None]:
    """Within the block only warnings are said: the work is part of what is told otherwise."""
    global _quiet_blocks
    with _counting:
        _quiet_blocks += 1
    try:
        yield
    finally:
        with _counting:
            _quiet_blocks -= 1


def is_quiet() -> bool:
    """Whether they do."""
    return _quiet or _quiet_blocks > 0
