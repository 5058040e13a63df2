"""Words, labels and file names that would be markup, scripts or commands, on the page and in the
report: all of them stand there as text."""

import io

import numpy as np
import pytest
from PIL import Image
from small_pages import classifier_of, serving

from tests.reporting import test_page
from tests.reporting.test_page import make, render  # noqa: F401
from word2vec.vectors import WordVectors
from words_and_images_page.limits import Limits
from words_and_images_page.models import Models, named
from words_and_images_page.photos import PhotoModel
from words_and_images_page.words import WordModel

# Plotly takes <b> and links for what they are, and all else for text.
WORDS = ["<script>window.struck=1</script>", "<img/src=x/onerror=window.struck=1>", "<b>b</b>",
         '"><svg/onload=window.struck=1>', "'onmouseover='window.struck=1'", "&lt;b&gt;&amp;",
         "%{x}", "$x^2$", "{{7*7}}", "javascript:window.struck=1", "=cmd|'/c'!A0"]
COMMANDS = {"\x1b[31mred": r"\x1b[31mred", "a\u202egpj.exe": r"a\u202egpj.exe",
            "\u2066b": r"\u2066b", "c\x9b2J": r"c\x9b2J"}
LABELS = ["<img src=x onerror=window.struck=1>", "</script><script>window.struck=1</script>"]
PHOTO = "<img src=x onerror=window.struck=1>\u202egpj.png"


@pytest.fixture
def unharmed(page):
    """A function that fails where anything of the names ran, or became an element."""
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    def check():
        assert page.evaluate("window.struck") is None and not dialogs
        assert page.locator('img[src="x"], svg[onload], [onmouseover], [onerror]').count() == 0

    return check


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a page whose vectors, words, classifier and labels have such names."""
    words = [*WORDS, *COMMANDS]
    vectors = WordVectors(words, np.random.default_rng(1).normal(size=(len(words), 4)).astype("f4"))
    record = {"model": WORDS[1], "corpus": {"source": WORDS[0], "documents": 2,
                                            "origins": [{"name": "x", "about": WORDS[2]}]}}
    model_name, = named([tmp_path_factory.mktemp("x") / "<img src=x onerror=alert()>\u202e"])
    photos = PhotoModel(model_name, classifier_of(
        LABELS, images={"name": LABELS[0], "about": LABELS[1]}, backbone={"name": LABELS[0]}))
    from words_and_images_page.server import make_application

    application = make_application(
        Models({model_name: WordModel(model_name, vectors, record)}, {model_name: photos}),
        Limits())
    with serving(application) as (host, port):
        yield f"http://{host}:{port}"


def test_words_of_the_page_are_text(page, address, unharmed):
    page.goto(address)
    for word, shown in [*((word, word) for word in WORDS), *COMMANDS.items()]:
        page.get_by_label("Word", exact=True).fill(word)
        page.get_by_label("Word", exact=True).press("Enter")
        page.locator("#neighbours-answer").get_by_text(f"nearest to {shown}", exact=True).wait_for()
    unharmed()
    page.locator("#neighbours-answer button").first.click()  # asks for a neighbour in its turn
    page.locator("#neighbours-answer th").first.get_by_text("nearest to").wait_for()
    answer = page.locator("#neighbours-answer").text_content()
    assert any(word in answer for word in WORDS)
    for name, word in zip("abc", WORDS, strict=False):
        page.locator(f"#analogy-{name} textarea, #analogy-{name} input").fill(word)
    page.locator("#analogy-ask").click()
    page.locator("#map .main-svg").first.wait_for()
    drawn = page.locator("#map .textpoint text").all_text_contents()
    assert {*WORDS[:3]} <= {*drawn}
    unharmed()


def test_what_is_unknown_is_repeated_as_text(page, address, unharmed):
    page.goto(address)
    unknown = "<img src=x onerror=window.struck=1>\u202e"
    page.get_by_label("Word", exact=True).fill(unknown)
    page.get_by_label("Word", exact=True).press("Enter")
    refusal = page.locator("#neighbours-answer .refusal")
    refusal.wait_for()
    assert r"<img src=x onerror=window.struck=1>\u202e" in refusal.text_content()
    unharmed()


def test_labels_and_file_names_of_the_page_are_text(page, address, unharmed):
    content = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(content, "PNG")
    page.goto(address)
    page.get_by_role("tab", name="Photos").click()
    page.locator("#photo-files").set_input_files(
        {"name": PHOTO, "mimeType": "image/png", "buffer": content.getvalue()})
    card = page.locator("article.card")
    card.get_by_text(LABELS[0].upper(), exact=True).wait_for()
    assert card.locator(".name").text_content() == PHOTO.replace("\u202e", r"\u202e")
    card.get_by_text("Where does it look?").click()
    card.locator(".map img").wait_for()
    assert LABELS[1] in page.locator("#photo-model").text_content()
    unharmed()


@pytest.mark.usefixtures("page")
def test_words_and_labels_of_the_report_are_text(page, unharmed, make, render, monkeypatch,  # noqa: F811
                                                 tmp_path):
    words = ["king", *WORDS[:4], "a\u202eb", "\x1b[31m"]
    monkeypatch.setattr(test_page, "WORDS", words)
    monkeypatch.setattr(test_page, "PAIRS", (tuple(words[1:3]), tuple(words[3:5])))
    monkeypatch.setattr(test_page, "SECTIONS", [
        {**row, "section": name} for row, name in zip(test_page.SECTIONS, WORDS, strict=False)])
    labels = ['<a href="javascript:window.struck=1">a</a>', LABELS[1]]
    render(make(labels=labels, about={"name": WORDS[0], "about": WORDS[1]}))
    page.goto((tmp_path / "page.html").as_uri(), timeout=30_000)
    page.wait_for_selector("html[data-drawn=all]", timeout=30_000)
    unharmed()
    text = page.locator("main, body").first.inner_text()
    for shown in (WORDS[0], WORDS[1], *labels):
        assert shown in text
    for summary in page.locator("summary").all():
        summary.click()
    everything = page.locator("body").text_content()
    assert "\u202e" not in everything and "\x1b" not in everything
    drawn = page.locator("svg text").all_text_contents()
    assert {*labels, *WORDS[:3]} <= {*drawn}
    page.locator("#map-plot").hover()
    unharmed()
