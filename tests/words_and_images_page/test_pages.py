"""What answers look like as HTML and as a figure."""

import json
import re
from html import unescape

import pytest

from words_and_images_page import html, photos
from words_and_images_page.models import named
from words_and_images_page.word_plot import FIRST, SECOND, analogy_figure
from words_and_images_page.words import Neighbours

pytest.importorskip("gradio", reason="the extra app is not installed")

from words_and_images_page.words_tab import answered, corrected, tried  # noqa: E402

SCRIPT = "<script>alert(1)</script>"


def test_words_are_escaped_everywhere(word_model):
    shown = html.neighbours(Neighbours(SCRIPT, [(SCRIPT, 0.5), ('"onclick="x', 0.4)]))
    unknown = answered(lambda: html.neighbours(word_model.neighbours(SCRIPT)), "press",
                       {"field": SCRIPT})
    for text in (shown, unknown, html.refusal(SCRIPT), html.ask_button(SCRIPT, {SCRIPT: SCRIPT},
                                                                       SCRIPT, SCRIPT)):
        assert "<script" not in text
        assert '"onclick' not in text


def test_an_unknown_word_is_answered_with_buttons_that_correct_it(word_model):
    shown = answered(lambda: html.similarity(word_model.similarity("man", "qeen"), 6), "ask-it",
                     {"a": "man", "b": "qeen"})
    assert "did you mean" in shown
    assert html.ask_button("queen", {"a": "man", "b": "queen"}, "ask-it") in shown


def test_only_the_unknown_word_of_a_list_is_corrected():
    assert corrected({"words": "king qeen qeens man"}, "qeen", "queen") == {
        "words": "king queen qeens man"}
    assert corrected({"word": " new yrk "}, "new yrk", "new_york") == {"word": "new_york"}


def test_only_examples_whose_words_are_known_are_offered(word_model):
    neighbours, similarity, odd, analogy = tried(word_model)
    assert "queen" in neighbours and "computer" not in neighbours
    assert "king, queen" in similarity and "coffee" not in similarity
    assert odd == ""
    assert "man : king = woman : ?" in analogy and "tokyo" not in analogy


def test_bars_are_as_long_as_their_scores():
    shown = html.table("t", "m", [("a", 0.8), ("b", 0.4), ("c", -0.1)])
    assert [f"width:{width}%" in shown for width in (100, 50, 0)] == [True] * 3


def test_the_map_holds_the_words_and_an_arrow_for_each_pair(word_model):
    placed = word_model.placed(["man", "king", "woman", "queen"])
    figure = json.loads(analogy_figure(placed))
    first, second = figure["layout"]["annotations"]
    places = placed.places.round(4).tolist()
    assert [first["ax"], first["ay"], first["x"], first["y"]] == [*places[0], *places[1]]
    assert [second["ax"], second["ay"], second["x"], second["y"]] == [*places[2], *places[3]]
    assert (first["arrowcolor"], second["arrowcolor"]) == (FIRST, SECOND)
    texts = [text for trace in figure["data"][1:] for text in trace["text"]]
    assert texts == ["<b>man</b>", "<b>king</b>", "<b>woman</b>", "<b>queen</b>"]


def test_without_an_answer_only_the_first_pair_has_an_arrow(word_model):
    figure = json.loads(analogy_figure(word_model.placed(["man", "king", "woman"])))
    assert len(figure["layout"]["annotations"]) == 1


BAD = '<script>\u202e"\n\x1b'
SPELLED = "&lt;script&gt;\\u202e&quot;\\n\\x1b"


def test_what_others_named_turns_and_breaks_no_line_and_is_kept_for_the_question():
    table = html.neighbours(Neighbours(BAD, [(BAD, 0.5)]))
    button = html.ask_button(BAD, {"neighbours-word": BAD}, "ask", BAD)
    for text in (table, button, html.refusal(BAD)):
        assert SPELLED in text and "<script>" not in text
        assert not {"\u202e", "\n", "\x1b"}.intersection(text)
    values = unescape(re.search('data-values="([^"]*)"', button)[1])
    assert json.loads(values) == {"neighbours-word": BAD}


def test_labels_and_names_of_images_are_printable():
    assert photos.shown("a\u202e\nb") == "A\\u202e\\nB"
    record = {"images": {"name": "a\u202e\n"}, "test": {"score_ranges": [
        {"low": 0.0, "high": 1.0, "count": 1, "right": 1, "interval": [0.2, 1.0]}]}}
    assert "of a\\u202e\\n with" in photos.evaluation_sentence(record, 0.5)


def test_models_have_printable_names(tmp_path):
    assert [*named([tmp_path / "a\u202e", tmp_path / "b\udc80"])] == ["a\\u202e", "b\\udc80"]
