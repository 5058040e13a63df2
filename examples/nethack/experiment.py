"""The whole example: four players on the same games, and how the last two came to play."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from examples.nethack.episodes import Episode, Team
from examples.nethack.imitation import ImitationSettings, imitate
from examples.nethack.players import NetworkPlayers, PlannerPlayers, RandomPlayers
from examples.nethack.policy import GlyphNetwork
from examples.nethack.policy_gradient import GradientSettings, Improver
from words_and_images.common.parameters import require
from words_and_images.common.progress import progress
from words_and_images.neural.metrics import accuracy_interval

TEST_SEEDS, PLANNER_SEEDS, OWN_SEEDS = 3_000_000, 1_000_000, 5_000_000
"""The first seeds of the games that all are tested on, of those that the planner shows, and of
those that a policy learns from by playing: no game is in two of them."""
MOST = 1_000_000
RANDOM, PLANNER, IMITATION, IMPROVED = "random", "planner", "imitation", "policy gradient"


@dataclass(frozen=True)
class ExamSettings:
    """On what all are tested.

    Attributes
    ----------
    test_games : int, above 0
        Whose seeds are used for nothing else.
    steps : int, above 0
        After which a game is lost, in tests and in training.
    seed : int, 0 or more
        Of first weights, orders and drawn actions.
    """

    test_games: int = 200
    steps: int = 1000
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("test_games", "steps"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        require(self.test_games <= MOST, "test_games", self.test_games, f"at most {MOST}")
        require(self.seed >= 0, "seed", self.seed, "0 or more")


def experiment(team: Team, test: ExamSettings, imitation: ImitationSettings,
               gradient: GradientSettings) -> dict[str, Any]:
    """Play, imitate, improve, and count who reaches the stairs; the figures, for JSON."""
    generator = np.random.default_rng(test.seed)
    seeds = range(TEST_SEEDS, TEST_SEEDS + test.test_games)
    played = {name: _tested(team, name, players, test, seeds)
              for name, players in ((RANDOM, RandomPlayers(test.seed)),
                                    (PLANNER, PlannerPlayers()))}
    policy = GlyphNetwork.initialise(generator, imitation.width, imitation.hidden)
    shown = team.play(PlannerPlayers(), test.steps, range(
        PLANNER_SEEDS, PLANNER_SEEDS + imitation.demonstrations), keep=True)
    epochs = imitate(policy, shown, imitation, generator)
    played[IMITATION] = _tested(team, IMITATION, NetworkPlayers(policy, test.seed), test, seeds)
    rounds = _improved(team, policy, test, gradient, generator)
    played[IMPROVED] = _tested(team, IMPROVED, NetworkPlayers(policy, test.seed), test, seeds)
    return {
        "games": test.test_games, "steps": test.steps,
        "players": {name: shares(episodes) for name, episodes in played.items()},
        "policy gradient beside imitation": paired(played[IMPROVED], played[IMITATION]),
        "map": typical(played[PLANNER]),
        "demonstrated actions": sum(len(episode.actions) for episode in shown),
        "epochs": epochs, "rounds": rounds}


def _tested(team: Team, name: str, players: Any, test: ExamSettings,
            seeds: Sequence[int]) -> list[Episode]:
    with progress(f"testing {name}", len(seeds), "games") as counter:
        episodes = team.play(players, test.steps, seeds)
        counter.advance(len(seeds))
    return episodes


def _improved(team: Team, policy: GlyphNetwork, test: ExamSettings, gradient: GradientSettings,
              generator: np.random.Generator) -> list[dict[str, float]]:
    """Improve a policy in place; of each round, how its games went before it learned from them."""
    improver = Improver(policy, gradient, generator)
    rounds = []
    with progress("improving the policy", gradient.rounds, "rounds") as counter:
        for number in range(gradient.rounds):
            first = OWN_SEEDS + number * gradient.games
            episodes = team.play(NetworkPlayers(policy, test.seed), gradient.training_steps,
                                 range(first, first + gradient.games), keep=True)
            improver.learn(episodes)
            found = shares(episodes)
            rounds.append({"share": found["share"], "actions": found["actions"]})
            counter.advance(note=f"{100 * found['share']:.0f} % reached the stairs")
    return rounds


def shares(episodes: Sequence[Episode]) -> dict[str, Any]:
    """How many reached the stairs, with Wilson's 95 % interval of the share."""
    reached = [episode for episode in episodes if episode.outcome.reached]
    lengths = [episode.outcome.steps for episode in reached]
    return {
        "reached": len(reached), "share": len(reached) / len(episodes),
        "interval": accuracy_interval(len(reached), len(episodes)),
        "median_steps_of_reached": float(np.median(lengths)) if lengths else None,
        "actions": sum(episode.outcome.steps for episode in episodes),
    }


def typical(episodes: Sequence[Episode]) -> int:
    """The seed of the game of median length, of those that reached the stairs if any did."""
    reached = [episode for episode in episodes if episode.outcome.reached] or episodes
    ordered = sorted(reached, key=lambda episode: (episode.outcome.steps, episode.seed))
    return ordered[len(ordered) // 2].seed


def paired(after: Sequence[Episode], before: Sequence[Episode]) -> dict[str, Any]:
    """On the same games: which only one of two reached, and how likely that is of equals.

    The exact sign test on those games: McNemar, "Note on the sampling error of the difference
    between correlated proportions or percentages", 1947, without the approximation.
    """
    pairs = [(one.outcome.reached, other.outcome.reached)
             for one, other in zip(after, before, strict=True)]
    won, lost = pairs.count((True, False)), pairs.count((False, True))
    chance = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return {"only_after": won, "only_before": lost, "p": chance}
