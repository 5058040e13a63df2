"""Tables that any terminal, any pipe and any encoding can show."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from words_and_images.common.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

HEADING, RED, GREEN = "1;36", "31", "32"  # of a terminal; bold cyan, red, green
BOUNDLESS = 1 << 20  # columns

Style = Callable[[int, int], str]


def shown(text: str, stream: TextIO | None = None) -> str:
    """The text as a cell or a line: `printable`, and what a stream cannot hold escaped."""
    encoding = (stream and stream.encoding) or "utf-8"
    return printable(text).encode(encoding, "backslashreplace").decode(encoding)


def print_lines(*lines: str) -> None:
    """Lines on standard output, which may hold what others have named."""
    print("\n".join(shown(line, sys.stdout) for line in lines), flush=True)


def columns_of(stream: TextIO | None) -> int | None:
    """How many columns a terminal has; None for what has no width: a file or a pipe."""
    if stream is None or not stream.isatty():
        return None
    from rich.console import Console  # not above: only a terminal needs it

    return Console(file=stream).width


def table_console() -> "Console":
    """Rich's console on standard output; a file or a pipe takes tables as wide as they are."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=BOUNDLESS)


def is_coloured(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal whose user wants colours (NO_COLOR, TERM)."""
    return bool(stream and stream.isatty() and not os.environ.get("NO_COLOR")
                and os.environ.get("TERM") not in ("dumb", "unknown"))


def heading(row: int, _column: int) -> str:
    """The style of a table whose first row is its heading."""
    return HEADING if row == 0 else ""


def table(
    cells: Sequence[Sequence[str]], stream: TextIO | None = None, style: Style = heading
) -> str:
    """Columns wide enough for their cells: the first to the left, the others to the right.

    Parameters
    ----------
    cells : rows of one length; a cell's width is what it takes on a terminal, where 犬 takes two.
    stream : where it will be printed. On a terminal a table that is too wide is cut into some
        that fit, each with the first column, and has colours; without a stream, or where that is
        no terminal, it is plain.
    style : the colour of a cell by its row and column, "" for none.
    """
    rows = [[shown(cell, stream) for cell in row] for row in cells]
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    colour = style if is_coloured(stream) else lambda _row, _column: ""
    parts = [[0, *part] for part in _parts(widths, columns_of(stream))]
    return "\n\n".join("\n".join(
        "  ".join(_padded(cells, column, widths[column], colour(row, column)) for column in part)
        .rstrip() for row, cells in enumerate(rows)) for part in parts)


def cell_width(text: str) -> int:
    """How many cells of a terminal a text takes: 犬 two, a combining accent none."""
    from rich.cells import cell_len  # not above: --help does without

    return cell_len(text)


def wrapped(text: str, room: int | None, stream: TextIO | None = None) -> list[str]:
    """The words of a text in lines of at most `room` cells, or of one word; None: in one line."""
    lines: list[str] = []
    for word in shown(text, stream).split(" "):
        if lines and (room is None or cell_width(f"{lines[-1]} {word}") <= room):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _padded(cells: list[str], column: int, width: int, style: str) -> str:
    cell = cells[column]
    blank = " " * (width - cell_width(cell))
    painted = f"\x1b[{style}m{cell}\x1b[0m" if style and cell else cell
    return blank + painted if column else painted + blank


def _parts(widths: list[int], room: int | None) -> list[list[int]]:
    """The columns but for the first, in as many parts as it takes to fit beside it."""
    parts: list[list[int]] = [[]]
    taken = widths[0]
    for column, width in enumerate(widths[1:], start=1):
        if room and parts[-1] and taken + 2 + width > room:
            parts.append([])
            taken = widths[0]
        parts[-1].append(column)
        taken += 2 + width
    return parts
