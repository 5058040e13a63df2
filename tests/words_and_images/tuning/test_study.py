"""Searches: the same trials for the same seed, going on after a kill, and what is better."""

import json
import math
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images.tuning import study as study_module
from words_and_images.tuning.space import Choice, Range
from words_and_images.tuning.study import (
    FAILED,
    JOURNAL,
    NO_BETTER,
    PRUNED,
    WHOLE,
    Score,
    Search,
    SearchParameters,
    difference_of,
    ranked,
)

pytest.importorskip("optuna", reason="Optuna is an extra")

SPACE = {"l2": Range(0.001, 1.0, None, True), "hidden": Choice((0, 64, 128))}
DEFAULTS = {"l2": 0.5, "hidden": 128}


def bowl(values, seed):
    """Best at l2 0.05 and hidden 64; three parts; the seed's noise is 0.001."""
    noise = np.random.default_rng((seed, round(1e6 * values["l2"]))).normal()
    value = 1 - 0.1 * abs(math.log10(values["l2"] / 0.05)) - 0.1 * (values["hidden"] != 64)
    for part in range(3):
        yield Score(value + 0.001 * noise + 0.01 * part, {"loss": 1 - value})


def scoring(value):
    """One part."""
    yield Score(value)


def search(folder, evaluate=bowl, space=None, defaults=None, side_by_side=1, identity=None, **own):
    return Search(evaluate, space or SPACE, defaults or DEFAULTS,
                  SearchParameters(**{"trials": 24, **own}), folder, "accuracy",
                  identity or {"data": "d1"}, side_by_side)


def kept(_study):
    """Nothing."""


def values_and_scores(study):
    return [(each.values, each.state, each.course) for each in study.tried]


def test_what_is_better_is_found_and_confirmed_with_other_seeds(tmp_path):
    study = search(tmp_path / "study").run(kept)
    assert study.defaults.number == 0 and study.defaults.values == DEFAULTS
    assert study.best["hidden"] == 64 and 0.01 < study.best["l2"] < 0.25
    assert study.verdict.startswith("better than the defaults: +0.")
    first, *_, last = study.confirmed
    assert last.values == DEFAULTS and last.interval is None
    assert len(first.scores) == 3 and first.interval[0] < first.difference < first.interval[1]
    assert {each.state for each in study.tried} == {WHOLE, PRUNED}
    json.dumps(study.rows(), allow_nan=False)


@pytest.mark.parametrize("side_by_side", [1, 2])
def test_the_same_seed_tries_the_same(tmp_path, side_by_side):
    one, other = (search(tmp_path / name, side_by_side=side_by_side, trials=14).run(kept)
                  for name in "ab")
    assert values_and_scores(one) == values_and_scores(other)
    another = search(tmp_path / "c", side_by_side=side_by_side, trials=14, seed=2).run(kept)
    assert values_and_scores(another) != values_and_scores(one)


def test_a_search_goes_on_where_it_was_cut_off(tmp_path):
    whole = search(tmp_path / "whole", trials=16).run(kept)
    search(tmp_path / "parts", trials=9).run(kept)
    again = search(tmp_path / "parts", trials=16).run(kept)
    assert values_and_scores(again) == values_and_scores(whole)


def test_a_killed_search_goes_on_with_what_it_had(tmp_path, monkeypatch):
    script = textwrap.dedent(f"""
        import os, signal, sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        import test_study
        def evaluate(values, seed):
            if len(test_study.opened.get_trials()) == 6:
                os.kill(os.getpid(), signal.SIGKILL)
            yield from test_study.bowl(values, seed)
        found = test_study.search({str(tmp_path / 'study')!r}, evaluate)
        test_study.opened = found._study
        found.run(test_study.kept)
    """).replace("search('", "search(__import__('pathlib').Path('").replace("', evaluate",
                                                                           "'), evaluate")
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert ended.returncode == -9, ended.stderr.decode()
    with (tmp_path / "study" / JOURNAL).open("a") as file:
        file.write('{"op_code": 4, "wor')  # a kill in the middle of a line
    assert len(search(tmp_path / "study", trials=12).run(kept).tried) == 12


@pytest.mark.filterwarnings("ignore:The value of `grace_period`")
def test_the_lock_that_a_killed_process_left_is_taken_away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(study_module, "GRACE", 1)
    search(Path("study"), trials=2, confirm=0).run(kept)
    os.symlink(tmp_path / "study" / JOURNAL, tmp_path / "study" / f"{JOURNAL}.lock")
    assert len(search(Path("study"), trials=3, confirm=0).run(kept).tried) == 3
    assert not os.path.lexists(tmp_path / "study" / f"{JOURNAL}.lock")


