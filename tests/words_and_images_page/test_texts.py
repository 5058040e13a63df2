import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape

import pytest
from small_pages import DOCUMENTS, text_classifier_of

from texts.explanation import NO_PIECE, explain_text
from words_and_images.common.errors import UserError
from words_and_images_page import html, texts
from words_and_images_page.limits import Limits
from words_and_images_page.models import load_models
from words_and_images_page.texts import TextModel

TEST = {"accuracy": 0.9, "count": 40, "interval": [0.77, 0.96], "score_ranges": [
    {"low": 0.9, "high": 1.0, "count": 30, "right": 29, "interval": [0.83, 0.99]}]}


def shown(model, text) -> str:
    return html.classified(model.answer(text), model.name)


def visible(marked: str) -> str:
    """What a reader sees of markup."""
    return unescape(re.sub("<[^>]*>", "", marked))


def test_a_text_has_the_classifiers_labels_scores_and_explanation(text_model):
    text = "The team won a goal on the market"
    found, own = text_model.answer(text), text_model.classifier.classify([text])[0]
    assert (found.answer, found.sure, found.warning) == ("sport", True, "")
    assert found.scores == own.scores
    assert found.explanation == explain_text(text_model.classifier, text)


def test_pieces_for_and_against_are_marked_in_the_text(text_model):
    text = "The team won a goal\non the market"
    answered = shown(text_model, text)
    marked = re.search('<pre class="marked">(.*)</pre>', answered, re.DOTALL)[1]
    assert visible(marked) == text
    weights = {piece: float(weight) for weight, piece in re.findall(
        '<mark [^>]*title="([^"]*)">([^<]*)</mark>', marked)}
    assert weights["team"] > 0.1 and weights["market"] < -0.1
    assert '<p class="answer">sport</p>' in answered
    assert "labels of tiny" in answered


def test_a_score_below_the_threshold_is_not_sure(text_model):
    doubtful = TextModel("x", text_classifier_of(not_sure=0.9999, test=TEST))
    found = doubtful.answer("The team lost interest in the market")
    assert (found.answer, found.sure) == ("NOT SURE", False)
    assert found.sentence.startswith("Scores below 0.9999 are no answer. ")
    assert 'class="answer unsure">NOT SURE<' in shown(doubtful, "The team lost interest")


def test_the_evaluation_of_such_scores_is_told():
    model = TextModel("x", text_classifier_of(
        test=TEST, documents={"name": "news", "path": "/home/me/news", "counts": {"a": 3, "b": 2}}))
    found = model.answer("Our team won the match by a goal")
    assert found.scores[0][1] > 0.9
    assert found.sentence.startswith("Of 30 test documents of news with a score of 0.9 to 1.0, 29 ")
    about = html.about_texts(model)
    assert "trained on news (5 documents with those of its test)" in about
    assert "36 of 40 test documents right" in about and "/home" not in about


def test_what_the_record_does_not_tell_is_said(text_model):
    about = html.about_texts(text_model)
    for part in ("its training documents are not recorded", "its test is not recorded"):
        assert part in about


@pytest.mark.parametrize("text, sentence", [
    ("", texts.MISSING), (" \n\t ", texts.MISSING), ("12 ... !", texts.NO_WORDS),
    ("\x1b[2J", texts.NO_KNOWN_WORDS), ("Les actions ont chuté", texts.NO_KNOWN_WORDS),
    ("x" * 20_001, texts.TOO_LONG), ("\U0001f600" * 10_001, texts.TOO_LONG)])
def test_what_cannot_be_answered_is_one_sentence(text_model, text, sentence):
    with pytest.raises(UserError, match=f"^{re.escape(sentence)}$"):
        text_model.answer(text)


