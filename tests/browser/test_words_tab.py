"""The tab of words, as a person uses it."""

import re
import statistics
from pathlib import Path

import pytest

from tests.browser.conftest import ROOT
from words_and_images_page.words import WordModel

expect = pytest.importorskip("playwright.sync_api").expect

WORDS = ["queen", "paris", "tea", "coffee", "river", "house", "dog", "cat", "moon", "sun", "green",
         "red", "monday", "table", "music", "war", "peace", "money", "church", "school"]


@pytest.fixture(scope="module")
def cbow(models):
    """The same vectors, asked without the page."""
    return WordModel.load(ROOT / "models" / "vectors" / "cbow", "cbow")


@pytest.fixture
def words(page, site, open_words):
    open_words(page, site)
    return page


def type_and_enter(page, **values):
    for label, value in values.items():
        field = page.get_by_label(label.replace("_", " "), exact=True)
        field.fill(value)
    field.press("Enter")


def words_of(page, selector):
    return page.locator(f"{selector} tbody th").all_inner_texts()


def test_enter_shows_the_neighbours_of_a_word(words, cbow, screenshot):
    type_and_enter(words, Word="king")
    expect(words.get_by_text("nearest to king")).to_be_visible()
    found = cbow.neighbours("king").nearest
    assert words_of(words, "#neighbours-answer") == [word for word, _ in found]
    assert words.locator("#neighbours-answer td.score").first.inner_text() == f"{found[0][1]:.3f}"
    screenshot(words, "words-neighbours")


def test_a_neighbour_can_be_clicked_to_see_its_own(words):
    type_and_enter(words, Word="king")
    expect(words.get_by_text("nearest to king")).to_be_visible()
    first = words.locator("#neighbours-answer button.ask").first
    word = first.inner_text()
    first.click()
    expect(words.get_by_text(f"nearest to {word}", exact=True)).to_be_visible()
    expect(words.get_by_label("Word", exact=True)).to_have_value(word)


def test_an_analogy_is_answered_by_both_methods_and_drawn(words, cbow, screenshot):
    type_and_enter(words, a="man", is_to_b="king", as_c="woman")
    expect(words.locator("#analogy-answer .sentence")).to_have_text(
        "man is to king as woman is to queen")
    added, multiplied = words.locator("#analogy-answer table").all()
    found = cbow.analogy("man", "king", "woman")
    assert added.locator("thead").inner_text().startswith("3CosAdd")
    assert added.locator("tbody th").all_inner_texts() == [word for word, _ in found.added]
    assert multiplied.locator("thead").inner_text().startswith("3CosMul")
    assert multiplied.locator("tbody th").all_inner_texts() == [
        word for word, _ in found.multiplied]
    expect(words.locator("#map .annotation-arrow-g")).to_have_count(2)
    drawn = words.locator("#map svg.main-svg").first
    for word in ("man", "king", "woman", "queen"):
        expect(drawn.get_by_text(word, exact=True).first).to_be_visible()
    assert any("Plotly" in url for url in words.log.requests)
    words.wait_for_timeout(300)
    screenshot(words, "words-analogy")


def test_the_button_asks_too(words):
    words.get_by_label("Word", exact=True).fill("tea")
    words.get_by_role("button", name="Find").click()
    expect(words.get_by_text("nearest to tea", exact=True)).to_be_visible()


def test_the_odd_one_out_is_picked(words, screenshot):
    type_and_enter(words, **{"Words, three or more": "rome, berlin, paris river"})
    expect(words.get_by_text("river fits the others least")).to_be_visible()
    assert words_of(words, "#odd-answer")[-1] == "river"
    screenshot(words, "words-odd-one-out")


def test_two_words_are_compared(words, cbow):
    type_and_enter(words, One_word="coffee", Another="tea")
    found = cbow.similarity("coffee", "tea")
    expect(words.locator("#similarity-answer .number")).to_have_text(f"{found.cosine:.3f}")
    expect(words.get_by_text(f"tea is number {found.rank} of the")).to_be_visible()