def test_an_interrupted_search_tells_the_best_so_far(tmp_path, capsys):
    told = []

    def evaluate(values, seed):
        if len(told) == 7:
            told.append(values)
            raise KeyboardInterrupt
        told.append(values)
        yield from bowl(values, seed)

    studies = []
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "study", evaluate).run(studies.append)
    assert "the best so far scored" in capsys.readouterr().err
    assert len(studies[-1].tried) == 7
    study = search(tmp_path / "study").run(kept)
    assert len(study.tried) == 24 and told[-1] in [each.values for each in study.tried]


@pytest.mark.parametrize("place", range(4))
def test_an_interrupted_grid_goes_on_with_what_was_being_tried(tmp_path, place):
    space = {"l2": Choice((0.5, 0.05)), "hidden": Choice((64, 128))}
    told = []

    def evaluate(values, seed):
        told.append(values)
        if len(told) == place + 1:
            raise KeyboardInterrupt
        yield from bowl(values, seed)

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "study", evaluate, space=space, sampler="grid").run(kept)
    study = search(tmp_path / "study", space=space, sampler="grid").run(kept)
    assert sorted((each.values["l2"], each.values["hidden"]) for each in study.tried) == [
        (0.05, 64), (0.05, 128), (0.5, 64), (0.5, 128)]


def test_nothing_better_is_told_in_these_words(tmp_path):
    study = search(tmp_path / "study", lambda values, seed: scoring(
        float(np.random.default_rng((seed, round(1e6 * values["l2"]))).normal()))).run(kept)
    assert study.best is None and study.verdict.startswith(NO_BETTER)


def test_defaults_that_the_space_lacks_are_tried_beside_it(tmp_path):
    study = search(tmp_path / "study", defaults={"l2": 5.0, "hidden": 64}).run(kept)
    assert study.defaults.number == -1 and study.defaults.values["l2"] == 5.0
    assert all(each.values["l2"] <= 1 for each in study.tried)
    assert study.confirmed[-1].number == -1 and study.best


def test_a_grid_tries_all_once_and_then_ends(tmp_path):
    space = {"l2": Choice((0.5, 0.05)), "hidden": Choice((64, 128))}
    study = search(tmp_path / "study", space=space, sampler="grid").run(kept)
    tried = [(each.values["l2"], each.values["hidden"]) for each in study.tried]
    assert tried[0] == (0.5, 128)  # the defaults
    assert sorted(tried) == [(0.05, 64), (0.05, 128), (0.5, 64), (0.5, 128)]


def test_a_grid_too_large_to_be_tried_is_refused(tmp_path):
    with pytest.raises(UserError, match="the grid has 20,000 sets of values"):
        search(tmp_path / "study", space={"l2": Range(1, 20_000, 1)}, defaults={"l2": 1},
               sampler="grid")


@pytest.mark.parametrize(("changed", "named"), [
    ({"identity": {"data": "d2"}}, "data"), ({"space": {"l2": Range(0.1, 1.0)}}, "space"),
    ({"seed": 2}, "seed"), ({"sampler": "random"}, "sampler")])
def test_a_study_of_something_else_is_refused(tmp_path, changed, named):
    search(tmp_path / "study", trials=2, confirm=0).run(kept)
    if "space" in changed:
        changed = {**changed, "defaults": {"l2": 0.5}}
    with pytest.raises(UserError, match=f"is a study with another .*{named}"):
        search(tmp_path / "study", **changed)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "study").mkdir()
    for content in ("mine\n", "mine"):
        (tmp_path / "study" / JOURNAL).write_text(content)
        with pytest.raises(UserError, match="is no journal of a study"):
            search(tmp_path / "study")
        assert (tmp_path / "study" / JOURNAL).read_text() == content


@pytest.mark.parametrize("wrong", [{"trials": 0}, {"trials": 1.5}, {"minutes": -1},
                                   {"minutes": float("nan")}, {"sampler": "tep"},
                                   {"confirm": -1}, {"seed": -1}])
def test_parameters_that_cannot_be_are_refused(wrong):
    with pytest.raises(UserError, match=f"^{next(iter(wrong))} is"):
        SearchParameters(**wrong)


