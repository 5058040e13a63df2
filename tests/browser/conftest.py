"""Chromium, driven by Playwright, without a network.

A page that a test opens is watched: an error on its console, and a request to any host but the
page's own, fail the test; a page of file:// may make no request at all over a network. Such
requests are stopped where the browser resolves names and addresses, and not by routes, which would
turn its cache off.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

from benchmarks.chromium import find_chromium, missing_sentence
from words_and_images.common.own_files import LIST_KEY

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "results" / "browser"
REPORT = ROOT / "results" / "report.html"
OWN_HOST = "127.0.0.1"
# The report's chart is WebGL, which a machine without a graphics card draws in software.
FLAGS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {OWN_HOST}")
LAPTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
         "device_scale_factor": 2}
FAILED = pytest.StashKey[bool]()


def lacking(reason: str) -> NoReturn:
    """Skip for want of something, or fail where BROWSER_TESTS=required."""
    if os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@dataclass
class Log:
    """What a page asked for over the network and what it complained of."""

    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        """Note everything of a page from now on."""
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))

    def _note_console(self, message) -> None:
        if message.type == "error":
            self.console.append(f"{message.text} ({message.location.get('url', '')})")

    def allow(self, part: str) -> None:
        """Expect complaints that hold this text: a refusal that the test provokes."""
        self.allowed.append(part)

    def strangers(self, address: str) -> list[str]:
        """Requests over a network to another host than that of the page at `address`."""
        own = urlsplit(address).netloc
        return [url for url in self.requests
                if urlsplit(url).scheme in ("http", "https", "ws", "wss", "ftp")
                and urlsplit(url).netloc != own]

    def complaints(self, address: str) -> list[str]:
        """Everything that fails a test."""
        errors = [text for text in self.console
                  if not any(part in text for part in self.allowed)]
        return [f"console: {text}" for text in errors] + [
            f"request: {url}" for url in self.strangers(address)]


@pytest.fixture(scope="session")
def browser():
    """A Chromium without a window, and without a network but this machine's own."""
    program = find_chromium()
    if program is None:
        lacking(missing_sentence())
    for picture in SCREENSHOTS.glob("failed-*.png"):
        picture.unlink()
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_context(browser):
    """Where pages without options open: what one has loaded, the next has in its cache."""
    return browser.new_context(**LAPTOP)


@pytest.fixture
def open_page(browser, shared_context, request) -> Iterator[Callable]:
    """A function that opens a watched page; its parameters are those of a browser context.

    The page has its log as `page.log`. In the end the test fails for what the log holds.
    """
    opened = []

    def open_one(**options):
        context = browser.new_context(**{**LAPTOP, **options}) if options else shared_context
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.log = Log()
        page.log.watch(page)
        opened.append(page)
        return page

    yield open_one
    if request.node.stash.get(FAILED, False):
        for number, page in enumerate(opened):
            screenshot_of(page, f"failed-{request.node.name}-{number}")
    complaints = [text for page in opened for text in page.log.complaints(page.url)]
    for page in opened:
        page.close() if page.context == shared_context else page.context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(open_page):
    """A watched page as wide as a laptop's."""
    return open_page()


@pytest.fixture
def phone(open_page):
    """A watched page of a phone."""
    return open_page(**PHONE)


@pytest.fixture(scope="session")
def screenshot() -> Callable:
    """A function of a page and a name: the whole page as results/browser/NAME.png."""
    return screenshot_of


def screenshot_of(page, name: str, whole: bool = True) -> Path:
    """Write the picture of a page; `whole` is all of it, however far one would scroll."""
    path = SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9_-]+', '_', name)[:100]}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=whole)
    return path


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Remember for the fixtures' end whether the test failed."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.stash[FAILED] = report.failed


# ---- the page of `python -m app` --------------------------------------------------------------
# Runs the page and writes down every other machine that it turns to.
WATCHED_PAGE = """
import runpy, sys
contacts = open(sys.argv[1], "w", buffering=1)

def note(event, arguments):
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in ("127.0.0.1", "::1", "localhost"):
        print(event, host, file=contacts)

sys.addaudithook(note)
sys.argv = ["app", *sys.argv[2:]]
runpy.run_module("app", run_name="__main__")
"""
VECTORS = ("cbow", "skipgram")
CLASSIFIER = ROOT / "models" / "classifier"
THRESHOLD = 0.9999


@dataclass(frozen=True)
class Site:
    """A running page: its address, its process, and the file of hosts that it turned to."""

    address: str
    process: subprocess.Popen
    contacts: Path


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """The pipeline's vectors and classifier, and two copies of the latter.

    `doubtful` is never sure; `pets` has other labels.
    """
    missing = [str(path) for path in (*(ROOT / "models" / "vectors" / name for name in VECTORS),
                                      CLASSIFIER / "head.npz") if not path.exists()]
    if missing:
        lacking(f"{', '.join(missing)} not there: make run makes them")
    folder = tmp_path_factory.mktemp("models")
    copy_classifier(folder / "doubtful", {"not_sure": THRESHOLD})
    copy_classifier(folder / "pets", {"labels": ["my_cat", "big-dog"]})
    return folder


def copy_classifier(folder: Path, changes: dict) -> None:
    """The pipeline's classifier with another record; of what is large, links."""
    folder.mkdir()
    for name in ("backbone", "head.npz", "history.json"):
        (folder / name).symlink_to(CLASSIFIER / name)
    record = {**json.loads((CLASSIFIER / "record.json").read_text()), **changes}
    del record[LIST_KEY]  # what is told of the files in it would not hold
    (folder / "record.json").write_text(json.dumps(record))
    (folder / "labels.json").write_text(json.dumps(record["labels"]))


@pytest.fixture(scope="session")
def site(models):
    """The page with the pipeline's models and the two copies, on a port of its own."""
    contacts = models / "contacts"
    options = ["--classifier", CLASSIFIER, "--classifier", models / "doubtful",
               "--classifier", models / "pets", "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED_PAGE, *map(str, [contacts, *options])], cwd=ROOT, text=True,
        stdout=subprocess.PIPE)
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, "the page did not start"
    yield Site(found.group(), process, contacts)
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def open_words() -> Callable:
    """A function of a page and a site that opens the tab of words."""
    def open_tab(page, site):
        page.goto(site.address)
        page.get_by_label("Word", exact=True).wait_for()
    return open_tab


@pytest.fixture(scope="session")
def open_photos() -> Callable:
    """A function of a page and a site that opens the tab of photos."""
    def open_tab(page, site):
        page.goto(site.address)
        page.get_by_role("tab", name="Photos").click()
        page.get_by_text("Choose photos").wait_for()
    return open_tab


@pytest.fixture(scope="session")
def choose() -> Callable:
    """A function of a page, a list's label and an entry, which it chooses."""
    def choose_one(page, label, name):
        page.get_by_label(label, exact=True).click()
        page.get_by_role("option", name=name, exact=True).click()
    return choose_one


@pytest.fixture
def report(open_page) -> Callable:
    """A function that opens the report and waits until all of it is drawn."""
    if not REPORT.exists():
        lacking("results/report.html is not there: make run makes it")

    def open_report(**options):
        page = open_page(**options)
        page.goto(REPORT.as_uri())
        page.wait_for_selector("html[data-drawn=all]", timeout=30_000)
        return page

    return open_report
