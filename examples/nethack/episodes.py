"""Many games side by side: several at once in a process, and two processes."""

import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, zip_longest
from multiprocessing import get_context
from types import TracebackType
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from examples.nethack.games import Game, Outcome
from examples.nethack.level_map import LevelMap, View
from examples.nethack.observations import Memories, Observations
from words_and_images.common.commandline import end_with_parent
from words_and_images.common.errors import UserError

TOGETHER = 32
"""Games that a process plays at once: what a network is asked in one go."""
HALVES = 2
"""Parts of a list of games. A network's last bits depend on which games it is asked about at once:
the parts are the same for one process and for two."""


class Players(Protocol):
    """Those who play several games at once."""

    def begin(self, seed: int) -> Any:
        """What belongs to the game of a seed alone: its planner, or its generator."""

    def choose(self, seen: Observations, views: Sequence[View],
               states: Sequence[Any]) -> NDArray[np.integer]:
        """An action for each game, (games,), from what is seen and from what belongs to it."""


class Episode(NamedTuple):
    """A whole game."""

    seed: int
    outcome: Outcome
    seen: Observations  # of the steps, or of none where nothing was to be kept
    actions: NDArray[np.int64]  # (steps,)
    progress: NDArray[np.int64]  # (steps,) see `Guide`, of none where nothing was to be kept


class Guide:
    """What each action brought, to reward it; those who play are not told.

    Attributes
    ----------
    progress : list of int
        Of each view: 1 where something new came in sight, or where the way on the known map to the
        stairs or else the nearest frontier has become shorter; -1 where it has become longer;
        else 0.
    """

    def __init__(self) -> None:
        self.depth = -1
        self.progress: list[int] = []

    def look(self, view: View) -> None:
        """Take in the next view."""
        if view.depth != self.depth:
            self.depth, self.known = view.depth, LevelMap()
            self.changes, self.distance = 0, None
        self.known.update(view)
        way = self.known.path_to_wanted()
        before, self.distance = self.distance, len(way) if way else None
        if self.known.changes > self.changes:
            self.progress.append(1)
        elif before is None or self.distance is None:
            self.progress.append(0)
        else:
            self.progress.append(int(np.sign(before - self.distance)))
        self.changes = self.known.changes


@dataclass(eq=False)
class Seat:
    """Where a game is played."""

    game: Game
    seed: int
    view: View
    state: Any
    seen: list[tuple[NDArray[np.int16], NDArray[np.uint8]]] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    guide: Guide = field(default_factory=Guide)

    def episode(self) -> Episode:
        """The game, once it has ended."""
        windows, numbers = zip(*self.seen, strict=True) if self.seen else ((), ())
        outcome = Outcome(self.game.reached, self.game.taken)
        # What an action brings is seen in the next view, and nobody looks at the last one
        progress = [*self.guide.progress[1:], 0] if self.seen else []
        return Episode(self.seed, outcome,
                       Observations(np.array(windows, np.int16), np.array(numbers, np.uint8)),
                       np.array(self.actions), np.array(progress, np.int64))


_games: dict[int, list[Game]] = {}  # by the limit of steps: an environment takes long to make


def play_seeds(players: Players, steps: int, keep: bool, seeds: Sequence[int]) -> list[Episode]:
    """Play the games of seeds, up to 32 at once; given back in the order of the seeds.

    Parameters
    ----------
    players : Players
    steps : int
        Limit of a game.
    keep : bool
        Whether what was seen is kept.
    seeds : sequence of int, all different
    """
    games = _games.setdefault(steps, [])
    while len(games) < min(TOGETHER, len(seeds)):
        games.append(Game(steps))
    waiting = iter(seeds)
    seats = [_seat(game, seed, players) for game, seed in zip(games, waiting, strict=False)]
    memories = Memories(len(seats))
    found: dict[int, Episode] = {}
    while seats:
        _play_a_step(players, seats, memories, keep)
        for number in reversed(range(len(seats))):
            seat = seats[number]
            if not seat.game.ended:
                continue
            found[seat.seed] = seat.episode()
            following = next(waiting, None)
            if following is None:
                del seats[number]
                memories.drop(number)
            else:
                seats[number] = _seat(seat.game, following, players)
                memories.forget(number)
    return [found[seed] for seed in seeds]


def _seat(game: Game, seed: int, players: Players) -> Seat:
    return Seat(game, seed, game.begin(seed), players.begin(seed))


def _play_a_step(players: Players, seats: list[Seat], memories: Memories, keep: bool) -> None:
    views = [seat.view for seat in seats]
    seen = memories.observe(views)
    actions = players.choose(seen, views, [seat.state for seat in seats])
    memories.did(actions)
    for number, (seat, action) in enumerate(zip(seats, actions.tolist(), strict=True)):
        if keep:
            seat.seen.append((seen.window[number], seen.numbers[number]))
            seat.guide.look(views[number])
        seat.actions.append(action)
        seat.view = seat.game.step(action)


class Team:
    """One process that plays, or two: the games are the same to the last bit.

    Parameters
    ----------
    processes : int
        1 or 2; with 1, this process plays itself.
    """

    def __init__(self, processes: int) -> None:
        self.pool = None if processes == 1 else ProcessPoolExecutor(
            processes, mp_context=get_context("spawn"), initializer=_prepare)

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def play(self, players: Players, steps: int, seeds: Sequence[int],
             keep: bool = False) -> list[Episode]:
        """As `play_seeds`, every second game in one half of the team and the others in the other.
        """
        halves = [seeds[first::HALVES] for first in range(min(HALVES, len(seeds)))]
        work = partial(play_seeds, players, steps, keep)
        try:
            played = list(self.pool.map(work, halves) if self.pool else map(work, halves))
        except BrokenProcessPool:
            raise UserError("a process that played has ended before its time, most likely for "
                            "want of memory: give --processes 1.") from None
        shuffled = chain.from_iterable(zip_longest(*played))
        return [episode for episode in shuffled if episode is not None]


def _prepare() -> None:
    """Begin a process: it ends with the one that leads, without a word; one thread for BLAS."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent(signal.SIGKILL)
    threadpool_limits(limits=1, user_api="blas")
