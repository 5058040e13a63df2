"""The page of a search: what it says and draws of studies of every kind."""

import json
import math
import re

import numpy as np
import pytest
from written_pages import cells, data_of, figure_of

from words_and_images.tuning.charts import noise_of_seed, trade_offs, value_text
from words_and_images.tuning.importance import FEWEST, importances
from words_and_images.tuning.page import write_page
from words_and_images.tuning.study import FAILED, PRUNED, WHOLE

pytest.importorskip("optuna", reason="Optuna is an extra")

LOOKS = (["whole"], ["whole", "centre"])
SPACE = {"retrain.l2": {"low": 0.001, "high": 0.1, "log": True}, "retrain.hidden": [0, 128, None],
         "bottlenecks.looks": list(LOOKS)}


def trial(number, score=None, l2=0.01, hidden=128, looks=0, state=WHOLE, seconds=2.0, **own):
    return {"number": number, "state": state, "score": score, "seconds": seconds, "also": {},
            "course": [] if state == FAILED else [score or 0.5],
            "values": {"retrain.l2": l2, "retrain.hidden": hidden,
                       "bottlenecks.looks": LOOKS[looks]}, **own}


def confirmed(of, scores, difference=None, interval=None):
    return {"number": of["number"], "values": of["values"], "scores": scores,
            "difference": difference, "interval": interval}


def study(trials, with_seeds=(), verdict="no better than the defaults", **own):
    return {"measure": "accuracy", "space": SPACE, "verdict": verdict, "best": None,
            "defaults": next((each for each in trials if each["state"] == WHOLE), None),
            "trials": trials,
            "confirmed": list(with_seeds), "identity": {}, **own}


TRIALS = [trial(0, 0.9), trial(1, 0.93, l2=0.1, looks=1, seconds=4.0), trial(2, state=PRUNED),
          trial(3, 0.92, hidden=None, seconds=1.0), trial(4, state=FAILED, l2=0.001),
          trial(5, 0.91, l2=0.03, seconds=3.0)]
WITH_SEEDS = [confirmed(TRIALS[1], [0.92, 0.93, 0.94], 0.03, [0.01, 0.05]),
              confirmed(TRIALS[0], [0.9, 0.9, 0.9])]
STUDY = study(TRIALS, WITH_SEEDS, "better than the defaults: +0.0300 in accuracy")


@pytest.fixture
def render(tmp_path):
    """A function that writes the page of studies and returns it."""
    def write(*studies) -> str:
        write_page([(f"Search {place}", each) for place, each in enumerate(studies)],
                   tmp_path / "tuning.html")
        return (tmp_path / "tuning.html").read_text()
    return write


def body_of(page: str) -> str:
    """What a reader sees, on one line."""
    found = page[page.index("<body>"):page.index('<script type="application/json"')]
    return " ".join(found.split())


def marks(page: str, chart: str) -> dict[str, dict]:
    """The traces of a chart by their names."""
    return {trace["name"]: trace for trace in figure_of(page, chart)["data"] if "name" in trace}


def test_the_verdict_comes_first_and_then_the_numbers(render):
    body = body_of(render(STUDY))
    places = [body.index(part) for part in (
        "Better than the defaults: +0.0300 in accuracy.", "6 trials: 4 tried to the end, 1 pruned",
        "With further seeds", "All trials", "Parallel coordinates", "The course of the best",
        "Cost against score", "Each parameter")]
    assert places == sorted(places)


def test_every_trial_stands_in_the_table_as_it_ended(render):
    page = render(STUDY)
    assert cells(page, "1") == ["whole", "0.9300", "4.0", "0.1", "128", "whole, centre"]
    assert cells(page, "2") == ["pruned", "-", "2.0", "0.01", "128", "whole"]
    assert cells(page, "3")[4] == "not set"
    assert cells(page, "4")[0] == "failed"


def test_further_seeds_stand_with_their_deviation_and_interval(render):
    page = render(STUDY)
    assert cells(page, "trial 1") == ["0.9300 ± 0.0100", "+0.0300 +0.0100 to +0.0500"]
    assert cells(page, "defaults") == ["0.9000 ± 0.0000", ""]
    assert "retrain.l2: 0.1; bottlenecks.looks: whole, centre" in body_of(page)
    bars = marks(page, "study-1-confirmed")["mean and 95 % interval"]["error_x"]
    assert bars["array"] == pytest.approx([0.02]) and bars["arrayminus"] == pytest.approx([0.02])


