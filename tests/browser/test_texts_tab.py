"""The tab of texts, as a person uses it: a classifier of a moment's training, and texts pasted."""

import random

import pytest
from small_pages import serving

from texts.documents import DocumentsParameters
from texts.parameters import ModelParameters
from texts.retraining import Recipe, retrain_classifier
from words_and_images.retraining.evaluation import ClassifyParameters
from words_and_images_page.limits import Limits
from words_and_images_page.models import load_models
from words_and_images_page.texts import LONGEST, MISSING, NO_WORDS, TOO_LONG

expect = pytest.importorskip("playwright.sync_api").expect

PASTING = {"permissions": ["clipboard-read", "clipboard-write"]}
COMMON = ["the", "a", "of", "and", "to", "in", "it", "was", "for", "on", "with", "as", "that"]
WORDS = {"rec.sport.hockey": ["goal", "team", "puck", "ice", "season", "coach", "rink"],
         "sci.space": ["orbit", "rocket", "moon", "launch", "satellite", "comet", "probe"]}
LABELS = ("<img src=x onerror=window.struck=1>", "</pre><script>window.struck=1</script>\u202e")
TEXT = ("The team was on the ice, and a goal in the season\nmade the coach look at the moon: "
        "this was not an orbit.")
HOSTILE = ("goal </pre><script>window.struck=1</script> <img src=x onerror=window.struck=1> team "
           "\u202egpj.exe \x1b[31mred \"'onmouseover='window.struck=1' puck")


def train(folder, labels, not_sure):
    """Write documents of two kinds, and train a classifier of them."""
    generator = random.Random(1)
    documents = folder.parent / f"{folder.name}.tsv"
    rows = [f"{' '.join(generator.choices(COMMON, k=12) + generator.choices(own, k=6))}\t{label}"
            for label, own in zip(labels, WORDS.values(), strict=True) for _ in range(40)]
    documents.write_text("\n".join(["text\tlabel", *rows]), encoding="utf-8")
    retrain_classifier(Recipe(DocumentsParameters(str(documents)),
                              model=ModelParameters(kind="tfidf"),
                              classify=ClassifyParameters(not_sure=not_sure)), folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a page with three classifiers of texts and nothing else."""
    from words_and_images_page.server import make_application

    folder = tmp_path_factory.mktemp("texts")
    folders = [folder / name for name in ("newsgroups", "doubtful", "hostile")]
    for each, labels, not_sure in zip(folders, (WORDS, WORDS, LABELS), (0, 1, 0), strict=True):
        train(each, labels, not_sure)
    models = load_models([], [], folders, Limits())
    with serving(make_application(models, Limits())) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def texts(open_page, address):
    """A function that opens the tab."""
    def open_tab(**options):
        page = open_page(**PASTING, **options)
        page.goto(address)
        page.get_by_role("tab", name="Texts").click()
        page.get_by_label("Text of up to 20,000 characters").wait_for()
        return page

    return open_tab


def paste(page, text):
    """Replace what is in the field by a text of the clipboard."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.get_by_label("Text of up to 20,000 characters").focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")


def classify(page, text):
    """Paste, and press the button; where the answer stands."""
    paste(page, text)
    page.get_by_role("button", name="Classify").click()
    return page.locator("#text-answer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_pasted_text_is_answered_and_its_words_are_marked(texts, screenshot, scheme):
    page = texts(color_scheme=scheme)
    answer = classify(page, TEXT)
    expect(answer.locator(".answer")).to_have_text("rec.sport.hockey")
    expect(answer.locator("tbody th")).to_have_text([*WORDS])
    expect(answer.locator("pre")).to_have_text(TEXT, use_inner_text=True)
    weights = {each.text_content(): each.get_attribute("title")
               for each in answer.locator("mark").all()}
    assert all(weights[word][0] == "+" for word in ("team", "goal", "season"))
    assert all(weights[word][0] == "-" for word in ("moon:", "orbit."))
    expect(answer).to_contain_text("test documents of newsgroups.tsv with a score of")
    screenshot(page, f"texts-{scheme}")


def test_another_classifier_answers_when_it_is_chosen_and_may_be_not_sure(texts, choose):
    page = texts()
    expect(classify(page, TEXT).locator(".answer")).to_have_text("rec.sport.hockey")
    choose(page, "Classifier of texts", "doubtful")
    expect(page.locator("#text-answer .answer")).to_have_count(0)
    page.get_by_role("button", name="Classify").click()
    expect(page.locator("#text-answer .answer")).to_have_text("NOT SURE")
    expect(page.locator("#text-answer")).to_contain_text("Scores below 1 are no answer.")


def test_what_cannot_be_answered_is_one_sentence(texts):
    page = texts()
    for text, sentence in ((" ", MISSING), ("12 + 34", NO_WORDS),
                           ("goal " * (LONGEST // 5) + "team", TOO_LONG),
                           ("\U0001f600" * LONGEST, TOO_LONG)):
        expect(classify(page, text).get_by_role("alert")).to_have_text(sentence)
    expect(classify(page, "goal " * (LONGEST // 5)).locator(".answer")).to_have_text(
        "rec.sport.hockey")


def test_a_text_of_unknown_words_is_answered_with_a_warning(texts):
    answer = classify(texts(), "Une équipe gagne avec un goal")
    expect(answer.get_by_role("alert")).to_contain_text("of the words (83.3 %) are unknown")
    expect(answer.locator(".answer")).to_have_text("rec.sport.hockey")


def test_a_hostile_text_and_hostile_labels_are_text(texts, choose, screenshot):
    page = texts()
    choose(page, "Classifier of texts", "hostile")
    page.get_by_text("The 2 labels that it tells apart").click()
    answer = classify(page, HOSTILE)
    expect(answer.locator(".answer")).to_have_text(LABELS[0])
    shown = answer.locator("pre").text_content()
    assert shown == HOSTILE.replace("\u202e", r"\u202e").replace("\x1b", r"\x1b")
    everything = page.locator("body").text_content()
    assert LABELS[1].replace("\u202e", r"\u202e") in everything
    assert not {"\u202e", "\x1b"}.intersection(answer.text_content())
    assert page.evaluate("window.struck") is None
    assert page.locator('img[src="x"], [onmouseover], [onerror]').count() == 0
    screenshot(page, "texts-hostile")


def test_it_fits_a_phone(phone, address, screenshot):
    phone.goto(address)
    phone.get_by_role("tab", name="Texts").tap()
    phone.get_by_label("Text of up to 20,000 characters").fill(TEXT + "x" * 200)
    phone.get_by_role("button", name="Classify").tap()
    expect(phone.locator("#text-answer .answer")).to_have_text("rec.sport.hockey")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(phone, "texts-phone")


def test_without_a_classifier_the_tab_says_how_to_make_one(page, tmp_path):
    from words_and_images_page.models import Models
    from words_and_images_page.server import make_application

    with serving(make_application(Models({}, {}), Limits())) as (host, port):
        page.goto(f"http://{host}:{port}")
        page.get_by_role("tab", name="Texts").click()
        expect(page.get_by_text("texts retrain my-documents/ models/texts/mine")).to_be_visible()
