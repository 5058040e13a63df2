"""The README's pictures, taken as a reader would see the pages, and small."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.conftest import SCREENSHOTS

FOLDER = SCREENSHOTS / "readme"
COLOURS = 256
LARGEST = 200_000  # bytes


def keep(picture: bytes, name: str) -> Path:
    """A screenshot in few colours, which such pages hardly miss."""
    path = FOLDER / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def test_the_words(open_page, site, open_words):
    page = open_page(viewport={"width": 900, "height": 1000})
    open_words(page, site)
    for field, word in (("a", "man"), ("is to b", "king"), ("as c", "woman")):
        page.get_by_label(field, exact=True).fill(word)
    page.keyboard.press("Enter")
    page.locator("#map .js-plotly-plot .main-svg").first.wait_for()
    page.locator("#analogy-a").evaluate("field => field.scrollIntoView()")
    page.wait_for_timeout(500)  # the map draws its labels
    assert keep(page.screenshot(), "page-words").stat().st_size < LARGEST


def test_the_photos(open_page, site, open_photos):
    page = open_page(viewport={"width": 900, "height": 1000})
    open_photos(page, site)
    examples = page.locator("button.example")
    examples.nth(3).click()
    page.locator("#photo-cards .where").first.wait_for()
    examples.nth(0).click()
    page.wait_for_function("document.querySelectorAll('#photo-cards .where').length == 2")
    page.locator("#photo-cards .card").first.evaluate("card => card.scrollIntoView({block: 'end'})")
    assert keep(page.screenshot(), "page-photos").stat().st_size < LARGEST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report(report, scheme):
    page = report(viewport={"width": 1000, "height": 700}, color_scheme=scheme)
    page.get_by_label("Find a word").fill("king")
    page.keyboard.press("Enter")
    page.wait_for_selector("#map-side h4")
    page.locator("#word-map").evaluate("map => map.scrollIntoView()")
    path = keep(page.screenshot(), f"report-{scheme}")
    assert 5_000 < path.stat().st_size < LARGEST