def test_pruned_and_failed_trials_are_told_apart_and_have_no_score(render):
    page = render(STUDY)
    for chart in ("course", "cost", "slice-0", "slice-2"):
        found = marks(page, f"study-1-{chart}")
        lowest = min(found["tried to its end"]["y"])
        assert lowest > found["pruned"]["y"][0] > found["failed"]["y"][0]
        assert found["pruned"]["marker"]["symbol"] != found["failed"]["marker"]["symbol"]
    assert {"pruned", "failed"} <= marks(page, "study-1-parallel").keys()


def test_the_best_so_far_never_falls(render):
    course = marks(render(STUDY), "study-1-course")["best so far"]
    assert course["x"] == [0, 1, 3, 5] and course["y"] == [0.9, 0.93, 0.93, 0.93]


def test_trade_offs_are_those_that_none_beats_in_both(render):
    # Trial 3 is the fastest, 1 the best; 0 and 5 are slower than 3 and score less.
    assert [each["number"] for each in trade_offs(STUDY)] == [3, 1]
    assert marks(render(STUDY), "study-1-cost")["best trade-offs"]["x"] == [1.0, 4.0]


def test_the_noise_of_the_seed_is_pooled_and_drawn_around_the_best(render):
    # Variances 0.0001 and 0: the mean is 0.00005.
    assert noise_of_seed(STUDY) == pytest.approx(math.sqrt(0.00005))
    page = render(STUDY)
    band = next(shape for shape in figure_of(page, "study-1-slice-0")["layout"]["shapes"]
                if shape["type"] == "rect")
    assert (band["y0"] + band["y1"]) / 2 == pytest.approx(0.93)
    assert (band["y1"] - band["y0"]) / 2 == pytest.approx(math.sqrt(0.00005))
    assert "one standard deviation (0.0071)" in body_of(page)


def test_parallel_coordinates_lead_each_trial_over_all_axes(render):
    best = marks(render(STUDY), "study-1-parallel")["best"]
    # 0.1 is the upper end of l2, 128 the second of three, the second looks the last of two.
    assert best["x"][:3] == [1.0, 0.5, 1.0] and best["x"][4] is None
    assert best["y"][:4] == sorted(best["y"][:4])
    middle = marks(render(study([trial(0, 0.9), trial(1, 0.95, l2=0.01)])), "study-1-parallel")
    assert middle["best"]["x"][0] == pytest.approx(0.5)  # of 0.001 to 0.1, by the logarithm


def test_a_score_far_below_the_others_does_not_flatten_them(render):
    trials = [trial(number, 0.9 + number / 1000) for number in range(8)] + [trial(8, 0.1)]
    found = marks(render(study(trials)), "study-1-course")
    low, high = figure_of(render(study(trials)), "study-1-course")["layout"]["yaxis"]["range"]
    assert high - low < 0.1 and found["far lower score"]["x"] == [8]


def test_every_chart_has_its_numbers(render):
    page = render(STUDY)
    for name in data_of(page)["charts"]:
        place = page[page.index(f'id="chart-{name}"'):]
        figure = place[:place.index("</figure>")]
        rows = re.findall(r"<tr>(.*?)</tr>", figure, re.DOTALL)
        columns = rows[0].count("<th")
        assert len(rows) > 1 and all(row.count("<td") == columns for row in rows[1:])


def test_names_and_values_are_escaped(render):
    space = {"a.<b>": ["<script>", "two\nlines", "x\u202ey"]}
    trials = [{**trial(number, 0.9 + number / 100), "values": {"a.<b>": value}}
              for number, value in enumerate(space["a.<b>"])]
    page = render(study(trials, [confirmed(trials[1], [0.5], 0.1), confirmed(trials[0], [0.4])],
                        "<i>", measure="<i>", space=space))
    body = body_of(page)
    assert "<script" not in body and "<i>" not in body and "a.<b>" not in body
    assert "a.&lt;b&gt;" in body and "&lt;script&gt;" in body and "two\\nlines" in body
    assert "\u202e" not in page
    assert figure_of(page, "study-1-slice-0")["layout"]["xaxis"]["ticktext"] == [
        "&lt;script&gt;", "two\\nlines", "x\\u202ey"]


