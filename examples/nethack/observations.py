"""What the learned players take: the map around them, and what they remember of the level.

All of it is what a player has seen and done; no distance and no path is computed for them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from examples.nethack.games import ACTIONS
from examples.nethack.glyphs import Symbol
from examples.nethack.level_map import COLUMNS, IS_WALKABLE, ROWS, View

REACH = 5
SIDE = 2 * REACH + 1
PLACES = SIDE * SIDE
"""Of the window around the player."""
STONE = 2359
"""The glyph of what was never seen, which also stands for what is beyond the map."""
ROW_BANDS = np.array([-20, -12, -7, -4, -1, 2, 5, 8, 13, 21])
COLUMN_BANDS = np.array([-78, -40, -24, -14, -8, -4, -1, 2, 5, 9, 15, 25, 41, 79])
"""Edges of the blocks in which the whole map is seen: the finer the nearer, as seen from the
player."""
BLOCKS = (len(ROW_BANDS) - 1) * (len(COLUMN_BANDS) - 1)
TOLD = ("direction?", "Really attack", "locked", "door resists", "WHAM", "solid stone", "a wall",
        "in the way", "diagonally", "boulder", "You see here", "door")
"""Parts of messages that the players notice."""
SCALE = 64
"""The numbers are kept as bytes: 64 stands for 1."""
NUMBERS = 3 * PLACES + 4 * BLOCKS + 2 * ACTIONS + len(TOLD) + 5
WALKABLE = np.array(IS_WALKABLE)


class Observations(NamedTuple):
    """Rows of what players saw."""

    window: NDArray[np.int16]  # (rows, 121) glyphs
    numbers: NDArray[np.uint8]  # (rows, NUMBERS)

    def __len__(self) -> int:
        return len(self.window)

    def take(self, rows: NDArray[np.integer]) -> "Observations":
        """Some of the rows."""
        return Observations(self.window[rows], self.numbers[rows])

    @staticmethod
    def joined(parts: Sequence["Observations"]) -> "Observations":
        """One below the other."""
        return Observations(np.concatenate([part.window for part in parts]),
                            np.concatenate([part.numbers for part in parts]))


class Memories:
    """What several players remember, a row each.

    Attributes
    ----------
    news : (players,)
        Places to walk on that each has seen for the first time in its last view.
    """

    def __init__(self, players: int) -> None:
        self.visits = np.zeros((players, ROWS, COLUMNS), np.uint16)
        self.searches = np.zeros((players, ROWS, COLUMNS), np.uint16)
        self.known = np.zeros((players, ROWS, COLUMNS), bool)
        self.actions = np.zeros((players, 2), np.int64)
        self.places = np.full(players, -1)
        self.depths = np.full(players, -1)
        self.bored = np.zeros(players, np.int64)  # steps since something new was seen
        self.news = np.zeros(players, np.int64)

    def forget(self, player: int) -> None:
        """Begin anew, for a new game."""
        self._forget_level(player)
        self.actions[player] = self.bored[player] = 0
        self.places[player] = self.depths[player] = -1

    def drop(self, player: int) -> None:
        """Remove a player's row."""
        for name, rows in vars(self).items():
            setattr(self, name, np.delete(rows, player, axis=0))

    def did(self, actions: NDArray[np.integer]) -> None:
        """Remember what was done."""
        self.actions = np.stack([actions, self.actions[:, 0]], axis=1)

    def observe(self, views: Sequence[View]) -> Observations:
        """What each player takes in of its view."""
        symbols = np.stack([view.symbols for view in views])
        glyphs = np.stack([view.glyphs for view in views])
        places = np.array([view.place for view in views])
        players = np.arange(len(views))
        for player, view in enumerate(views):
            if self.depths[player] != view.depth:
                self._forget_level(player)
                self.depths[player] = view.depth
        rows, columns = places // COLUMNS, places % COLUMNS
        moved = places != self.places
        self.places = places
        self.visits[players, rows, columns] += 1
        self._remember_searches(players[self.actions[:, 0] == ACTIONS - 1], rows, columns)

        walkable = WALKABLE[symbols]
        unseen = walkable & ~self.known
        self.known |= walkable
        self.news = unseen.sum(axis=(1, 2))
        self.bored = np.where(self.news > 0, 0, self.bored + 1)
        frontier = walkable & (self.visits == 0) & _beside(symbols == Symbol.UNKNOWN)
        visited = _logarithm(self.visits)
        searched = _logarithm(self.searches)
        around = [_window(plane, rows, columns) for plane in (
            visited, frontier.astype(np.uint8) * np.uint8(SCALE), searched)]
        blocks = [_blocks(plane, rows, columns) for plane in (
            frontier, symbols == Symbol.STAIRS_DOWN, symbols == Symbol.UNKNOWN, visited)]
        blocks[0] = np.minimum(blocks[0] * SCALE, 255)
        blocks[1] = np.minimum(blocks[1], 1) * SCALE
        blocks[2:] = [each / BLOCK_SIZES * SCALE for each in blocks[2:]]
        blocks[3] = np.minimum(blocks[3] / SCALE * 4, 255)
        told = [[part in view.message for part in TOLD] for view in views]
        done = np.zeros((len(views), 2, ACTIONS), np.uint8)
        done[players[:, np.newaxis], np.arange(2), self.actions] = SCALE
        scalars = np.stack([moved * SCALE, _logarithm(self.bored), rows * 6, columns * 2,
                            np.array([bool(view.message) for view in views]) * SCALE], axis=1)
        numbers = np.concatenate(
            [*around, *(each.reshape(len(views), -1).astype(np.uint8) for each in blocks),
             done.reshape(len(views), -1), np.array(told, np.uint8) * SCALE,
             scalars.astype(np.uint8)], axis=1)
        return Observations(_window(glyphs.astype(np.int16), rows, columns, STONE), numbers)

    def _forget_level(self, player: int) -> None:
        self.visits[player] = self.searches[player] = 0
        self.known[player] = False

    def _remember_searches(self, players: NDArray[np.integer], rows: NDArray[np.integer],
                           columns: NDArray[np.integer]) -> None:
        for player in players:
            row, column = rows[player], columns[player]
            self.searches[player, max(row - 1, 0):row + 2, max(column - 1, 0):column + 2] += 1


