"""The report as a person opens it: from its file, without a network."""

import re

import pytest

from tests.browser.conftest import LAPTOP, PHONE, REPORT

CHARTS = 11  # besides the map
OF_MISTAKES = 4  # more, where the test had any


def shown_words(page) -> int:
    return page.evaluate("document.getElementById('map-plot').data[0].x.length")


def ranges(page, plot: str) -> list:
    return page.evaluate(f"(() => {{ const l = document.querySelector('{plot}').layout; "
                         "return [...l.xaxis.range, ...l.yaxis.range]; })()")


def test_it_asks_for_nothing_but_itself(report):
    page = report()
    asked = {url for url in page.log.requests if not url.startswith(("data:", "blob:"))}
    assert asked == {REPORT.as_uri()}


def test_every_chart_is_drawn_and_has_its_numbers(report, screenshot):
    page = report()
    charts = page.locator("figure.chart:has([data-chart])")
    wrong = page.get_by_text("Nothing was answered wrongly").count() == 0
    assert charts.count() == CHARTS + (OF_MISTAKES if wrong else 0)
    for number in range(charts.count()):
        chart = charts.nth(number)
        assert chart.locator("svg.main-svg").count() >= 1
        chart.locator("summary").click()
        assert chart.locator("table tr").count() >= 2 and chart.locator("table").is_visible()
    for name in ("moved", "words", "images", "behind"):
        page.locator(f"#{name}").screenshot(path=str(screenshot(page, "report-open").with_name(
            f"report-{name}.png")))


def test_a_word_is_found_by_its_name_and_leads_to_its_neighbours(report, screenshot):
    page = report()
    page.get_by_label("Find a word").fill("king")
    page.keyboard.press("Enter")
    side = page.locator("#map-side")
    assert side.locator("h4").inner_text() == "king"
    neighbours = side.locator("li")
    assert neighbours.count() == 10
    cosines = [float(text.split()[-1]) for text in neighbours.all_inner_texts()]
    assert cosines == sorted(cosines, reverse=True) and 0.3 < cosines[0] < 1
    screenshot(page, "report-map", whole=False)
    known = side.locator("li button").first
    name = known.inner_text()
    known.click()
    assert side.locator("h4").inner_text() == name


def test_a_word_is_chosen_by_a_click_on_its_point(report):
    page = report()
    page.locator("#map-plot").scroll_into_view_if_needed()
    place = page.evaluate("""() => {
      const plot = document.getElementById("map-plot"), box = plot.getBoundingClientRect();
      const at = inPixels(plot).at(plot.data[0].x[7], plot.data[0].y[7]);
      return {x: box.x + plot.layout.margin.l + at.x, y: box.y + plot.layout.margin.t + at.y}; }""")
    page.mouse.move(place["x"] + 2, place["y"] + 2)
    page.mouse.move(place["x"], place["y"])
    page.mouse.click(place["x"], place["y"])
    page.wait_for_selector("#map-side h4")
    assert page.locator("#map-side li").count() == 10


def test_a_word_that_is_not_there_is_told_and_like_ones_are_offered(report):
    page = report()
    search = page.get_by_label("Find a word")
    search.fill("xqzw")
    assert "“xqzw” is not among the 3,000 words" in page.locator("#map-matches").inner_text()
    page.keyboard.press("Enter")
    assert page.locator("#map-side h4").count() == 0
    search.fill("presid")
    page.locator("#map-matches button", has_text="president").first.click()
    assert page.locator("#map-side h4").inner_text() == "president"


def test_the_slider_says_how_many_words_are_shown(report):
    page = report()
    assert shown_words(page) == 1000
    slider = page.locator("#map-count")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#map-count-shown").inner_text() == "1,050" and shown_words(page) == 1050
    page.keyboard.press("End")
    assert page.locator("#map-count-shown").inner_text() == "3,000" and shown_words(page) == 3000
    page.locator("#map-numbers summary").click()
    # The rows come with the event that opening sets off, a moment later.
    page.wait_for_function("document.querySelectorAll('#map-numbers tr').length > 0")
    assert page.locator("#map-numbers tr").count() == 3001


def test_three_components_turn_by_keys_and_buttons(report, screenshot):
    page = report()
    page.get_by_label("Find a word").fill("france")
    page.keyboard.press("Enter")
    page.locator("#map-plot").evaluate("plot => plot.scrollIntoView({block: 'center'})")
    page.get_by_role("radio", name="3").check()
    page.wait_for_selector("#map-plot .gl-container canvas", state="attached")
    eye = "(() => Object.values(document.getElementById('map-plot').layout.scene.camera.eye))()"
    before = page.evaluate(eye)
    page.locator("#map-plot").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{before} != {eye}.toString()")
    turned = page.evaluate(eye)
    page.locator("#word-map").get_by_role("button", name="Zoom in").click()
    page.wait_for_function(f"({eye})[2] != {turned[2]}")
    assert page.evaluate(eye)[2] == pytest.approx(0.7 * turned[2])
    # Turning keeps the distance from the axis.
    assert turned[0] ** 2 + turned[1] ** 2 == pytest.approx(before[0] ** 2 + before[1] ** 2)
    assert page.evaluate("document.getElementById('map-plot').data[0].type") == "scatter3d"
    screenshot(page, "report-map-3d", whole=False)
    page.get_by_role("radio", name="2").check()
    page.wait_for_function("document.getElementById('map-plot').data[0].type == 'scatter'")