def test_an_unknown_word_is_one_sentence_and_its_suggestion_answers(words, cbow, screenshot):
    type_and_enter(words, Word="qeen")
    alert = words.get_by_role("alert")
    expect(alert).to_have_text(
        f"'qeen' is not among the {len(cbow.vectors):,} words; did you mean one of these?")
    screenshot(words, "words-unknown")
    words.locator("#neighbours-answer").get_by_role("button", name="queen", exact=True).click()
    expect(words.get_by_text("nearest to queen", exact=True)).to_be_visible()
    expect(words.get_by_label("Word", exact=True)).to_have_value("queen")
    expect(alert).to_have_count(0)


def test_an_unknown_word_of_an_analogy_is_corrected_in_its_place(words):
    type_and_enter(words, a="man", is_to_b="kingg", as_c="woman")
    words.locator("#analogy-answer").get_by_role("button", name="king", exact=True).click()
    expect(words.locator("#analogy-answer .sentence")).to_contain_text("woman is to queen")
    expect(words.get_by_label("is to b", exact=True)).to_have_value("king")


def test_whatever_is_typed_is_answered_with_a_sentence(words, cbow):
    alert = words.locator("#neighbours-answer").get_by_role("alert")
    count = f"{len(cbow.vectors):,} words"
    for typed, sentence in {
        "": "A word is missing; type one.", "   ": "A word is missing; type one.",
        "x" * 500: f"'{'x' * 60}...' is not among the {count}; try another one.",
        "<img src=x onerror=alert(1)>": "'<img src=x onerror=alert(1)>' is not among",
        "日本": "'日本' is not among", "{{7*7}}": "'{{7*7}}' is not among",
        "\\": "is not among"}.items():
        type_and_enter(words, Word=typed)
        expect(alert).to_contain_text(sentence)
        assert "\n" not in alert.inner_text().strip()
    expect(words.locator("#neighbours-answer img")).to_have_count(0)
    expect(words.get_by_text("Error", exact=True)).to_have_count(0)


def test_examples_ask_by_a_click(words):
    words.get_by_role("button", name="man : king = woman : ?").click()
    expect(words.locator("#analogy-answer .sentence")).to_contain_text("queen")
    words.get_by_role("button", name="red green monday blue").click()
    expect(words.get_by_text("monday fits the others least")).to_be_visible()


def test_other_vectors_answer_when_they_are_chosen(words, cbow, choose):
    count = f"{len(cbow.vectors):,} words"
    expect(words.get_by_text(f"cbow answers: {count} of 100 values")).to_be_visible()
    type_and_enter(words, Word="king")
    expect(words.get_by_text("nearest to king")).to_be_visible()
    before = words_of(words, "#neighbours-answer")
    choose(words, "Vectors", "skipgram")
    expect(words.get_by_text(f"skipgram answers: {count}")).to_be_visible()
    expect(words.get_by_text('trained by skip-gram on the corpus "embedded"')).to_be_visible()
    words.get_by_label("Word", exact=True).press("Enter")
    other = WordModel.load(ROOT / "models" / "vectors" / "skipgram", "skipgram")
    after = [word for word, _ in other.neighbours("king").nearest]
    assert after != before
    expect(words.locator("#neighbours-answer tbody th").nth(0)).to_have_text(after[0])
    expect(words.locator("#neighbours-answer tbody th")).to_have_text(after)


def test_the_corpus_and_the_way_to_ones_own_are_told(words):
    words.get_by_text("What the corpus holds").click()
    expect(words.get_by_text("State of the Union messages")).to_be_visible()
    words.get_by_text("Train on your own text").click()
    expect(words.get_by_text("word2vec train my-texts/ models/vectors/mine")).to_be_visible()


