"""The page of a search as a person opens it: from its file, without a network."""

import json
import math

import numpy as np
import pytest

from tests.browser.conftest import LAPTOP, PHONE
from words_and_images.tuning.page import write_page
from words_and_images.tuning.space import Choice, Range
from words_and_images.tuning.study import PRUNED, WHOLE, Score, Search, SearchParameters

pytest.importorskip("optuna", reason="Optuna is an extra")

SPACE = {"retrain.l2": Range(0.001, 1.0, None, True), "retrain.hidden": Choice((0, 64, None)),
         "bottlenecks.looks": Choice((["whole"], ["whole", "square", "centre"]))}
DEFAULTS = {"retrain.l2": 0.5, "retrain.hidden": None, "bottlenecks.looks": ["whole"]}
CHARTS = 5 + len(SPACE)  # parallel, confirmed, importance, course and cost, and the slices


def evaluate(values, seed):
    """Best at l2 0.05 and 64; fails far from it; the seed's noise is 0.002."""
    noise = np.random.default_rng((seed, round(1e6 * values["retrain.l2"]))).normal(size=4)
    far = abs(math.log10(values["retrain.l2"] / 0.05))
    value = 0.95 - 0.05 * far - 0.1 * (values["retrain.hidden"] != 64)
    for part in range(4):
        yield Score(math.nan if far > 1.5 else value + 0.002 * float(noise[part]))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A real search, as JSON read back."""
    folder = tmp_path_factory.mktemp("search")
    found = Search(evaluate, SPACE, DEFAULTS, SearchParameters(trials=30), folder / "study",
                   "accuracy", {"data": "made"}).run(lambda _study: None)
    return json.loads(json.dumps(found.rows()))


@pytest.fixture(scope="module")
def file(study, tmp_path_factory):
    """Its page, with a second study that nothing came of."""
    path = tmp_path_factory.mktemp("page") / "tuning.html"
    nothing = {**study, "verdict": "nothing was tried to its end", "defaults": None,
               "best": None, "confirmed": [], "trials": []}
    write_page([("Classifier", study), ("Word vectors", nothing)], path)
    return path


@pytest.fixture
def search_page(open_page, file):
    """A function that opens the page and waits until all of it is drawn."""
    def open_search_page(**options):
        page = open_page(**options)
        page.goto(file.as_uri(), timeout=30_000)
        page.wait_for_selector("html[data-drawn=all]", timeout=30_000)
        return page
    return open_search_page


def column(page, number: int) -> list[str]:
    return page.locator(f".sortable tbody td:nth-child({number})").all_inner_texts()


def test_it_asks_for_nothing_but_itself_and_draws_every_chart(search_page, file, screenshot):
    page = search_page()
    asked = {url for url in page.log.requests if not url.startswith(("data:", "blob:"))}
    assert asked == {file.as_uri()}
    charts = page.locator("figure.chart")
    assert charts.count() == CHARTS
    for chart in charts.all():
        assert chart.locator("svg.main-svg").count() >= 1
        chart.locator("summary").click()
        assert chart.locator("table tr").count() >= 2 and chart.locator("table").is_visible()
    screenshot(page, "search")


def test_its_numbers_are_those_of_the_study(search_page, study):
    page = search_page()
    assert page.locator(".verdict").first.inner_text().lower() == f"{study['verdict'].lower()}."
    scores = [each["score"] for each in study["trials"]]
    assert column(page, 3)[:len(scores)] == [
        "-" if score is None else f"{score:.4f}" for score in scores]
    drawn = page.evaluate("""() => Object.fromEntries(
      document.querySelector("[data-chart=study-1-course]").data
      .filter((trace) => trace.name).map((trace) => [trace.name, [...trace.x]]))""")
    whole = [each["number"] for each in study["trials"] if each["state"] == WHOLE]
    pruned = [each["number"] for each in study["trials"] if each["state"] == PRUNED]
    assert drawn["best so far"] == whole and drawn["pruned"] == pruned
    assert len(whole) + len(pruned) + len(drawn["failed"]) == len(study["trials"])


def test_the_table_is_sorted_by_keys(search_page):
    page = search_page()
    table = page.get_by_role("region", name="Classifier: all trials")
    table.get_by_role("button", name="score").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    scores = column(page, 3)
    known = [float(score) for score in scores if score != "-"]
    assert known == sorted(known, reverse=True) and "-" not in scores[:len(known)]
    assert page.locator("[aria-sort]").first.get_attribute("aria-sort") == "descending"
    table.get_by_role("button", name="trial").press("Enter")
    assert column(page, 1) == sorted(column(page, 1), key=int)


def test_all_of_it_is_reached_by_the_tabulator_and_the_focus_is_seen(search_page):
    page = search_page()
    reached = set()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        reached.add(page.evaluate("document.activeElement.ariaLabel "
                                  "|| document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Tab")
    assert {"To the content", "Classifier", "Classifier: all trials", "score", "retrain.l2",
            "Numbers"} <= reached


@pytest.mark.parametrize("screen", [LAPTOP, PHONE])
def test_nothing_is_wider_than_the_screen(search_page, screenshot, screen):
    page = search_page(**screen)
    width = screen["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate("""() => [...document.querySelectorAll(".plot text")]
      .filter((text) => text.getBoundingClientRect().right > innerWidth + 1)
      .map((text) => text.textContent)""")
    assert beyond == []
    screenshot(page, f"search-{width}", whole=False)


def test_dark_mode_is_dark_and_readable(search_page, screenshot):
    page = search_page(color_scheme="dark")
    lightness = """(name) => { const [r, g, b] = getComputedStyle(document.querySelector(name[0]))
      [name[1]].match(/\\d+/g).map(Number); return (r + g + b) / 3; }"""
    assert page.evaluate(lightness, ["body", "backgroundColor"]) < 60
    for text in ("course] .xtick text", "parallel] .textpoint text"):
        assert page.evaluate(lightness, [f"[data-chart=study-1-{text}", "fill"]) > 200
    screenshot(page, "search-dark", whole=False)
