"""A player by rules: explore by breadth-first search, open what is shut, then go down the stairs."""

from collections import deque

from examples.nethack.games import ENTER, KICK, SEARCH
from examples.nethack.glyphs import Symbol
from examples.nethack.level_map import AROUND, NEIGHBOURS, PEACE, LevelMap, View

PATIENCE = 3
"""Turns in which a step may fail before it counts as blocked."""
KICKS = 30
"""Kicks at one door before it is left alone."""
SEARCHES = 8
"""Searches at one place before another is thought of."""


class Planner:
    """Walks to the nearest of what it wants most.

    In this order: the stairs; places that were never stood on and that border on what was never
    seen; locked doors, to kick them in; objects, which may lie on the stairs; ways over traps and
    boulders; and places where a search may find a hidden door or corridor. Monsters beside it are
    fought, unless they are peaceful or dangerous to touch.
    """

    def __init__(self) -> None:
        self.depth = -1
        self.waiting: deque[int] = deque()
        self.last: tuple[int, int] | None = None  # where from, and in which direction

    def act(self, view: View) -> int:
        """The next action."""
        if view.depth != self.depth:
            self._enter(view.depth)
        self.map.update(view)
        if "Really attack" in view.message:
            return self._leave_in_peace()
        self._learn(view)
        if self.waiting:
            return self.waiting.popleft()
        return self._fight() or self._walk() or self._search()

    def _enter(self, depth: int) -> None:
        self.depth = depth
        self.map = LevelMap()
        self.failed: dict[tuple[int, int], int] = {}
        self.kicks: dict[int, int] = {}
        self.waiting.clear()
        self.last = None

    def _leave_in_peace(self) -> int:
        """Enter answers no; whoever was asked about is walked around for a while."""
        if self.last:
            other = NEIGHBOURS[self.last[0]][self.last[1]]
            if other is not None:
                self.map.peaceful[other] = self.map.turn + PEACE
        self.last = None
        self.waiting.clear()
        return ENTER

    def _learn(self, view: View) -> None:
        """What became of the last step."""
        if self.last is None:
            return
        start, direction = self.last
        self.last = None
        onto = NEIGHBOURS[start][direction]
        if onto is None or view.place != start:
            return
        if "door is locked" in view.message:
            self.map.locked.add(onto)
        elif "solid stone" in view.message or "a wall" in view.message:
            self.map.ground[onto] = int(Symbol.WALL)
        elif not self.map.above[onto]:
            self.failed[start, onto] = self.failed.get((start, onto), 0) + 1
            if self.failed[start, onto] >= PATIENCE or "diagonally" in view.message:
                self.map.blocked.add((start, onto))

    def _step(self, direction: int) -> int:
        self.last = (self.map.place, direction)
        return direction + 1

    def _fight(self) -> int:
        """A blow at a monster beside the player, or 0."""
        for direction, other in enumerate(NEIGHBOURS[self.map.place]):
            if (other is not None and self.map.above[other] == Symbol.MONSTER
                    and self.map.turn >= self.map.peaceful.get(other, 0)):
                return self._step(direction)
        return 0

    def _walk(self) -> int:
        """The first step to the nearest of what is wanted most, or a kick; 0 if nothing is."""
        known = self.map
        wishes = (
            (lambda place: known.ground[place] == Symbol.STAIRS_DOWN, ()),
            (known.is_frontier, ()),
            (self._is_beside_locked_door, ()),
            (lambda place: known.ground[place] == Symbol.OBJECT and not known.visits[place], ()),
            (lambda place: known.ground[place] == Symbol.STAIRS_DOWN or known.is_frontier(place),
             (Symbol.TRAP,)),
            (lambda place: known.ground[place] == Symbol.STAIRS_DOWN or known.is_frontier(place),
             (Symbol.TRAP, Symbol.BOULDER)),
        )
        for is_wanted, extra in wishes:
            if is_wanted == self._is_beside_locked_door and is_wanted(known.place):
                return self._kick()
            if way := known.path(is_wanted, extra):
                return self._step(way[0])
        return 0

    def _is_beside_locked_door(self, place: int) -> bool:
        return any(self._can_be_kicked(other) for other in NEIGHBOURS[place][:4])

    def _can_be_kicked(self, place: int | None) -> bool:
        return (place in self.map.locked and self.map.ground[place] == Symbol.CLOSED_DOOR
                and self.kicks.get(place, 0) < KICKS)

    def _kick(self) -> int:
        for direction, other in enumerate(NEIGHBOURS[self.map.place][:4]):
            if other is not None and self._can_be_kicked(other):
                self.kicks[other] = self.kicks.get(other, 0) + 1
                self.waiting.append(direction + 1)
                break
        return KICK

    def _search(self) -> int:
        """Search here, or a step to where a search promises most."""
        known = self.map
        distances = known.distances()
        best = min(distances, key=lambda place: (self._cost(place, distances[place]), place))
        if best == known.place:
            for place in (known.place, *AROUND[known.place]):
                known.searches[place] += 1
            return SEARCH
        way = known.path(lambda place: place == best)
        assert way
        return self._step(way[0])

    def _cost(self, place: int, distance: int) -> float:
        """Steps to a place, and what was searched there in vain, less what it promises."""
        return distance + 4 * self.map.searches[place] - self._promise(place)

    def _promise(self, place: int) -> float:
        """More for the ends of corridors, and for walls that nobody has looked behind."""
        around = list(self.map.around(place))
        ways = sum(symbol not in (Symbol.UNKNOWN, Symbol.WALL) for symbol in around)
        if self.map.ground[place] == Symbol.CORRIDOR and ways <= 1:
            return 40.0
        return 2.0 * sum(symbol == Symbol.WALL for symbol in around)