def test_the_page_fetches_nothing(render):
    page = render(STUDY, STUDY)
    assert "default-src 'none'" in page
    markup = page[:page.index('<script type="application/json"')]
    assert all(address.startswith(("data:", "#")) for address in re.findall(
        r'(?:src|href|srcset|action)="([^"]*)"', markup))
    assert "@import" not in markup and "url(" not in markup


def test_two_studies_stand_on_one_page_each_with_its_charts(render):
    page = render(STUDY, study([trial(0, 0.5)]))
    assert "Search 0" in page and "Search 1" in page
    assert marks(page, "study-1-course")["best so far"]["y"][-1] == 0.93
    assert marks(page, "study-2-course")["best so far"]["y"] == [0.5]


def test_one_trial_without_further_seeds_is_drawn_and_said_to_be_unsure(render):
    page = render(study([trial(0, 0.9)]))
    assert {name.removeprefix("study-1-") for name in data_of(page)["charts"]} == {
        "parallel", "course", "cost", "slice-0", "slice-1", "slice-2"}
    body = body_of(page)
    assert "how much of it is chance is not known" in body
    assert "cannot be told from fewer than 20 trials" in body
    assert "is not known without further seeds" in body


@pytest.mark.parametrize("trials", [[trial(0, state=FAILED), trial(1, state=PRUNED)], []])
def test_without_a_whole_trial_nothing_is_drawn(render, trials):
    page = render(study(trials, verdict="nothing was tried to its end"))
    assert data_of(page)["charts"] == {}
    assert "Nothing was tried to its end." in page and "there is nothing to draw" in page


def test_a_study_reads_the_same_as_it_is_and_back_from_json(render):
    as_it_is = {**STUDY, "confirmed": [{**each, "scores": tuple(each["scores"])}
                                       for each in STUDY["confirmed"]]}
    assert render(as_it_is) == render(json.loads(json.dumps(as_it_is)))


@pytest.mark.parametrize(("value", "text"), [
    (None, "not set"), (True, "true"), (0.05, "0.05"), (1 / 3, "0.3333"), (1000, "1000"),
    (["whole", None], "whole, not set"), ([], "none"), ("a", "a")])
def test_values_are_written_for_people(value, text):
    assert value_text(value) == text


# ---- importance ----


def searched(count, score, pruned=()):
    generator = np.random.default_rng(3)
    trials = []
    for number in range(count):
        l2 = float(10 ** generator.uniform(-3, -1))
        hidden, looks = [0, 128, None][generator.integers(3)], int(generator.integers(2))
        state = PRUNED if number in pruned else WHOLE
        trials.append(trial(number, score(l2, looks) if state == WHOLE else None, l2, hidden,
                            looks, state))
    return study(trials)


def test_what_decides_the_score_is_the_most_important():
    by_l2 = importances(searched(60, lambda l2, looks: -abs(math.log10(l2 / 0.05))))
    assert by_l2[0].name == "retrain.l2" and by_l2[0].share > 0.6
    noise = np.random.default_rng(0)
    by_looks = importances(searched(60, lambda l2, looks: looks + 0.3 * noise.normal()))
    assert by_looks[0].name == "bottlenecks.looks"
    for found in (by_l2, by_looks):
        assert [each.beyond_chance for each in found] == [True, False, False]
        for each in found:
            assert 0 <= each.spread[0] <= each.share <= each.spread[1] <= 1


def test_scores_of_chance_make_few_parameters_important():
    found = []
    for seed in range(3):
        noise = np.random.default_rng(seed)
        found += importances(searched(FEWEST, lambda l2, looks, noise=noise: noise.normal()))
    assert sum(each.beyond_chance for each in found) <= 2  # of 9, where 1 of 20 is expected


def test_the_same_study_has_the_same_importances():
    one = searched(30, lambda l2, looks: l2)
    assert importances(one) == importances(one)


def test_pruned_trials_count_as_worse_than_whole_ones():
    # Whole ones differ by chance alone; what was pruned had small l2.
    whole = searched(40, lambda l2, looks: 0.9)
    trials = [{**each, "state": PRUNED, "score": None} if each["values"]["retrain.l2"] < 0.02
              else each for each in whole["trials"]]
    found = importances({**whole, "trials": trials})
    assert found[0].name == "retrain.l2" and found[0].beyond_chance


@pytest.mark.parametrize(("count", "pruned"), [(FEWEST - 1, ()), (FEWEST, range(FEWEST))])
def test_too_few_trials_tell_of_no_importance(count, pruned):
    assert importances(searched(count, lambda l2, looks: l2, pruned)) == []
