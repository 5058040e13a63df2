"""Texts as a command line gives them: files, standard input, and lines of either."""

import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from word2vec.corpus.documents.text import LARGEST_WHOLE, read_whole
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say
from words_and_images.common.streams import STANDARD_INPUT, called, opened, unpacked
from words_and_images.retraining.answers import encodable

WANTED = f"a text in UTF-8 of up to {LARGEST_WHOLE:,} bytes"
_LONGEST_LINE = 1 << 26  # bytes
_AT_ONCE = 1 << 18


class UnansweredError(UserError):
    """A text that cannot be classified: what it is called, and why."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True)
class GivenText:
    """One text, and what answers call it."""

    name: str
    text: str = field(repr=False)


Given = GivenText | UnansweredError


def given_texts(arguments: Iterable[str], by_lines: bool = False) -> Iterator[Given]:
    """The texts of files, in order, each read when it is asked for; where there is none, the error.

    Parameters
    ----------
    arguments : paths of files, plain or packed; ``-`` is standard input.
    by_lines : whether each line is a text, which is called ``file:line``. Empty lines are passed
        over, and told; those of standard input come one by one.
    """
    for argument in arguments:
        try:
            yield from _lines_of(argument) if by_lines else [whole_text(argument)]
        except UserError as error:
            yield UnansweredError(encodable(argument), str(error))


def whole_text(argument: str) -> GivenText:
    """The text of a file, or of standard input; UserError where there is none."""
    text = read_whole(Path(argument), WANTED)
    if not text.strip():
        raise UserError(f"{called(Path(argument))} is empty; give a text with words.")
    return GivenText(argument, text)


def _lines_of(argument: str) -> Iterator[GivenText]:
    path, empty, number = Path(argument), 0, 0
    for number, line in enumerate(_lines(path), start=1):
        text = _decoded(line, number, called(path))
        if text.strip():
            yield GivenText(f"{argument}:{number}", text)
        else:
            empty += 1
    if empty == number:
        raise UserError(f"{called(path)} is empty; give texts, one a line.")
    if empty:
        say(f"passed over {counted(empty, 'empty line')} of {called(path)}")


def _lines(path: Path) -> Iterator[bytes]:
    """Lines as they come, of a file that may be packed, or of standard input, which is not."""
    if path == STANDARD_INPUT and sys.stdin is not None:
        yield from _read_lines(sys.stdin.buffer, called(path))
        return
    if path.is_dir():
        raise UserError(f"{path} is a folder; give a file of texts, one a line.")
    with opened(path) as packed:
        stream = unpacked(packed, called(path))
        yield from _read_lines(io.BufferedReader(stream, _AT_ONCE), called(path))


def _read_lines(stream: IO[bytes], name: str) -> Iterator[bytes]:
    for line in iter(partial(stream.readline, _LONGEST_LINE + 1), b""):
        if len(line) > _LONGEST_LINE:
            raise UserError(f"{name} has a line of more than {_LONGEST_LINE:,} bytes; divide it.")
        yield line


def _decoded(line: bytes, number: int, name: str) -> str:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{name}, line {number:,}, is not UTF-8 at byte {error.start:,} of it; "
                        "convert or unpack it.") from None
    if "\0" in text:
        raise UserError(f"{name}, line {number:,}, is no text (it holds a NUL byte); give plain "
                        "text.")
    return text.rstrip("\r\n")
