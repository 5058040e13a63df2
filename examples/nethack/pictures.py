"""The learning curves, and the map of a game as text and as a picture."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from examples.nethack.experiment import IMITATION, IMPROVED, PLANNER, RANDOM
from examples.nethack.games import Game
from examples.nethack.level_map import COLUMNS, ROWS, View
from examples.nethack.planner import Planner
from examples.pictures import BLUE, GREEN, GREY, ORANGE, RED, draw_curves, draw_panels

COLOURS = {RANDOM: GREY, PLANNER: GREEN, IMITATION: ORANGE, IMPROVED: BLUE}
SMOOTHED = 5  # rounds whose mean the thick line shows


class Walk(NamedTuple):
    """A game of the planner."""

    seed: int
    last: View  # before the action that ended it
    places: list[int]  # where the player stood, action by action
    reached: bool


def walked(seed: int, steps: int) -> Walk:
    """Play the game of a seed by the planner."""
    game, planner, places = Game(steps), Planner(), []
    view = last = game.begin(seed)
    while not game.ended:
        last = view
        places.append(view.place)
        view = game.step(planner.act(view))
    return Walk(seed, last, places, game.reached)


def map_text(walk: Walk) -> str:
    """The map as the player saw it in the end, and below it the same with the way as asterisks."""
    seen = walk.last.letters.copy()
    way = seen.copy().reshape(-1)
    way[walk.places] = ord("*")
    way[walk.places[0]] = ord("S")
    ended = "reached the stairs" if walk.reached else "did not reach the stairs"
    head = f"Seed {walk.seed}: the planner {ended} with {len(walk.places)} actions."
    maps = [_lines(letters) for letters in (seen, way.reshape(ROWS, COLUMNS))]
    return "\n\n".join([head, maps[0], "Its way, from S:", maps[1]]) + "\n"


def _lines(letters: np.ndarray) -> str:
    lines = [bytes(row).decode("latin-1").rstrip() for row in letters.astype(np.uint8)]
    return "\n".join(line for line in lines if line)


def draw_map(path: Path, walk: Walk) -> None:
    """The same as a picture; the way goes from pale to dark."""
    def draw(axes: Axes) -> None:
        for (row, column), letter in np.ndenumerate(walk.last.letters):
            if letter != ord(" "):
                axes.text(column, row, chr(letter), family="DejaVu Sans Mono", fontsize=7,
                          ha="center", va="center")
        rows, columns = np.divmod(np.array(walk.places), COLUMNS)
        axes.scatter(columns, rows, c=np.arange(len(rows)), cmap="Blues", s=22, marker="s",
                     vmin=-len(rows) / 3, vmax=2 * len(rows), linewidths=0, zorder=0)
        axes.set_xlim(-1, COLUMNS)
        axes.set_ylim(ROWS, -1)
        axes.set_title(f"game {walk.seed}, the planner, {len(walk.places)} actions")
        axes.axis("off")

    draw_panels(path, [draw], 1, (8.0, 3.2))


def draw_learning(path: Path, figures: dict[str, Any]) -> None:
    """Imitation by epoch, the share that reaches the stairs by round, and all four players."""
    draw_panels(path, [lambda axes: _draw_epochs(axes, figures["epochs"]),
                       lambda axes: _draw_rounds(axes, figures),
                       lambda axes: _draw_players(axes, figures["players"])], 3)


def _draw_epochs(axes: Axes, epochs: list[dict[str, float]]) -> None:
    numbers = list(range(1, len(epochs) + 1))
    curves = {name: (numbers, [epoch[key] for epoch in epochs])
              for name, key in (("loss, nats", "loss"), ("agreement", "agreement"))}
    draw_curves(axes, curves, "imitation of the planner", "epoch", "")
    axes.set_ylim(bottom=0)


def _draw_rounds(axes: Axes, figures: dict[str, Any]) -> None:
    shares = 100 * np.array([each["share"] for each in figures["rounds"]])
    numbers = np.arange(1, len(shares) + 1)
    axes.plot(numbers, shares, color=BLUE, alpha=0.3, linewidth=0.8)
    if len(shares) >= SMOOTHED:
        means = np.convolve(shares, np.full(SMOOTHED, 1 / SMOOTHED), "valid")
        axes.plot(numbers[SMOOTHED - 1:], means, color=BLUE, label=f"mean of {SMOOTHED} rounds")
    for name in (PLANNER, IMITATION, RANDOM):
        axes.axhline(100 * figures["players"][name]["share"], color=COLOURS[name],
                     linestyle="--", linewidth=1, label=f"{name}, tested")
    axes.set_title("policy gradient, its own, shorter games")
    axes.set_xlabel("round")
    axes.set_ylabel("% that reach the stairs")
    axes.set_ylim(0, 100)
    axes.legend()


def _draw_players(axes: Axes, players: dict[str, Any]) -> None:
    for number, (name, found) in enumerate(players.items()):
        low, high = (100 * end for end in found["interval"])
        share = 100 * found["share"]
        axes.bar(number, share, color=COLOURS.get(name, RED))
        axes.errorbar(number, share, [[share - low], [high - share]], color="black", capsize=3)
    axes.set_xticks(range(len(players)), [name.replace(" ", "\n") for name in players])
    axes.set_ylabel("% that reach the stairs")
    axes.set_ylim(0, 100)
    axes.set_title("tested, 95 % interval")
