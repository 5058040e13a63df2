"""Games of NetHackStaircase: their seeds, what is seen of them, and how they end."""

from typing import Any, NamedTuple

from examples.nethack.glyphs import symbol_table
from examples.nethack.level_map import COLUMNS, View

ENTER, KICK, SEARCH = 0, 20, 22
"""Actions of the environment beside the moves; the eight moves are 1 to 8."""
ACTIONS = 23


class Outcome(NamedTuple):
    """How a game ended."""

    reached: bool  # the stairs down, within the limit
    steps: int


class Game:
    """One environment, which plays game after game.

    Parameters
    ----------
    steps : int
        Actions after which a game ends without success.
    """

    def __init__(self, steps: int) -> None:
        from nle.env.tasks import NetHackStaircase

        # The moon and the date would change luck from day to day
        self.environment: Any = NetHackStaircase(
            max_episode_steps=steps, fix_moon_phase=True,
            observation_keys=("glyphs", "blstats", "message", "chars"))
        self.symbols = symbol_table()
        self.status = self.environment.StepStatus

    def begin(self, seed: int) -> View:
        """The first view of the game of a seed; the same seed and actions give the same game."""
        self.environment.seed(core=seed, disp=seed, reseed=False)
        self.taken = 0
        self.reached = self.ended = False
        return self._view(self.environment.reset()[0])

    def step(self, action: int) -> View:
        """What is seen after an action."""
        observation, _reward, ended, truncated, information = self.environment.step(action)
        self.taken += 1
        self.ended = bool(ended or truncated)
        self.reached = information["end_status"] == self.status.TASK_SUCCESSFUL
        return self._view(observation)

    def _view(self, observation: dict[str, Any]) -> View:
        glyphs, numbers = observation["glyphs"], observation["blstats"]
        column, row = int(numbers[0]), int(numbers[1])
        message = bytes(observation["message"]).split(b"\0")[0].decode("latin-1")
        return View(self.symbols[glyphs], glyphs.copy(), observation["chars"].copy(),
                    row * COLUMNS + column, int(numbers[12]), int(numbers[20]), message)
