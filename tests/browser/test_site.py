"""The site of the documents as a person opens it: from its files, without a network."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import LAPTOP, PHONE, ROOT, lacking

SITE = ROOT / "results" / "site"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served():
    """The address of the site on a server of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def site_page(open_page):
    """A function that opens a page of the site from its file."""
    if not (SITE / "index.html").exists():
        lacking("results/site is not there: make docs makes it")

    def open_site_page(name="index.html", address=None, **options):
        page = open_page(**options)
        page.goto(f"{address or SITE.as_uri()}/{name}")
        return page

    return open_site_page


def search(page, words: str):
    """The links that a search finds."""
    page.get_by_role("textbox", name="Search").press_sequentially(words)
    found = page.locator(".md-search-result__link")
    found.first.wait_for()
    return found


@pytest.mark.parametrize("by", ["file", "server"])
def test_a_word_is_found_and_leads_to_its_place(site_page, served, screenshot, by):
    page = site_page(address=served if by == "server" else None)
    found = search(page, "analogy")
    assert "analogy" in page.locator(".md-search-result__list").inner_text().lower()
    screenshot(page, f"site-search-{by}", whole=False)
    target = found.first.get_attribute("href")
    found.first.click()
    page.wait_for_url(re.compile(re.escape(urlsplit(target).path)))
    assert "analog" in page.locator("article").inner_text().lower()


def test_a_function_is_found_by_its_name(site_page):
    page = site_page()
    assert "neural.html" in search(page, "balanced_class_weights").first.get_attribute("href")


@pytest.mark.parametrize("name", ["index.html", "mathematics.html", "api/word2vec_vectors.html",
                                  "source/word2vec/training/losses.py.html"])
def test_it_asks_for_nothing_but_its_own_files(site_page, name):
    page = site_page(name)
    page.wait_for_load_state("networkidle")
    asked = {url for url in page.log.requests if not url.startswith("data:")}
    assert asked and all(url.startswith(SITE.as_uri()) for url in asked)


def test_formulas_are_drawn(site_page, screenshot):
    page = site_page("mathematics.html")
    blocks = page.locator(".formula math")
    assert blocks.count() > 30
    sizes = blocks.evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")
    assert min(sizes) > 8
    assert "$`" not in page.locator("article").inner_text()
    fraction = page.locator(".formula mfrac").first
    above, below = (fraction.locator("> *").nth(place).bounding_box() for place in (0, 1))
    assert above["y"] < below["y"]
    screenshot(page, "site-mathematics", whole=False)


def test_a_name_of_a_signature_leads_to_its_description(site_page):
    page = site_page("api/word2vec_training.html")
    page.locator("article .doc-signature a", has_text="Vocabulary").first.click()
    page.wait_for_url(re.compile(r"word2vec_corpus\.html#word2vec\.corpus\.[\w.]*Vocabulary$"))


def test_it_follows_the_system_and_a_click_into_the_dark(site_page, screenshot):
    lightness = """() => getComputedStyle(document.body).backgroundColor
      .match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) / 3"""
    page = site_page("api/neural.html", color_scheme="dark")
    assert page.evaluate(lightness) < 60
    screenshot(page, "site-dark", whole=False)
    page = site_page(color_scheme="light")
    assert page.evaluate(lightness) > 200
    for name in ("Light", "Dark"):
        page.locator(f"label[title='{name}']").click()
    page.wait_for_function(f"({lightness})() < 60")


@pytest.mark.parametrize("screen", [LAPTOP, PHONE])
@pytest.mark.parametrize("name", ["index.html", "mathematics.html", "api/word2vec.html"])
def test_nothing_is_wider_than_the_screen(site_page, screenshot, screen, name):
    page = site_page(name, **screen)
    width = screen["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    screenshot(page, f"site-{name.removesuffix('.html')}-{width}", whole=False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_of_the_report_is_as_light_as_the_page(site_page, scheme):
    pictures = site_page(color_scheme=scheme).locator("article img:visible")
    assert pictures.count() == 1
    assert pictures.get_attribute("src").startswith(f"report-{scheme}.png")


@pytest.mark.parametrize("width", [1280, 1440])
def test_a_line_of_code_fits_beside_the_lists(site_page, width):
    page = site_page("words.html", viewport={"width": width, "height": 800})
    assert page.locator(".md-sidebar:visible").count() == 2
    code = page.locator("article pre > code").first
    code.evaluate("code => { code.textContent = 'x'.repeat(100) }")
    assert code.evaluate("code => code.scrollWidth <= code.clientWidth")
