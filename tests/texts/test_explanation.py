import html
import re

import numpy as np
import pytest

from texts import explanation
from texts.classifier import Classifier
from texts.explanation import explain_text, write_page
from words_and_images.common.errors import UserError

TEXT = "The ball,\n and Bread  bread the goal"


@pytest.fixture(scope="module")
def classifier(model):
    return Classifier.load(model)


def test_a_weight_is_what_the_log_odds_lose_without_the_piece(classifier):
    found = explain_text(classifier, TEXT, "sport")
    whole, without = classifier.probabilities([TEXT, "The ball,\n and    the goal"])
    weights = {each.piece: each for each in found.pieces}
    assert set(weights) == {"the", "ball,", "and", "bread", "goal"}
    assert weights["bread"].count == 2
    odds = np.log(whole.astype(float) / (1 - whole)), np.log(without.astype(float) / (1 - without))
    assert weights["bread"].weight == pytest.approx(odds[0][1] - odds[1][1], rel=1e-3)
    assert weights["bread"].weight < 0 < weights["goal"].weight
    sizes = [abs(each.weight) for each in found.pieces]
    assert sizes == sorted(sizes, reverse=True)


def test_the_best_label_is_explained_unless_one_is_named(classifier):
    assert explain_text(classifier, "the ball").label == "sport"
    assert explain_text(classifier, "the ball", "FOOD").label == "food"
    with pytest.raises(UserError, match="knows no label 'foot'; did you mean food"):
        explain_text(classifier, "the ball", "foot")
    for text, told in ((" \n", "it has no words"), ("Les actions", "it has no word that the")):
        with pytest.raises(UserError, match=told):
            explain_text(classifier, text, name="it")


def test_a_label_beyond_doubt_has_its_reasons_too(classifier):
    found = explain_text(classifier, "ball goal team match win player coach league " * 9)
    assert found.score > 0.999 and all(each.weight > 0.1 for each in found.pieces)


def test_of_many_pieces_the_most_frequent_are_tried_and_that_is_told(classifier, monkeypatch):
    monkeypatch.setattr(explanation, "MOST_PIECES", 3)
    monkeypatch.setattr(explanation, "LEAST_PIECES", 2)
    found = explain_text(classifier, "a a a b b c c d ball")
    assert {each.piece for each in found.pieces} == {"a", "b", "c"} and found.left_out == 2
    assert "the 3 most frequent pieces were tried; 2 rarer ones were not" in found.text()
    assert "2 rarer ones" in found.html() and found.to_json()["left_out"] == 2


def test_many_texts_are_classified_some_at_a_time_to_the_same_weights(classifier, monkeypatch):
    once = explain_text(classifier, TEXT)
    monkeypatch.setattr(explanation, "AT_ONCE", 70)
    assert explain_text(classifier, TEXT).pieces == once.pieces


def test_text_is_a_table_and_in_a_terminal_the_marked_text(classifier, monkeypatch):
    found = explain_text(classifier, TEXT, "sport")
    plain = found.text().splitlines()
    assert re.fullmatch(r"sport \(score = 0\.\d{5}\)", plain[0])
    assert all(re.fullmatch(r"[+-]\d\.\d\d \S+", line) for line in plain[1:])
    monkeypatch.setattr(explanation, "is_coloured", lambda stream: True)
    marked = found.text().partition("\n\n")[2]
    assert re.search(r"\x1b\[(1;)?31mBread\x1b\[0m  \x1b\[(1;)?31mbread\x1b\[0m ", marked)
    assert re.search(r"\x1b\[(1;)?32mgoal\x1b\[0m", marked)
    assert re.sub(r"\x1b\[[\d;]*m", "", marked) == TEXT


def test_a_piece_as_long_as_a_page_is_cut_in_the_table(classifier):
    longest = max(explain_text(classifier, "ball " + "x" * 10_000).text().splitlines(), key=len)
    assert len(longest) < 400 and longest.endswith("x...")


def test_html_is_the_text_with_everything_escaped(classifier):
    hostile = "<script>alert(1)</script> ball & \x1b[2J \u202egpj \x0b\tx\r\ny \"goal\" &amp;"
    page = explain_text(classifier, hostile, name="<b>\x1b\u202e").html()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", page)
    assert "<script" not in page and "<b>" not in page and "http" not in page.replace("http-", "")
    body = re.search("<pre>(.*)</pre>", page, re.DOTALL)[1]
    bare = html.unescape(re.sub("</?mark[^>]*>", "", body))
    assert bare == ('<script>alert(1)</script> ball & \\x1b[2J \\u202egpj \\x0b\tx\ny "goal" &amp;')


def test_a_terminal_obeys_nothing_of_a_text(classifier, monkeypatch):
    for coloured in (False, True):
        monkeypatch.setattr(explanation, "is_coloured", lambda stream, it=coloured: it)
        told = explain_text(classifier, "ball \x1b[2J bread\x07 \u202egoal", "food").text()
        assert not re.search("\x1b(?!\\[[\\d;]*m)|[\x07\u202e]", told)


def test_a_page_replaces_only_a_page(classifier, tmp_path):
    found, out = explain_text(classifier, TEXT), tmp_path / "a.html"
    write_page(found, out)
    write_page(found, out)
    (tmp_path / "b.html").write_text("<!doctype html><p>mine")
    with pytest.raises(UserError, match="is no page that texts explain wrote"):
        write_page(found, tmp_path / "b.html")
    assert (tmp_path / "b.html").read_text() == "<!doctype html><p>mine"
