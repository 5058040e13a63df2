"""Progress of long work: a bar on a terminal, one line a step elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

SECONDS_A_LINE = 15


class Counter:
    """Counts work done and tells its rate; `advance` may be called from one thread."""

    def __init__(self, total: float | None, unit: str) -> None:
        self.total, self.unit, self.done = total, unit, 0.0
        self.note = ""
        self._started = time.perf_counter()

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Add work done; a note replaces the last one."""
        self.done += amount
        self.note = note or self.note

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

    def advance(self, amount: float = 1, note: str = "") -> None:
        super().advance(amount, note)
        now = time.perf_counter()
        if self.total and self.done < self.total and now - self._said >= SECONDS_A_LINE:
            self._said = now
            left = (now - self._started) * (self.total / max(self.done, 1e-9) - 1)
            say(f"{self._description}: {100 * self.done / self.total:.0f} %, {self.rate()}, "
                f"{left:.0f} s left" + (f", {self.note}" if self.note else ""))


class _Bar(Counter):
    """A counter that shows itself on a terminal."""

    def __init__(self, total: float | None, unit: str, bar: "Progress", description: str) -> None:
        super().__init__(total, unit)
        self._bar = bar
        self._task = bar.add_task(description, total=total, rate="", note="")

    def advance(self, amount: float = 1, note: str = "") -> None:
        super().advance(amount, note)
        self._bar.update(self._task, completed=self.done, rate=self.rate(), note=self.note)


@contextmanager
def progress(description: str, total: float | None, unit: str) -> Iterator[Counter]:
    """Show the progress of work that a block reports with ``counter.advance(amount, note)``.

    A total of None stands for work whose end is not known; of no work, 0, nothing is shown.
    """
    if total == 0:
        yield Counter(total, unit)
        return
    if not sys.stderr.isatty():
        counter = _Lines(total, unit, description)
        started = time.perf_counter()
        yield counter
        seconds = time.perf_counter() - started
        say(f"{description}: {counter.done:,.0f} {unit} in {seconds:.1f} s, {counter.rate()}"
            + (f", {counter.note}" if counter.note else ""))
        return
    from rich.console import Console  # not above: only a terminal needs it
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
    )
    # Rich would send what is printed meanwhile to the bar's stream, whatever it is meant for.
    with Progress(*columns, console=Console(stderr=True),
                  redirect_stdout=sys.stdout.isatty()) as bar:
        yield _Bar(total, unit, bar, description)


def say(message: str) -> None:
    """One line about the work, on standard error, so that answers stay alone on standard output."""
    print(message, file=sys.stderr, flush=True)
