"""A player by rules: explore by breadth-first search, open what is shut, take the stairs."""

from collections import Counter, deque

from examples.nethack.games import ENTER, KICK, SEARCH
from examples.nethack.glyphs import Symbol
from examples.nethack.level_map import AROUND, NEIGHBOURS, PEACE, LevelMap, View

PATIENCE = 3
"""Turns in which a step may fail before it counts as blocked."""
KICKS = 30
"""Kicks at one door before it is left alone."""
SEARCHES = 8
"""Searches at one place before another is thought of."""
MISSED = 6 / 7
"""Chance that a search does not find what is hidden beside it."""
DEAD_END, WALL = 0.1, 0.003
"""Chances that something is hidden: in a place around the end of a corridor; in a place of a wall,
for every place behind it that was never seen."""


class Planner:
    """An `Explorer` for each level that the player comes to."""

    def __init__(self) -> None:
        self.depth = -1

    def act(self, view: View) -> int:
        """The next action, by what is seen now and what was seen before."""
        if view.depth != self.depth:
            self.depth, self.explorer = view.depth, Explorer()
        return self.explorer.act(view)


class Explorer:
    """Walks to the nearest of what it wants most, on one level.

    In this order: the stairs; places that were never stood on and that border on what was never
    seen; locked doors, to kick them in; objects, which may lie on the stairs; ways over traps and
    boulders; and places where a search may find a hidden door or corridor. Monsters beside it are
    fought, unless they are peaceful or dangerous to touch.
    """

    def __init__(self) -> None:
        self.map = LevelMap()
        self.plan: deque[int] = deque()
        self.changes = 0  # of the map, when the plan was made
        self.failed: Counter[tuple[int, int]] = Counter()  # steps, from where to where
        self.kicks: Counter[int] = Counter()
        self.last: tuple[int, int] | None = None  # where from, and in which direction
        self.aim: list[int] = []  # where the kick goes that was begun

    def act(self, view: View) -> int:
        """The next action."""
        self.map.update(view)
        if "Really attack" in view.message:
            return self._leave_in_peace()
        if self.aim:
            return self._take(self.aim.pop())
        went_well = self._learn(view)
        if blow := self._blow():
            self.plan.clear()
            return self._take(blow)
        if not (went_well and self.plan and self.changes == self.map.changes):
            self.changes = self.map.changes
            self.plan = deque(self._walk() or self._search())
        return self._take(self.plan.popleft())

    def _leave_in_peace(self) -> int:
        """Enter answers no; whoever was asked about is walked around for a while."""
        if self.last:
            other = NEIGHBOURS[self.last[0]][self.last[1]]
            if other is not None:
                self.map.peaceful[other] = self.map.turn + PEACE
        self.last = None
        self.aim.clear()
        self.plan.clear()
        return ENTER

    def _learn(self, view: View) -> bool:
        """What became of the last step: whether it led where it should."""
        if self.last is None:
            return True
        start, direction = self.last
        self.last = None
        onto = NEIGHBOURS[start][direction]
        if onto is None or view.place == onto:
            return True
        if "door is locked" in view.message:
            self.map.locked.add(onto)
        elif "solid stone" in view.message or "a wall" in view.message:
            self.map.ground[onto] = int(Symbol.WALL)
        elif view.place == start and not self.map.above[onto] and "door" not in view.message:
            self.failed[start, onto] += 1
            if self.failed[start, onto] >= PATIENCE:
                self.map.blocked.add((start, onto))
        elif "diagonally" in view.message:
            self.map.blocked.add((start, onto))
        return False

    def _take(self, action: int) -> int:
        """An action, with what is to be known of it at the next view."""
        if action == SEARCH:
            for place in (self.map.place, *AROUND[self.map.place]):
                self.map.searches[place] += 1
        elif action == KICK:
            direction, door = self._locked_beside(self.map.place)[0]
            self.kicks[door] += 1
            self.aim.append(direction + 1)
        else:
            self.last = (self.map.place, action - 1)
        return action

    def _blow(self) -> int:
        """A blow at a monster beside the player, or 0."""
        for direction, other in enumerate(NEIGHBOURS[self.map.place]):
            if (other is not None and self.map.above[other] == Symbol.MONSTER
                    and self.map.turn >= self.map.peaceful.get(other, 0)):
                return direction + 1
        return 0

    def _walk(self) -> list[int]:
        """The way to the nearest of what is wanted most, or a kick; empty if nothing is."""
        known = self.map

        def is_new(place: int) -> bool:
            return known.is_stairs(place) or known.is_frontier(place)

        def is_beside_door(place: int) -> bool:
            return bool(self._locked_beside(place))

        def is_new_object(place: int) -> bool:
            return known.ground[place] == Symbol.OBJECT and not known.visits[place]

        if way := known.path_to_wanted():
            return _actions(way)
        if is_beside_door(known.place):
            return [KICK]
        for is_wanted, extra in ((is_beside_door, ()), (is_new_object, ()),
                                 (is_new, (Symbol.TRAP,)),
                                 (is_new, (Symbol.TRAP, Symbol.BOULDER))):
            if way := known.path(is_wanted, extra):
                return _actions(way)
        return []

    def _locked_beside(self, place: int) -> list[tuple[int, int]]:
        """The locked doors that may still give in: in which direction, and where."""
        return [(direction, other) for direction, other in enumerate(NEIGHBOURS[place][:4])
                if other is not None and self.map.is_locked(other)
                and self.kicks[other] < KICKS]

    def _search(self) -> list[int]:
        """The way to where searches promise most for the steps they take, and searches there."""
        distances = self.map.distances()
        best = max(distances, key=lambda place: (
            self._promise(place) / (distances[place] + SEARCHES), -place))
        way = self.map.path(lambda place: place == best) if distances[best] else []
        return _actions(way or []) + [SEARCH] * SEARCHES

    def _promise(self, place: int) -> float:
        """The chance of something hidden that a search here has left to find."""
        known = self.map
        if known.ground[place] == Symbol.CORRIDOR:
            blank = [other for other in AROUND[place] if known.ground[other] == Symbol.UNKNOWN]
            chance = DEAD_END if len(AROUND[place]) - len(blank) <= 1 else WALL
            return sum(chance * MISSED**known.searches[other] for other in blank)
        found = 0.0
        for direction, wall in enumerate(NEIGHBOURS[place][:4]):
            if wall is not None and known.ground[wall] == Symbol.WALL:
                beside = [NEIGHBOURS[wall][(direction + turn) % 4] for turn in (1, 3)]
                found += sum(
                    WALL * MISSED**known.searches[other] * known.blank_behind(other, direction)
                    for other in (wall, *beside)
                    if other is not None and known.ground[other] == Symbol.WALL)
        return found


def _actions(way: list[int]) -> list[int]:
    """Moves in directions, as actions of the environment."""
    return [direction + 1 for direction in way]
