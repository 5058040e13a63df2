import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import (
    measuring,
    texts,
    texts_fasttext,
    texts_once,
    texts_picture,
    texts_tables,
)
from words_and_images.common.errors import UserError

LABELS = {"ship": "the cargo left the port", "grain": "the wheat grew in the field",
          "gold": "the miners found the ore"}


@pytest.fixture
def source(tmp_path) -> Path:
    """Twelve documents of each of three labels to learn from, and four of the test."""
    file = tmp_path / "stories.csv"
    rows = [f"{text} {number},{label},{'test' if number % 4 == 3 else 'train'}"
            for label, text in LABELS.items() for number in range(16)]
    file.write_text("\n".join(["text,label,split", *rows]))
    return file


@pytest.fixture
def folder(source, tmp_path) -> str:
    texts.write_parts(str(source), tmp_path / "parts")
    return str(tmp_path / "parts")


def run_inside(command: list[str]) -> measuring.Measured:
    """Stands for `measuring.run`: the work in this process."""
    module, work, arguments = command[2:]
    assert module == texts_once.__name__
    found = texts_once.WORK[work](**json.loads(arguments))
    return measuring.Measured(2, 4, 100, f"what it says\n{json.dumps(found)}\n")


def test_the_parts_are_those_of_the_source(source, tmp_path):
    counts = texts.write_parts(str(source), tmp_path / "parts")
    assert counts == {"training": 36, "test": 12, "labels": 3}
    training = texts_once.read_part(str(tmp_path / "parts"), "training")
    assert training.texts[0] == "the cargo left the port 0" and training.labels[0] == "ship"
    assert len(set(training.groups)) == 36


@pytest.mark.parametrize("kind", ["tfidf", "learnt"])
def test_a_classifier_of_this_project_is_learnt_asked_and_weighed(folder, kind, tmp_path):
    out = tmp_path / "out"
    found = texts_once.fit_here(folder, kind, 1, out=str(out))
    assert found["accuracy"] == 1 and found["chosen"] == kind
    assert found["megabytes"] == pytest.approx(texts_once.size_of(out))
    assert found["documents_a_second"] > 0


@pytest.mark.parametrize("learner", ["LinearSVC", "LogisticRegression"])
def test_scikit_learns_are_measured_in_the_same_way(folder, learner):
    found = texts_once.fit_sklearn(folder, learner, True, 1)
    assert found["accuracy"] == 1 and found["megabytes"] > 0


def test_draws_have_as_many_documents_of_each_class_as_there_are():
    labels = ["a"] * 10 + ["b"] * 2
    rows = texts_once.drawn(labels, 3, 1)
    assert [labels[row] for row in rows] == ["a"] * 3 + ["b"] * 2
    assert rows == texts_once.drawn(labels, 3, 1) != texts_once.drawn(labels, 3, 2)


def test_a_run_keeps_what_is_there_of_other_parts(source, tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "run", run_inside)
    output = tmp_path / "texts.json"
    texts.keep(output, "R8", {"few": {"5": "kept"}})
    texts.measure("R8", texts.write_parts(str(source), tmp_path / "parts"),
                  texts.Plan(str(source), None, 2, 0, 0, ("tfidf", "LinearSVC")),
                  tmp_path / "parts", output)
    own = json.loads(output.read_text())["collections"]["R8"]
    assert own["few"] == {"5": "kept"} and own["training"] == 36
    assert list(own["contenders"]) == ["LinearSVC", "LinearSVC, sublinear", "tfidf"]
    assert own["contenders"]["tfidf"]["accuracy"] == 1
    assert own["contenders"]["tfidf"]["peak_memory_mb"] == 100
    assert len(own["contenders"]["tfidf"]["all"]) == 2


def test_what_is_not_there_is_refused():
    with pytest.raises(UserError, match="nowhere, which is not there"):
        texts.Plan("nowhere", None, 1, 1, 1)


def test_fasttext_reads_labels_without_blanks_and_texts_of_one_line(tmp_path):
    part = (["two\nlines", "one"], ["a label", "b"], ["x", "y"])
    (tmp_path / "training.json").write_text(json.dumps(part))
    assert texts_fasttext.read_rows(str(tmp_path), "training") == [
        ("a_label", "two lines"), ("b", "one")]


def figures() -> dict[str, Any]:
    one = {"accuracy": 0.9, "seconds": 2.0, "cpu_seconds": 1.5, "megabytes": 3.0,
           "documents_a_second": 1000.0, "peak_memory_mb": 200.0, "chosen": "tfidf",
           "tried": {"tfidf": 0.9, "learnt": 0.8}}
    few = {str(count): {"documents": 8 * count, "accuracies": {
        "LinearSVC, sublinear": [0.7, 0.8], "combined": [0.8, 0.9]}} for count in (5, 10)}
    own = {"training": 5000, "test": 2000, "labels": 8, "few": few,
           "fasttext": {"lr": 0.5, "epoch": 25, "cpu_seconds": 9.0},
           "start": {"seconds": 0.2, "cpu_seconds": 0.1, "peak_memory_mb": 50.0,
                     "tensorflow": False},
           "contenders": {"auto": texts.summary([one, {**one, "accuracy": 0.7}])}}
    return {"machine": {"processor": "some", "cores": 2, "python": "3", "numpy": "2",
                        "scikit-learn": "1"}, "collections": {"R8": own}}


def test_tables_have_a_row_a_contender_and_a_number_of_documents(capsys):
    texts_tables.show(figures())
    told = capsys.readouterr().out
    assert "auto (tfidf)" in told and "80.0 %" in told  # the median of 0.9 and 0.7
    assert "75.0 ± 7.1" in told and "without TensorFlow" in told and "lr 0.5" in told


def test_the_picture_shows_few_documents_and_all(tmp_path):
    texts_picture.draw(figures(), tmp_path / "few.png")
    assert (tmp_path / "few.png").read_bytes().startswith(b"\x89PNG")