def test_the_keyboard_is_enough_and_every_field_has_a_name(words):
    words.get_by_label("Word", exact=True).focus()
    words.keyboard.type("bread")
    words.keyboard.press("Tab")
    expect(words.get_by_role("button", name="Find")).to_be_focused()
    words.keyboard.press("Enter")
    expect(words.get_by_text("nearest to bread")).to_be_visible()
    words.keyboard.press("Tab")
    expect(words.locator("#neighbours-answer button.ask").first).to_be_focused()
    unnamed = words.evaluate("""() => [...document.querySelectorAll("input, textarea, button")]
        .filter((field) => field.offsetParent && !field.labels?.length
            && !field.getAttribute("aria-label") && !field.textContent.trim())
        .map((field) => field.outerHTML)""")
    assert unnamed == []


def test_it_looks_well_in_the_dark(open_page, site, open_words, screenshot):
    page = open_page(color_scheme="dark")
    open_words(page, site)
    page.get_by_role("button", name="japan : tokyo").click()
    expect(page.locator("#map .annotation-arrow-g")).to_have_count(2)
    ground, ink = (page.evaluate(f"getComputedStyle(document.querySelector('{where}')).{what}")
                   for where, what in (("body", "backgroundColor"), ("h2", "color")))
    assert brightness(ground) < 60 < 180 < brightness(ink)
    screenshot(page, "words-dark")


def brightness(colour: str) -> float:
    """Of a CSS colour, 0 to 255."""
    return statistics.mean(float(part) for part in re.findall(r"[\d.]+", colour)[:3])


def test_other_vectors_leave_no_answers_of_the_old_ones(words, choose):
    words.get_by_role("button", name="man : king = woman : ?").click()
    expect(words.locator("#map .annotation-arrow-g")).to_have_count(2)
    type_and_enter(words, Word="king")
    expect(words.get_by_text("nearest to king")).to_be_visible()
    choose(words, "Vectors", "skipgram")
    expect(words.get_by_text("nearest to king")).to_have_count(0)
    expect(words.locator("#analogy-answer table")).to_have_count(0)
    expect(words.locator("#map")).to_be_hidden()


def test_it_fits_a_phone(phone, site, open_words, screenshot):
    open_words(phone, site)
    phone.get_by_role("button", name="man : king = woman : ?").tap()
    expect(phone.locator("#map .annotation-arrow-g")).to_have_count(2)
    type_and_enter(phone, Word="king")
    expect(phone.get_by_text("nearest to king")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(phone, "words-phone")


def test_ten_people_at_once_are_all_answered(open_page, site, open_words, open_photos, cbow):
    # With options each has a window of its own; of tabs in one window only the front one is drawn.
    people = [open_page(viewport={"width": 900, "height": 700}) for _ in range(10)]
    for person in people:
        open_words(person, site)
    for person, word in zip(people, WORDS, strict=False):
        type_and_enter(person, Word=word)
    for person, word in zip(people, WORDS, strict=False):
        expect(person.get_by_text(f"nearest to {word}", exact=True)).to_be_visible()
        assert words_of(person, "#neighbours-answer") == [
            each for each, _ in cbow.neighbours(word).nearest]
    for person in people:
        person.get_by_role("tab", name="Photos").click()
        person.locator("button.example").first.wait_for()
    for number, person in enumerate(people):
        person.locator("button.example").nth(number % 2).click()
    for number, person in enumerate(people):
        expect(person.locator(".card .answer")).to_have_text(["HOT DOG", "NOT HOT DOG"][number % 2])


def test_the_page_turned_to_no_other_machine_and_loaded_no_tensorflow(words, site):
    type_and_enter(words, Word="king")
    expect(words.get_by_text("nearest to king")).to_be_visible()
    assert site.contacts.read_text() == ""
    maps = Path(f"/proc/{site.process.pid}/maps")
    assert not maps.exists() or "/tensorflow/" not in maps.read_text()
