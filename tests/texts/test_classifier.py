import json
import subprocess
import sys

import numpy as np
import pytest

from texts.classifier import Classifier, NoKnownWordError, TextAnswer, read_record
from texts.description import describe
from texts.documents import DocumentsParameters
from texts.folders import TEXT_CLASSIFIER
from texts.parameters import ModelParameters
from texts.retraining import Recipe, retrain_classifier
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import seal
from words_and_images.retraining.evaluation import ClassifyParameters

TFIDF, TFIDF_AND_VECTORS = ModelParameters(kind="tfidf"), ModelParameters(kind="combined")


@pytest.fixture
def own(documents, tmp_path):
    retrain_classifier(Recipe(DocumentsParameters(str(documents)), model=TFIDF), tmp_path / "own")
    return tmp_path / "own"


def test_a_classifier_answers_with_label_scores_and_the_share_of_unknown_words(model):
    answer, = Classifier.load(model).classify(["the ball and the goal and a xylophone"], ["a.txt"])
    assert (answer.path, answer.label) == ("a.txt", "sport")
    assert answer.score == answer.scores[0][1] > 0.9
    assert answer.unknown == pytest.approx(1 / 8) and not answer.is_strange
    assert list(answer.to_json()) == ["path", "label", "score", "scores", "unknown"]


def test_a_text_has_the_same_bits_alone_as_among_others(model, rows):
    classifier = Classifier.load(model)
    together = classifier.probabilities([text for _, text in rows])
    for row, (_, text) in zip(together, rows, strict=True):
        np.testing.assert_array_equal(classifier.probabilities([text])[0], row)


def test_loaded_again_it_gives_the_bits_of_the_evaluation(documents, tmp_path):
    _, evaluation = retrain_classifier(Recipe(DocumentsParameters(str(documents))), tmp_path / "m")
    texts = [(documents / name).read_text() for name in evaluation.names]
    np.testing.assert_array_equal(Classifier.load(tmp_path / "m").probabilities(texts),
                                  evaluation.probabilities)


def test_below_the_threshold_it_is_not_sure(documents, tmp_path):
    retrain_classifier(Recipe(DocumentsParameters(str(documents)),
                              classify=ClassifyParameters(0.9)), tmp_path / "m")
    classifier = Classifier.load(tmp_path / "m")
    answers = classifier.classify(["bread cheese soup bake salt butter", "the"])
    assert [each.label for each in answers] == ["food", "not sure"]
    assert classifier.classify(["the"], not_sure=0)[0].label != "not sure"
    assert classifier.classify([]) == [] and classifier.probabilities([]).shape == (0, 2)


@pytest.mark.parametrize(("unknown", "strange"), [(0.0, False), (0.5, False), (0.51, True)])
def test_more_unknown_than_known_words_are_strange(unknown, strange):
    answer = TextAnswer("a", [("x", 1.0)], unknown=unknown)
    assert answer.is_strange == strange and answer.to_json()["unknown"] == unknown


@pytest.mark.parametrize(("text", "has_words"), [("chute libre", True), ("1 !", False),
                                                 ("", False)])
def test_a_text_without_a_known_word_has_no_answer(model, text, has_words):
    classifier = Classifier.load(model)
    first, second = classifier.attempt([text, "the ball"])
    assert second.label == "sport" and isinstance(first, NoKnownWordError)
    assert (first.name, first.has_words) == ("text 1", has_words)
    with pytest.raises(NoKnownWordError, match="^b.txt has no word"):
        classifier.classify(["the ball", text], ["a.txt", "b.txt"])


def test_the_record_tells_of_documents_parameters_and_the_test(model, documents):
    record = read_record(model)
    assert record["labels"] == ["food", "sport"] and record["documents"]["path"] == str(documents)
    assert record["documents"]["counts"] == {"food": 30, "sport": 30}
    assert record["parameters"]["split"] == {"validation": 0.1, "test": 0.2}
    assert record["test"]["count"] > 0 and record["not_sure"] == 0 and record["chosen"]
    text = describe(model, record)
    assert "food 30, sport 30" in text and "test accuracy" in text and str(documents) in text


def test_training_again_gives_the_same_bytes(documents, model, tmp_path):
    retrain_classifier(Recipe(DocumentsParameters(str(documents))), tmp_path / "again")
    for path in model.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@pytest.mark.parametrize("damage", [
    lambda folder: (folder / "model.npz").write_bytes(b""),
    lambda folder: (folder / "model.npz").write_bytes((folder / "model.npz").read_bytes()[:-9]),
    lambda folder: (folder / "record.json").write_text("{}"),
    lambda folder: (folder / "record.json").write_text('{"labels": ["a"], "kind": "x"'),
    lambda folder: (folder / "record.json").write_text(
        (folder / "record.json").read_text().replace("food", "feed")),
    lambda folder: (folder / "model.npz").unlink(),
])
def test_a_damaged_folder_is_refused_with_a_remedy(own, damage):
    damage(own)
    with pytest.raises(UserError, match="train the classifier again|give a folder that"):
        Classifier.load(own)


@pytest.mark.parametrize("change", [
    lambda arrays: arrays.pop("bias"),
    lambda arrays: arrays.update(bias=np.zeros(3, np.float32)),
    lambda arrays: arrays.update(scales=np.full_like(arrays["scales"], np.nan)),
    lambda arrays: arrays.update(pairs=arrays["pairs"][::-1]),
    lambda arrays: arrays.update(kind=np.array("vectors")),
    lambda arrays: arrays.update(text_temperature=np.array(0.0)),
    lambda arrays: arrays.update(words=np.zeros(4, object)),
])
def test_arrays_that_are_no_model_are_refused(own, change):
    with np.load(own / "model.npz") as archive:
        arrays = dict(archive)
    change(arrays)
    np.savez(own / "model.npz", **arrays)
    seal(own, TEXT_CLASSIFIER)
    with pytest.raises(UserError, match="model.npz is broken"):
        Classifier.load(own)


def test_another_folder_is_no_classifier_of_texts(tmp_path, own):
    with pytest.raises(UserError, match="there is no such folder"):
        Classifier.load(tmp_path / "nothing")
    with pytest.raises(UserError, match="it lacks record.json, model.npz"):
        Classifier.load(tmp_path)
    record = json.loads((own / "record.json").read_text())
    record["folder"]["kind"] = "a classifier"
    (own / "record.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="was written as a classifier, and is not a classifier of"):
        Classifier.load(own)


def test_word_vectors_reach_the_model_and_the_record(documents, tmp_path):
    (tmp_path / "vectors.txt").write_text("2 3\nball 1 2 3\nbread 3 2 1\n")
    retrain_classifier(Recipe(DocumentsParameters(str(documents)), model=TFIDF_AND_VECTORS,
                              vectors=str(tmp_path / "vectors.txt")), tmp_path / "m")
    assert read_record(tmp_path / "m")["vectors"] == {
        "path": str(tmp_path / "vectors.txt"), "words": 2, "dim": 3}
    found = Classifier.load(tmp_path / "m").model.scorer.bottlenecks
    assert found.words.known == ["ball", "bread"]


def test_importing_and_loading_it_does_without_what_is_heavy(own):
    program = ("import sys; from texts.classifier import Classifier\n"
               f"Classifier.load({str(own)!r}).classify(['the ball'])\n"
               "print(*(name in sys.modules for name in ('tensorflow', 'PIL', 'scipy', 'rich')))")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False False False False\n", "")
