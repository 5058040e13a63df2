"""What a player knows of a level: what was seen where, what was tried, and the ways through it."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from examples.nethack.glyphs import Symbol
from words_and_images.neural.arrays import IntegerArray

ROWS, COLUMNS = 21, 79
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1), (-1, 1), (1, 1), (1, -1), (-1, -1))
"""Rows and columns of the eight moves, in the order of the environment's actions, from N to NW."""
MONSTERS = (Symbol.PET, Symbol.MONSTER, Symbol.DANGEROUS)
WALKABLE = (Symbol.FLOOR, Symbol.CORRIDOR, Symbol.DOORWAY, Symbol.OPEN_DOOR, Symbol.CLOSED_DOOR,
            Symbol.STAIRS_DOWN, Symbol.OBJECT)
IS_WALKABLE = [symbol in WALKABLE for symbol in Symbol]
DOORS = (Symbol.OPEN_DOOR, Symbol.CLOSED_DOOR)
PEACE = 30  # turns for which a place is avoided where somebody peaceful stood


class View(NamedTuple):
    """What a player sees before an action."""

    symbols: IntegerArray  # (21, 79), of `glyphs.Symbol`
    glyphs: IntegerArray  # (21, 79)
    letters: IntegerArray  # (21, 79), the code of the character on the screen
    place: int  # of the player: row times 79 plus column
    depth: int  # of the level
    turn: int
    message: str


class LevelMap:
    """One level, from view to view. Places are numbers, row times 79 plus column.

    Attributes
    ----------
    ground : list of Symbol
        What lies at each place, below whoever stands there.
    above : list of Symbol or 0
        Who stands there now.
    visits, searches : lists of int
        Turns the player began there; searches that reached the place.
    blocked : set of (place, place)
        Steps that were tried in vain.
    locked : set of places
        Doors that were found locked.
    changes : int
        Places whose ground turned out to be another than was known.
    """

    def __init__(self) -> None:
        size = ROWS * COLUMNS
        self.ground = [int(Symbol.UNKNOWN)] * size
        self.above = [0] * size
        self.visits = [0] * size
        self.searches = [0] * size
        self.blocked: set[tuple[int, int]] = set()
        self.locked: set[int] = set()
        self.peaceful: dict[int, int] = {}
        self.place = 0
        self.turn = 0
        self.changes = 0
        self._seen: IntegerArray = np.full(size, 255, np.uint8)  # no symbol: all is new

    def update(self, view: View) -> None:
        """Take in what is seen now."""
        symbols = view.symbols.reshape(-1)
        changed = np.flatnonzero(symbols != self._seen)
        for place, symbol in zip(changed.tolist(), symbols[changed].tolist(), strict=True):
            if symbol in MONSTERS:
                self.above[place] = symbol
                if self.ground[place] == Symbol.UNKNOWN:
                    self.ground[place] = int(Symbol.FLOOR)
            else:
                self.above[place] = 0
                self.changes += self.ground[place] != symbol
                self.ground[place] = symbol
        self._seen = symbols.copy()
        self.above[view.place] = 0
        if not IS_WALKABLE[self.ground[view.place]] and self.ground[view.place] != Symbol.TRAP:
            self.ground[view.place] = int(Symbol.FLOOR)
        self.place, self.turn = view.place, view.turn
        self.visits[view.place] += 1

    def can_step(self, place: int, direction: int, extra: tuple[int, ...] = ()) -> int | None:
        """Where a step in a direction leads, or None where it is known not to.

        `extra` are symbols that are walked on beside the usual ones. Doors are passed along rows
        and columns only.
        """
        onto = NEIGHBOURS[place][direction]
        if onto is None:
            return None
        symbol = self.ground[onto]
        if not IS_WALKABLE[symbol] and symbol not in extra:  # of most steps, so it comes first
            return None
        if (place, onto) in self.blocked or self.is_locked(onto):
            return None
        if direction >= 4 and (symbol in DOORS or self.ground[place] in DOORS):
            return None
        if self.above[onto] == Symbol.DANGEROUS or self.turn < self.peaceful.get(onto, 0):
            return None
        return onto

    def path(self, is_goal: Callable[[int], bool], extra: tuple[int, ...] = ()) -> list[int] | None:
        """The directions of a shortest way from the player to the nearest goal; None without one.

        Breadth-first search: Moore, "The shortest path through a maze", 1959. A goal is another
        place than the player's own.
        """
        came: dict[int, tuple[int, int]] = {self.place: (-1, -1)}
        waiting = deque([self.place])
        while waiting:
            place = waiting.popleft()
            for direction, onto in enumerate(NEIGHBOURS[place]):
                if onto in came or self.can_step(place, direction, extra) is None:
                    continue
                assert onto is not None
                came[onto] = (place, direction)
                if is_goal(onto):
                    return _way(came, onto)
                waiting.append(onto)
        return None

    def path_to_wanted(self) -> list[int] | None:
        """The way to the stairs, or else to the nearest frontier; None without either."""
        if Symbol.STAIRS_DOWN in self.ground and (way := self.path(self.is_stairs)):
            return way
        return self.path(self.is_frontier)

    def distances(self) -> dict[int, int]:
        """Steps from the player to every place that can be reached, the nearest first."""
        found = {self.place: 0}
        waiting = deque([self.place])
        while waiting:
            place = waiting.popleft()
            for direction, onto in enumerate(NEIGHBOURS[place]):
                if onto not in found and self.can_step(place, direction) is not None:
                    assert onto is not None
                    found[onto] = found[place] + 1
                    waiting.append(onto)
        return found

    def is_locked(self, place: int) -> bool:
        """Whether a door is there that was found locked, and is still whole."""
        return place in self.locked and self.ground[place] == Symbol.CLOSED_DOOR

    def is_stairs(self, place: int) -> bool:
        """Whether stairs lead down from there."""
        return self.ground[place] == Symbol.STAIRS_DOWN

    def is_frontier(self, place: int) -> bool:
        """Whether a place was never stood on and something beside it was never seen."""
        return self.visits[place] == 0 and any(
            self.ground[other] == Symbol.UNKNOWN for other in AROUND[place])

    def blank_behind(self, place: int, direction: int) -> int:
        """How many places in a row, at most 10, were never seen behind this one."""
        found = 0
        onto = NEIGHBOURS[place][direction]
        while onto is not None and self.ground[onto] == Symbol.UNKNOWN and found < 10:
            found += 1
            onto = NEIGHBOURS[onto][direction]
        return found


def _way(came: dict[int, tuple[int, int]], place: int) -> list[int]:
    """The directions that lead to a place."""
    way: list[int] = []
    while came[place][1] >= 0:
        place, direction = came[place]
        way.append(direction)
    return way[::-1]


def _neighbours() -> list[list[int | None]]:
    """Of every place, where the eight moves lead; None over the edge."""
    found = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            ends = [(row + down, column + right) for down, right in STEPS]
            found.append([r * COLUMNS + c if 0 <= r < ROWS and 0 <= c < COLUMNS else None
                          for r, c in ends])
    return found


NEIGHBOURS = _neighbours()
AROUND = [[other for other in places if other is not None] for places in NEIGHBOURS]