def test_a_score_that_is_no_number_fails_its_trial_alone(tmp_path):
    study = search(tmp_path / "study", lambda values, seed: scoring(
        math.nan if values["hidden"] == 0 else 1.0), trials=10).run(kept)
    assert all(each.values["hidden"] != 0 for each in ranked(study.tried))
    assert len(study.tried) == 10  # those that failed have been tried too


def test_a_search_of_which_every_trial_fails_ends(tmp_path):
    study = search(tmp_path / "study", lambda values, seed: scoring(math.nan), trials=3).run(kept)
    assert [each.state for each in study.tried] == [FAILED] * 3 and study.confirmed == ()


def test_values_that_a_further_seed_cannot_score_are_not_confirmed(tmp_path):
    study = search(tmp_path / "study", lambda values, seed: scoring(
        math.nan if seed > 1 and values["hidden"] == 64 else 0.1 * (values["hidden"] == 64)),
        trials=12).run(kept)
    assert ranked(study.tried)[0].values["hidden"] == 64
    assert all(each.values["hidden"] != 64 for each in study.confirmed)
    json.dumps(study.rows(), allow_nan=False)


def test_a_trial_that_is_pruned_is_closed(tmp_path):
    closed = []

    def evaluate(values, seed):
        try:
            yield from bowl(values, seed)
        except GeneratorExit:
            closed.append(values)
            raise

    study = search(tmp_path / "study", evaluate, confirm=0).run(kept)
    assert closed == [each.values for each in study.tried if each.state == PRUNED] != []


def test_scores_with_further_seeds_are_kept_over_an_interruption(tmp_path):
    whole = search(tmp_path / "whole").run(kept)
    asked = []

    def evaluate(values, seed):
        if seed > 1:
            if len(asked) == 5:
                raise KeyboardInterrupt
            asked.append((values, seed))
        yield from bowl(values, seed)

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "study", evaluate).run(kept)
    before = list(asked)
    asked[:] = [None] * 6  # so many that none is interrupted
    study = search(tmp_path / "study", evaluate).run(kept)
    assert not [each for each in before if each in asked]
    assert study.confirmed == whole.confirmed


def test_a_process_that_joins_leaves_the_end_to_the_first(tmp_path):
    search(tmp_path / "study", trials=6).run(kept, joined=True)
    assert search(tmp_path / "study", trials=6).study().confirmed == ()
    first = search(tmp_path / "study", trials=12).run(kept)
    assert len(first.tried) == 12 and first.confirmed


def test_the_end_waits_for_trials_of_other_processes(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study_module, "LOOK", 0.01)
    first = search(tmp_path / "study", trials=6)
    other = search(tmp_path / "study", trials=6)
    trial = other._study.ask()
    looks = iter([False, False, True])
    monkeypatch.setattr(study_module, "_is_dead", lambda each: next(looks))
    study = first.run(kept)
    assert "waiting for 1 trial of other processes" in capsys.readouterr().err
    assert study.confirmed and trial.number not in [each.number for each in study.tried]


def test_the_interval_of_worked_numbers():
    # differences 0.01, 0.02, 0.03: mean 0.02, s = 0.01, t(2) = 4.3027, so 4.3027 * 0.01 / sqrt(3)
    some = [Score(0.81), Score(0.82), Score(0.83)]
    mean, (low, high) = difference_of(some, [Score(0.8)] * 3)
    assert mean == pytest.approx(0.02)
    assert (high - low) / 2 == pytest.approx(4.302653 * 0.01 / math.sqrt(3), rel=1e-5)
    # of four examples one is won and none lost, with either seed: r = 0.5, 1.96 * 0.5 / 2
    won = [Score(0.75, {}, np.array([1, 1, 1, 0], np.float32))] * 2
    lost = [Score(0.5, {}, np.array([1, 1, 0, 0], np.float32))] * 2
    mean, (low, high) = difference_of(won, lost)
    assert mean == 0.25 and (high - low) / 2 == pytest.approx(1.959964 * 0.5 / 2, rel=1e-5)


def test_one_further_seed_has_no_interval():
    assert difference_of([Score(0.9)], [Score(0.8)]) == (pytest.approx(0.1), None)


def test_the_time_is_a_bound_too(tmp_path):
    study = search(tmp_path / "study", minutes=1e-9).run(kept)
    assert study.tried == () and study.defaults.values == DEFAULTS
    assert study.verdict == "nothing was tried to its end"
