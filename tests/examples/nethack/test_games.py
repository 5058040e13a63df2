"""Games of the NetHack Learning Environment, and the command."""

import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from examples.nethack.__main__ import application
from examples.nethack.episodes import Episode, Team, play_seeds
from examples.nethack.experiment import paired, shares, typical
from examples.nethack.games import Outcome
from examples.nethack.observations import Observations
from examples.nethack.players import NetworkPlayers, PlannerPlayers, RandomPlayers
from examples.nethack.policy import GLYPHS, GlyphNetwork
from words_and_images.common.errors import UserError

ROOT = Path(__file__).parents[3]
with_nethack = pytest.mark.skipif(
    find_spec("nle") is None, reason="the NetHack Learning Environment is not installed")


@with_nethack
def test_glyphs_mean_what_they_show():
    from nle import nethack

    from examples.nethack.glyphs import Symbol, symbol_table

    table, shown = symbol_table(), nethack.GLYPH_CMAP_OFF
    assert len(table) == GLYPHS and table[shown] == Symbol.UNKNOWN
    assert [table[shown + number] for number in (1, 12, 13, 16, 19, 21, 24)] == [
        Symbol.WALL, Symbol.DOORWAY, Symbol.OPEN_DOOR, Symbol.CLOSED_DOOR, Symbol.FLOOR,
        Symbol.CORRIDOR, Symbol.STAIRS_DOWN]
    assert table[nethack.GLYPH_PET_OFF] == Symbol.PET
    assert np.count_nonzero(table == Symbol.BOULDER) == 1


@with_nethack
@pytest.mark.parametrize("players", [
    RandomPlayers(1), PlannerPlayers(),
    NetworkPlayers(GlyphNetwork.initialise(np.random.default_rng(1), 2, (8,)), 1)])
def test_the_same_seeds_give_the_same_games(players):
    first, again = (play_seeds(players, 30, True, [7, 8, 9]) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.outcome == other.outcome
        for name in ("actions", "progress"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(one.seen.window, other.seen.window)
        np.testing.assert_array_equal(one.seen.numbers, other.seen.numbers)
    assert len({episode.actions.tobytes() for episode in first}) > 1


@with_nethack
def test_games_come_back_in_the_order_of_their_seeds():
    seeds = [5, 3, 9]
    played = Team(1).play(RandomPlayers(1), 5, seeds)
    assert [episode.seed for episode in played] == seeds
    assert all(len(episode.actions) == 5 and len(episode.seen) == 0 for episode in played)


@with_nethack
def test_the_planner_finds_the_stairs_of_a_known_game():
    [episode] = play_seeds(PlannerPlayers(), 1000, False, [3_000_000])
    assert episode.outcome == Outcome(True, 21)


SMALL = ("--test-games", "3", "--demonstrations", "2", "--rounds", "1", "--games", "2",
         "--steps", "40", "--training-steps", "30", "--hidden", "8", "--width", "2")


@with_nethack
def test_one_process_and_two_write_the_same_bytes(tmp_path):
    ended = [CliRunner().invoke(application, ["--results", str(tmp_path / number), *SMALL,
                                              "--processes", number]) for number in ("1", "2")]
    assert [each.exit_code for each in ended] == [0, 0], ended
    names = ["nethack.json", "nethack.png", "nethack_map.png", "nethack_map.txt"]
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "1").iterdir()) == names
    rows = ended[0].stdout.splitlines()
    assert [row.split("  ")[0] for row in rows[1:5]] == [
        "random", "planner", "imitation", "policy gradient"]
    assert all("of 3, " in row for row in rows[1:5])


def test_without_the_package_it_says_how_to_get_it_and_is_skipped(tmp_path):
    code = ("import runpy, sys; sys.modules['nle'] = None; "
            "runpy.run_module('examples.nethack', run_name='__main__')")
    ended = subprocess.run([sys.executable, "-c", code, "--results", str(tmp_path / "out")],
                           cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "")
    [sentence] = ended.stderr.splitlines()
    assert "pip install '.[nethack]'" in sentence and "Linux" in sentence
    assert not (tmp_path / "out").exists()


def test_a_number_of_processes_that_cannot_be_is_refused(tmp_path):
    ended = CliRunner().invoke(application, ["--results", str(tmp_path / "out"),
                                             "--processes", "3"])
    assert str(ended.exception) == "processes is 3; it must be 0, 1 or 2."
    assert not (tmp_path / "out").exists()


@with_nethack
def test_where_nothing_can_be_written_nothing_is_played(tmp_path):
    (tmp_path / "nethack.png").mkdir()
    ended = CliRunner().invoke(application, ["--results", str(tmp_path)])
    assert "nethack.png is a folder and a file is to be written" in str(ended.exception)


class Ended:
    """A pool whose process has been killed."""

    def map(self, work, halves):
        raise BrokenProcessPool


def test_a_process_that_ends_before_its_time_is_told_in_a_sentence():
    team = Team(1)
    team.pool = Ended()
    with pytest.raises(UserError, match="--processes 1"):
        team.play(RandomPlayers(1), 5, [1, 2])


def played(*reached: bool) -> list[Episode]:
    none = Observations(np.empty((0, 0), np.int16), np.empty((0, 0), np.uint8))
    return [Episode(seed, Outcome(each, 10 + seed), none, np.empty(0), np.empty(0))
            for seed, each in enumerate(reached)]


def test_shares_come_with_their_interval():
    found = shares(played(True, True, False, True))
    assert (found["reached"], found["share"]) == (3, 0.75)
    assert found["interval"] == pytest.approx((0.3006, 0.9544), abs=1e-4)  # Wilson's, by hand
    assert (found["median_steps_of_reached"], found["actions"]) == (11, 46)
    assert shares(played(False))["median_steps_of_reached"] is None


def test_games_are_compared_in_pairs():
    after = played(*[True] * 9, False, True)
    before = played(*[False] * 9, True, True)
    # 2 (C(10, 0) + C(10, 1)) / 2^10
    assert paired(after, before) == {"only_after": 9, "only_before": 1,
                                     "p": pytest.approx(22 / 1024)}
    assert paired(after, after)["p"] == 1


def test_the_map_is_of_a_game_of_median_length_that_reached_the_stairs():
    assert typical(played(True, False, True, True)) == 2
    assert typical(played(False)) == 0
