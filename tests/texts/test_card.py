import json

import numpy as np
import pytest
from written_cards import front_matter, loading_code

from texts.classifier import Classifier
from texts.documents import DocumentsParameters
from texts.parameters import ModelParameters
from texts.retraining import Recipe, retrain_classifier
from texts.stored_models import about_vectors
from word2vec.vectors import WordVectors

LABELS = {"sport": "- *sport*: |x|", "food": "<b>food</b> #1"}


@pytest.fixture(scope="module")
def hostile(rows, tmp_path_factory):
    """A classifier of labels that Markdown and YAML would take for something else."""
    folder = tmp_path_factory.mktemp("hostile")
    table = folder / "my 'texts': [x].jsonl"
    table.write_text("".join(json.dumps({"label": LABELS[label], "text": text}) + "\n"
                             for label, text in rows), encoding="utf-8")
    retrain_classifier(Recipe(DocumentsParameters(str(table)), model=ModelParameters(kind="tfidf")),
                       folder / "classifier")
    return folder / "classifier"


def test_the_code_of_the_card_loads_the_folder_and_answers(hostile, monkeypatch, capsys):
    monkeypatch.chdir(hostile.parent)
    (hostile.parent / "text.txt").write_text("the ball and the goal")
    exec(loading_code((hostile / "README.md").read_text(encoding="utf-8")))
    assert capsys.readouterr().out == f"{LABELS['sport']}\n"


def test_the_card_has_the_figures_of_the_record(hostile):
    text = (hostile / "README.md").read_text(encoding="utf-8")
    test = Classifier.load(hostile).record["test"]
    result, = front_matter(text)["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == round(test["accuracy"], 6)
    assert result["dataset"]["name"] == "my 'texts': [x].jsonl"
    assert "| \\- \\*sport\\*: \\|x\\| |" in text and "<b>" not in text
    assert str(hostile.parent) not in text


def test_without_a_test_the_card_says_that_nothing_was_measured(hostile, tmp_path):
    Classifier(Classifier.load(hostile).model).write(tmp_path / "bare")
    text = (tmp_path / "bare" / "README.md").read_text(encoding="utf-8")
    assert "Nothing was measured" in text and "documents: not recorded. Its terms" in text
    assert "model-index" not in front_matter(text)
    assert Classifier.load(tmp_path / "bare").labels


def test_vectors_and_test_documents_are_told_by_their_names(hostile, tmp_path):
    about = {"documents": {"name": "a", "path": "/x/a", "test_documents": "/x/held out"},
             "vectors": {"path": "/home/x/vectors", "words": 5, "dim": 4}}
    Classifier(Classifier.load(hostile).model, about).write(tmp_path / "told")
    text = (tmp_path / "told" / "README.md").read_text(encoding="utf-8")
    assert "- documents of the test: held out. Its" in text
    assert "- word vectors: vectors. Its" in text and "/x" not in text


def test_the_terms_of_the_text_of_the_word_vectors_are_told(hostile, tmp_path):
    vectors = WordVectors(["a", "b"], np.eye(2, dtype=np.float32))
    assert "origins" not in about_vectors(tmp_path / "vectors.txt", vectors)
    vectors.save(tmp_path / "vectors")
    assert "origins" not in about_vectors(tmp_path / "vectors", vectors)
    origins = [{"name": "tales", "licence": "public domain"}]
    (tmp_path / "vectors" / "record.json").write_text(json.dumps({"corpus": {"origins": origins}}))
    about = about_vectors(tmp_path / "vectors", vectors)
    Classifier(Classifier.load(hostile).model, {"vectors": about}).write(tmp_path / "told")
    text = (tmp_path / "told" / "README.md").read_text(encoding="utf-8")
    assert "- text of the word vectors: tales; licence: public domain." in text
    assert "- word vectors:" not in text
