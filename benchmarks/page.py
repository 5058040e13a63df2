"""The page of `python -m app` as a person meets it: how soon it starts and answers.

Chromium asks the running page; a time is from the key or the choice of a file to the first frame
that shows the answer. Run it from the project's folder, after `make run`, with
``python -m benchmarks.page``.
"""

import io
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import numpy as np
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.chromium import find_chromium, missing_sentence
from benchmarks.page_load import load_answers, load_table, visitor_of
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError
from words_and_images.common.memory import watched
from words_and_images.common.parameters import require
from words_and_images.common.progress import say

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
COMMAND = [sys.executable, "-m", "app", "--port", "0"]
WIDTH, HEIGHT = 2048, 1536  # of a photo, in pixels
PEOPLE = 10
WORDS = ("queen", "paris", "tea", "coffee", "river", "house", "dog", "cat", "moon", "sun", "green",
         "red", "monday", "table", "music", "war", "peace", "money", "church", "school")
# Times what happens between an event and the first frame with a new answer in a place.
STOPWATCH = """([place, answer, kind, key]) => {
  window.times = [];
  let begun = 0;
  document.addEventListener(kind, (event) => {
    if (!key || event.key === key) begun = performance.now();
  }, true);
  new MutationObserver(() => {
    if (!begun || (answer && !document.querySelector(answer))) return;
    const since = begun;
    begun = 0;
    requestAnimationFrame(() => window.times.push(performance.now() - since));
  }).observe(document.querySelector(place),
             { subtree: true, childList: true, characterData: true });
}"""

# Its arguments: where the answer stands, what must be there, and the event that asks.
WORD_ANSWER = ["#neighbours-answer", "", "keydown", "Enter"]
WORD_CLICKED = ["#neighbours-answer", "", "click", ""]
PRESS = """(moment) => { setTimeout(() => document.querySelector("#neighbours-ask").click(),
                                    moment - Date.now()); }"""
PHOTO_ANSWER = ["#photo-cards", "#photo-cards .where", "change", ""]


@application.command()
def measure(
    starts: Annotated[int, typer.Option(help="Times the page is started.")] = 5,
    questions: Annotated[int, typer.Option(help="Of each kind, once warm.")] = 20,
) -> None:
    """Print how soon the page starts and answers one, ten and hundreds at once."""
    require(starts >= 1, "starts", starts, "at least 1")
    require(1 <= questions <= len(WORDS), "questions", questions, f"1 to {len(WORDS)}")
    program = find_chromium()
    if program is None:
        raise UserError(missing_sentence())
    say(f"starting the page {starts} times")
    rows = [("start, to the first page served", [_start() for _ in range(starts)])]
    from playwright.sync_api import sync_playwright

    with _page() as (address, process), watched(process.pid) as memory, \
            sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        say("asking it")
        rows += [("word query", word_times(browser, address, questions)),
                 (f"photo, {WIDTH} x {HEIGHT} pixels", photo_times(browser, address, questions)),
                 ("occlusion map", map_times(browser, address)),
                 *people_times(browser, address)]
        browser.close()
        photos = [_photo(number)["buffer"] for number in range(PEOPLE)]
        load = load_answers(visitor_of(urlsplit(address).netloc, photos), process.pid)
    _show(rows, memory.peak)
    Console().print(load_table(load))


@contextmanager
def _page() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running page: its address and its process."""
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if not found:
            raise UserError("the page did not start; see what `python -m app` says.")
        yield found.group(), process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


def _start() -> float:
    """Milliseconds from the command to the first page served."""
    begun = time.perf_counter()
    with _page() as (address, _), urllib.request.urlopen(address) as response:
        response.read()
        return 1000 * (time.perf_counter() - begun)


def word_times(browser: Any, address: str, count: int) -> list[float]:
    """Milliseconds of questions for a word's neighbours."""
    page = browser.new_page()
    page.goto(address)
    _ask_word(page, "king")
    page.evaluate(STOPWATCH, WORD_ANSWER)
    for word in WORDS[:count]:
        _ask_word(page, word)
        page.wait_for_timeout(50)
    times: list[float] = page.evaluate("window.times")
    page.close()
    return times


