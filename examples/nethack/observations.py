"""What the learned players take: the map around them, and what they remember of the level.

All of it is what a player has seen and done; no distance and no path is computed for them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from examples.nethack.games import ACTIONS, SEARCH
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
    """What several players remember of their levels, a row each."""

    def __init__(self, players: int) -> None:
        self.visits = np.zeros((players, ROWS, COLUMNS), np.uint32)
        self.searches = np.zeros((players, ROWS, COLUMNS), np.uint32)
        self.known = np.zeros((players, ROWS, COLUMNS), bool)
        self.actions = np.zeros((players, 2), np.int64)
        self.places = np.full(players, -1)
        self.depths = np.full(players, -1)
        self.bored = np.zeros(players, np.int64)  # steps since something new was seen

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
        rows, columns = np.divmod(np.array([view.place for view in views]), COLUMNS)
        moved = self._remember(views, symbols, rows, columns)
        maps = self._maps(symbols, rows, columns)
        done = np.zeros((len(views), 2, ACTIONS))
        done[np.arange(len(views))[:, np.newaxis], np.arange(2), self.actions] = SCALE
        told = np.array([[part in view.message for part in TOLD] for view in views]) * SCALE
        others = np.stack([
            moved * SCALE, _logarithm(self.bored), rows * 6, columns * 2,  # at most 126 and 156
            np.array([bool(view.message) for view in views]) * SCALE], axis=1)
        numbers = np.concatenate([maps, done.reshape(len(views), -1), told, others], axis=1)
        glyphs = np.stack([view.glyphs for view in views]).astype(np.int16)
        return Observations(_window(glyphs, rows, columns, STONE), numbers.astype(np.uint8))

    def _remember(self, views: Sequence[View], symbols: NDArray[np.integer],
                  rows: NDArray[np.integer], columns: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Take in where the players are and what they see; whether they have moved, (players,)."""
        for player, view in enumerate(views):
            if self.depths[player] != view.depth:
                self._forget_level(player)
                self.depths[player] = view.depth
        self.visits[np.arange(len(views)), rows, columns] += 1
        for player in np.flatnonzero(self.actions[:, 0] == SEARCH).tolist():
            top, left = max(rows[player] - 1, 0), max(columns[player] - 1, 0)
            self.searches[player, top:rows[player] + 2, left:columns[player] + 2] += 1
        walkable = WALKABLE[symbols]
        is_new = (walkable & ~self.known).any(axis=(1, 2))
        self.known |= walkable
        self.bored = np.where(is_new, 0, self.bored + 1)
        places = rows * COLUMNS + columns
        moved, self.places = places != self.places, places
        return moved

    def _maps(self, symbols: NDArray[np.integer], rows: NDArray[np.integer],
              columns: NDArray[np.integer]) -> NDArray[np.floating]:
        """Visits, frontier and searches in the window; the whole map in blocks: frontier, stairs,
        share of the unknown, mean of the visits; (players, 3 * PLACES + 4 * BLOCKS).
        """
        visits, searches = _logarithm(self.visits), _logarithm(self.searches)
        unknown = symbols == Symbol.UNKNOWN
        frontier = WALKABLE[symbols] & (self.visits == 0) & _beside(unknown)
        near = [_window(plane, rows, columns) for plane in (
            visits, frontier.astype(np.uint8) * np.uint8(SCALE), searches)]
        far = [
            np.minimum(_blocks(frontier, rows, columns) * SCALE, 255),
            np.minimum(_blocks(symbols == Symbol.STAIRS_DOWN, rows, columns), 1) * SCALE,
            _blocks(unknown, rows, columns) / BLOCK_SIZES * SCALE,
            np.minimum(_blocks(visits, rows, columns) / BLOCK_SIZES * 4, 255)]
        return np.concatenate([*near, *(np.floor(each).reshape(len(rows), -1) for each in far)],
                              axis=1)

    def _forget_level(self, player: int) -> None:
        self.visits[player] = self.searches[player] = 0
        self.known[player] = False


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