def test_the_other_model_keeps_the_chosen_word(report):
    page = report()
    page.get_by_label("Find a word").fill("king")
    page.keyboard.press("Enter")
    first = page.locator("#map-side").inner_text()
    page.get_by_role("radio", name="Skip-gram").check()
    page.wait_for_function(f"document.getElementById('map-side').innerText != {first!r}")
    assert page.locator("#map-side h4").inner_text() == "king"


@pytest.mark.parametrize("plot", ["#map-plot", "[data-chart=capitals-cbow]"])
def test_charts_are_moved_about_in_without_a_mouse(report, plot):
    page = report()
    low, high, bottom, top = ranges(page, plot)
    page.locator(plot).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        f"document.querySelector('{plot}').layout.xaxis.range[0] > {low}")
    moved = ranges(page, plot)
    assert moved[0] - low == pytest.approx(0.15 * (high - low))
    assert moved[2:] == pytest.approx([bottom, top])
    page.keyboard.press("+")
    page.wait_for_function(
        f"document.querySelector('{plot}').layout.yaxis.range[1] < {top} - 1e-6")
    nearer = ranges(page, plot)
    assert nearer[3] - nearer[2] == pytest.approx(0.7 * (top - bottom))
    page.keyboard.press("0")
    page.wait_for_function(
        f"Math.abs(document.querySelector('{plot}').layout.xaxis.range[0] - {low}) < 1e-6")


def test_labels_never_stand_on_each_other(report):
    page = report()
    plot = page.locator("[data-chart=capitals-skipgram]")
    plot.scroll_into_view_if_needed()
    boxes = plot.locator(".textpoint text").evaluate_all(
        "all => all.filter(one => one.textContent).map(one => { const b = "
        "one.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })")
    assert len(boxes) > 30
    overlaps = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i]
                if min(a[2], b[2]) - max(a[0], b[0]) > 3 and min(a[3], b[3]) - max(a[1], b[1]) > 4]
    assert not overlaps


def test_the_whole_page_is_reached_by_the_tabulator(report):
    page = report()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim() "
                                  "|| document.activeElement.id || document.activeElement.name"))
    assert {"To the content", "What moved", "map-count", "map-search", "Zoom in",
            "Numbers"} <= reached


def test_every_field_and_picture_has_a_name(report):
    page = report()
    unnamed = page.evaluate("""() => [
      ...[...document.querySelectorAll("input")].filter((field) => !field.labels.length),
      ...[...document.querySelectorAll("main img")].filter((image) => !image.alt),
      ...[...document.querySelectorAll(".plot")].filter((plot) => !plot.ariaLabel),
    ].map((each) => each.outerHTML.slice(0, 80))""")
    assert unnamed == []


def test_dark_mode_is_dark_and_readable(report, screenshot):
    page = report(color_scheme="dark")
    lightness = """(name) => { const [r, g, b] = getComputedStyle(document.querySelector(name[0]))
      [name[1]].match(/\\d+/g).map(Number); return (r + g + b) / 3; }"""
    assert page.evaluate(lightness, ["body", "backgroundColor"]) < 60
    assert page.evaluate(lightness, ["body", "color"]) > 200
    assert page.evaluate(lightness, ["[data-chart=head-loss] .xtick text", "fill"]) > 200
    if page.locator("[data-chart=confusion]").count():
        counts = "[data-chart=confusion] .heatmap-label text"
        assert page.evaluate(lightness, [counts, "fill"]) > 200
    screenshot(page, "report-dark", whole=False)
    page.emulate_media(color_scheme="light")
    page.wait_for_function(
        "getComputedStyle(document.querySelector('[data-chart=head-loss] .xtick text')).fill"
        ".match(/\\d+/g).every((part) => part < 80)")


def test_a_phone_shows_all_of_it_without_scrolling_sideways(report, screenshot):
    page = report(**PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate("""() => [...document.querySelectorAll(".plot svg.main-svg")]
      .filter((svg) => svg.getBoundingClientRect().right > innerWidth).length""")
    assert wide == 0
    screenshot(page, "report-phone", whole=False)
    page.locator("#images").scroll_into_view_if_needed()
    screenshot(page, "report-phone-images", whole=False)


@pytest.mark.parametrize("screen", [LAPTOP, PHONE])
def test_no_heading_of_a_table_breaks_within_a_word(report, screen):
    page = report(**screen)
    page.locator("details:not([open]) > summary").evaluate_all(
        "(summaries) => summaries.forEach((summary) => summary.click())")
    # A word that is whole is one line high: as high as its first letter.
    broken = page.evaluate("""() => [...document.querySelectorAll("th")].filter((heading) => {
      const words = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
      for (let text = words.nextNode(); text; text = words.nextNode()) {
        for (const word of text.data.matchAll(/\\S+/g)) {
          const range = document.createRange();
          range.setStart(text, word.index);
          range.setEnd(text, word.index + word[0].length);
          if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1)
            return true;
        }
      }
      return false;
    }).map((heading) => heading.textContent.trim())""")
    assert broken == []


def test_the_parts_that_are_promised_are_there(report):
    page = report()
    text = page.locator("body").inner_text()
    for part in ("What moved", "Countries and capitals", "Word pairs", "Mistakes",
                 "One image, distorted", "What an answer rests on", "Sources and licences",
                 "Time of every stage", "Memory of every stage"):
        assert part in text
    assert re.search(r"Compared with the last committed run|no committed run", text)
    assert page.locator(".strip img").count() >= 10