def _ask_word(page: Any, word: str) -> None:
    field = page.get_by_label("Word", exact=True)
    field.fill(word)
    field.press("Enter")
    page.get_by_text(f"nearest to {word}", exact=True).wait_for()


def _photos_page(browser: Any, address: str) -> Any:
    page = browser.new_page()
    page.goto(address)
    page.get_by_role("tab", name="Photos").click()
    page.locator("#photo-files").wait_for(state="attached")
    return page


def photo_times(browser: Any, address: str, count: int) -> list[float]:
    """Milliseconds from the choice of a photo to its answer."""
    page = _photos_page(browser, address)
    page.evaluate(STOPWATCH, PHOTO_ANSWER)
    for number in range(count):
        page.set_input_files("#photo-files", [_photo(number)])
        page.locator(".card .where").wait_for()
        page.wait_for_timeout(50)
        page.get_by_role("button", name="Remove").click()
    times: list[float] = page.evaluate("window.times")
    page.close()
    return times


def _photo(number: int) -> dict[str, Any]:
    """A JPEG with large shapes and noise, another for each number, as Playwright chooses it."""
    generator = np.random.default_rng(number)
    coarse = generator.integers(0, 200, (6, 8, 3), np.uint8)
    picture = np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT)))
    noise = generator.integers(0, 50, picture.shape, np.uint8)
    stream = io.BytesIO()
    Image.fromarray(picture + noise).save(stream, "JPEG", quality=85)
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": stream.getvalue()}


def map_times(browser: Any, address: str, count: int = 3) -> list[float]:
    """Milliseconds from the click to the map of a photo."""
    times = []
    page = _photos_page(browser, address)
    for number in range(count):
        page.set_input_files("#photo-files", [_photo(number)])
        where = page.locator(".card .where")
        where.wait_for()
        begun = time.perf_counter()
        where.click()
        page.locator(".card .map").wait_for(timeout=60_000)
        times.append(1000 * (time.perf_counter() - begun))
        page.get_by_role("button", name="Remove").click()
    page.close()
    return times


def people_times(browser: Any, address: str) -> list[tuple[str, list[float]]]:
    """Milliseconds that each of ten people waits who ask side by side.

    Their ten windows share the cores with the page.
    """
    people = [_photos_page(browser, address) for _ in range(PEOPLE)]
    photos = [_photo(number) for number in range(PEOPLE)]
    for person in people:
        person.evaluate(STOPWATCH, PHOTO_ANSWER)
    for person, photo in zip(people, photos, strict=True):
        person.set_input_files("#photo-files", [photo])
    for person in people:
        person.locator(".card .where").wait_for()
    photo_waits = [time for person in people for time in person.evaluate("window.times")]
    for person, word in zip(people, WORDS, strict=False):
        person.get_by_role("tab", name="Words").click()
        person.get_by_label("Word", exact=True).fill(word)
        person.evaluate(STOPWATCH, WORD_CLICKED)
    # Told one after the other, they all press at the same moment.
    moment = 1000 * (time.time() + 2)
    for person in people:
        person.evaluate(PRESS, moment)
    for person, word in zip(people, WORDS, strict=False):
        person.get_by_text(f"nearest to {word}", exact=True).wait_for()
    word_waits = [time for person in people for time in person.evaluate("window.times")]
    return [("ten people at once, a word each", word_waits),
            ("ten people at once, a photo each", photo_waits)]


def _show(rows: list[tuple[str, list[float]]], peak: float) -> None:
    table = Table("", box=None)
    for column in ("median, ms", "worst, ms", "of"):
        table.add_column(column, justify="right")
    for name, times in rows:
        table.add_row(name, f"{statistics.median(times):,.0f}", f"{max(times):,.0f}",
                      str(len(times)))
    console = Console()
    console.print(table)
    console.print(f"peak memory of the page: {peak / 2**20:,.0f} MB", highlight=False)


def main() -> None:
    """Entry point of the module."""
    if not Path("app").is_dir():
        raise SystemExit("run it from the project's folder.")
    run_application(application)


if __name__ == "__main__":
    main()
