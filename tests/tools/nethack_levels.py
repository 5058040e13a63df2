"""Views of levels that are drawn as text."""

import numpy as np

from examples.nethack.glyphs import Symbol
from examples.nethack.level_map import COLUMNS, ROWS, View

DRAWN = {" ": Symbol.UNKNOWN, "|": Symbol.WALL, "-": Symbol.WALL, ".": Symbol.FLOOR,
         "#": Symbol.CORRIDOR, ":": Symbol.DOORWAY, "'": Symbol.OPEN_DOOR,
         "+": Symbol.CLOSED_DOOR, ">": Symbol.STAIRS_DOWN, "^": Symbol.TRAP, "(": Symbol.OBJECT,
         "0": Symbol.BOULDER, "d": Symbol.PET, "M": Symbol.MONSTER, "e": Symbol.DANGEROUS,
         "@": Symbol.MONSTER}


def view_of(drawing: str, message: str = "", turn: int = 1, depth: int = 1) -> View:
    """The view of a player who stands at the @, in the middle of nothing else."""
    lines = drawing.strip("\n").splitlines()
    symbols = np.full((ROWS, COLUMNS), Symbol.UNKNOWN, np.uint8)
    letters = np.full((ROWS, COLUMNS), ord(" "), np.uint8)
    place = 0
    for row, line in enumerate(lines, start=3):
        for column, letter in enumerate(line, start=3):
            symbols[row, column] = DRAWN[letter]
            letters[row, column] = ord(letter)
            if letter == "@":
                place = row * COLUMNS + column
    return View(symbols, symbols.astype(np.int16), letters, place, depth, turn, message)


def place_in(drawing: str, letter: str) -> int:
    """Where a letter is drawn."""
    rows, columns = np.nonzero(view_of(drawing).letters == ord(letter))
    return int(rows[0] * COLUMNS + columns[0])