def _logarithm(counts: NDArray[np.integer]) -> NDArray[np.uint8]:
    """log2(1 + n) / 4 as bytes: 1 for 15."""
    return LOGARITHMS[np.minimum(counts, len(LOGARITHMS) - 1)]


LOGARITHMS = np.rint(np.log2(1 + np.arange(1001)) / 4 * SCALE).astype(np.uint8)


def _beside(plane: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any of the eight neighbours is set, (players, rows, columns)."""
    found = np.zeros_like(plane)
    found[:, 1:] |= plane[:, :-1]
    found[:, :-1] |= plane[:, 1:]
    upright = found | plane
    found[:, :, 1:] |= upright[:, :, :-1]
    found[:, :, :-1] |= upright[:, :, 1:]
    return found


def _window(planes: NDArray, rows: NDArray[np.integer], columns: NDArray[np.integer],
            beyond: int = 0) -> NDArray:
    """What is around each player, (players, 121)."""
    padded = np.full((len(planes), ROWS + 2 * REACH, COLUMNS + 2 * REACH), beyond, planes.dtype)
    padded[:, REACH:-REACH, REACH:-REACH] = planes
    near = np.arange(SIDE)
    players = np.arange(len(planes))[:, np.newaxis, np.newaxis]
    found = padded[players, (rows[:, np.newaxis] + near)[:, :, np.newaxis],
                   (columns[:, np.newaxis] + near)[:, np.newaxis, :]]
    return found.reshape(len(planes), PLACES)


def _blocks(planes: NDArray, rows: NDArray[np.integer],
            columns: NDArray[np.integer]) -> NDArray[np.float64]:
    """Sums over the blocks as seen from each player, (players, row bands, column bands)."""
    sums = np.zeros((len(planes), ROWS + 1, COLUMNS + 1), np.int32)
    sums[:, 1:, 1:] = planes.cumsum(axis=1, dtype=np.int32).cumsum(axis=2, dtype=np.int32)
    edges = np.clip(rows[:, np.newaxis] + ROW_BANDS, 0, ROWS)[:, :, np.newaxis]
    sides = np.clip(columns[:, np.newaxis] + COLUMN_BANDS, 0, COLUMNS)[:, np.newaxis, :]
    corners = sums[np.arange(len(planes))[:, np.newaxis, np.newaxis], edges, sides]
    return np.diff(np.diff(corners, axis=1), axis=2).astype(np.float64)


BLOCK_SIZES = np.outer(np.diff(ROW_BANDS), np.diff(COLUMN_BANDS))