def test_a_text_of_mostly_unknown_words_is_answered_with_a_warning(text_model):
    found = text_model.answer("Le team perd contre bank")
    assert found.warning.startswith("More than 50 % of the words (60.0 %) are unknown")
    assert found.warning in visible(shown(text_model, "Le team perd contre bank"))
    assert text_model.answer("Le team perd the bank").warning == ""


HOSTILE = "team <script>alert(1)</script> &lt; \"goal' \u202egoal\x1b[31m <mark>\r\n\tmatch\x00"


def test_texts_and_labels_are_escaped_everywhere():
    labels = ["<script>\u202e\x1b", "</pre><img src=x>"]
    model = TextModel("<b>\x1b", text_classifier_of(labels, documents={"name": "<i>\u202e"}))
    answered = shown(model, HOSTILE)
    about = html.about_texts(replace(model, name="<b>"))
    for text in (answered, about):
        assert not re.search("<(script|img|i|b)>|<img|</pre><img", text)
        assert not {"\u202e", "\x1b", "\x00"}.intersection(text)
    assert "&lt;script&gt;\\u202e\\x1b" in answered
    assert answered.count("<mark") == answered.count('<mark style="background:rgba(')
    marked = re.search('<pre class="marked">(.*?)</pre>', answered, re.DOTALL)[1]
    assert visible(marked) == (
        "team <script>alert(1)</script> &lt; \"goal' \\u202egoal\\x1b[31m <mark>\n\tmatch\\x00")


def test_where_no_piece_changes_the_score_a_sentence_says_so_and_nothing_is_marked(text_model):
    found = text_model.answer("the team")
    feeble = replace(found.explanation, pieces=[
        replace(each, weight=0.001) for each in found.explanation.pieces])
    answered = html.classified(replace(found, explanation=feeble), "x")
    assert f"{NO_PIECE[0].upper()}{NO_PIECE[1:]}." in answered and "<mark" not in answered


def test_the_time_of_an_explanation_is_bounded(text_model, monkeypatch):
    text = " ".join(f"w{number}" for number in range(100)) + " team"
    monkeypatch.setattr(texts, "MOST_CHARACTERS", 30 * len(text))
    found = text_model.answer(text + " goal match won lost" * 30).explanation
    assert (len(found.pieces), found.left_out) == (20, 85)
    answered = html.classified(text_model.answer(text + " goal match won lost" * 30), "x")
    assert "The 20 most frequent pieces were tried; 85 rarer ones were not." in answered


def test_many_threads_get_the_same_answers_as_one(text_model):
    asked = [text for own in DOCUMENTS.values() for text in own] * 5
    expected = [text_model.answer(text) for text in asked]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(text_model.answer, asked)) == expected


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Two classifiers where the pipeline has its own."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "models" / "texts"
    folder.mkdir(parents=True)
    for name in ("newsgroups", "reuters"):
        text_classifier_of(test=TEST).write(folder / name)
    return folder


def test_every_classifier_of_texts_in_its_folder_is_found(made, capsys):
    assert [*load_models([], [], [], Limits()).texts] == ["newsgroups", "reuters"]
    (made / "reuters" / "model.npz").write_bytes(b"x")
    models = load_models([], [], [], Limits())
    assert [*models.texts] == ["newsgroups"] and not models.photos and not models.words
    assert "left out: models/texts/reuters" in capsys.readouterr().err


def test_given_classifiers_of_texts_are_taken_instead(made, tmp_path):
    text_classifier_of().write(tmp_path / "mine")
    assert [*load_models([], [], [tmp_path / "mine"], Limits()).texts] == ["mine"]
    with pytest.raises(UserError, match="is no classifier of texts"):
        load_models([], [], [made], Limits())


def test_a_record_of_other_values_is_refused(made):
    record = json.loads((made / "reuters" / "record.json").read_text())
    (made / "reuters" / "record.json").write_text(json.dumps({**record, "documents": [1]}))
    with pytest.raises(UserError, match="record.json"):
        load_models([], [], [made / "reuters"], Limits())
