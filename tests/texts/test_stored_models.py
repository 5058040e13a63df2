"""What the stages leave in folders: it comes back as it was, or is refused with what to do."""

import json

import numpy as np
import pytest

from texts.bottlenecks import Bottlenecks
from texts.document import Document
from texts.documents import Collected
from texts.fitting import evaluate_model, fit_split, learnt_rows
from texts.folders import TEXT_BOTTLENECKS, TEXT_MODEL
from texts.models import Prepared
from texts.parameters import ModelParameters
from texts.split import split_documents
from texts.stored_models import (
    read_bottlenecks,
    read_documents,
    read_model,
    texts_of,
    write_bottlenecks,
    write_documents,
    write_model,
)
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import seal

DOCUMENTS = [Document("a.txt", "food", "bread\nand \u2028 cheese", "training"),
             Document("b.txt", "спорт", "мяч \"гол\" 🏀", None), Document("c", "food", " ", "test")]


def refusal(read, path) -> str:
    with pytest.raises(UserError) as refused:
        read(path)
    sentence = str(refused.value)
    assert "\n" not in sentence and str(path) in sentence and "`dvc repro`" in sentence, sentence
    return sentence


@pytest.fixture(scope="module")
def divided(rows):
    documents = [Document(str(number), *pair) for number, pair in enumerate(rows)]
    return documents, split_documents(Collected(documents, {}))


@pytest.fixture(scope="module")
def fitted(divided):
    documents, split = divided
    return fit_split([each.text for each in documents], split, ModelParameters(kind="tfidf"))


@pytest.fixture
def stored_model(fitted, tmp_path):
    write_model(fitted, tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def prepared() -> Prepared:
    bottlenecks = Bottlenecks.of(WordVectors(["ball", "bread"], np.eye(2, dtype=np.float32)))
    return Prepared(bottlenecks, bottlenecks.means(["ball", "bread and ball", "none"]))


@pytest.fixture
def stored_bottlenecks(prepared, tmp_path):
    write_bottlenecks(prepared, tmp_path / "bottlenecks")
    return tmp_path / "bottlenecks"


def test_documents_come_back_one_a_line(tmp_path):
    path = tmp_path / "documents.jsonl"
    write_documents(DOCUMENTS, path)
    assert read_documents(path) == DOCUMENTS
    lines = path.read_bytes().decode().rstrip("\n").split("\n")
    assert [list(json.loads(line)) for line in lines] == [
        ["name", "label", "text", "split"], ["name", "label", "text"],
        ["name", "label", "text", "split"]]
    assert "мяч" in lines[1]


def test_no_documents_are_an_empty_file(tmp_path):
    write_documents([], tmp_path / "documents.jsonl")
    assert read_documents(tmp_path / "documents.jsonl") == []


@pytest.mark.parametrize("content", [
    b"none\n", b"[1]\n", b'{"name": "a"}\n', b"null\n", b"\n", b'{"name": "\xff"}\n',
    b'{"name": "a", "label": "b", "text": "c", "more": 1}\n',
    b'{"name": "a", "label": "b", "text": 3}\n', b'{"name": "a", "label": null, "text": "c"}\n',
    b'{"name": "a", "label": "b", "text": "c"}\n{"name": "a", "lab',
])
def test_what_holds_no_documents_is_refused(tmp_path, content):
    (tmp_path / "documents.jsonl").write_bytes(content)
    assert "holds no documents" in refusal(read_documents, tmp_path / "documents.jsonl")


def test_missing_documents_are_refused(tmp_path):
    assert "holds no documents" in refusal(read_documents, tmp_path / "documents.jsonl")


def test_texts_are_those_of_the_split_in_its_order(divided):
    documents, split = divided
    assert texts_of(documents, split) == [each.text for each in documents]


@pytest.mark.parametrize("other", [
    lambda documents: documents[:-1], lambda documents: documents[::-1],
    lambda documents: [*documents[:-1], Document("other", "food", "bread")]])
def test_other_documents_than_those_of_the_split_are_refused(divided, other):
    documents, split = divided
    with pytest.raises(UserError, match=r"are not those of the split; .* with `dvc repro`\.$"):
        texts_of(other(documents), split)


def test_bottlenecks_come_back_with_the_means(prepared, stored_bottlenecks):
    again = read_bottlenecks(stored_bottlenecks)
    assert again.bottlenecks.words.known == ["ball", "bread"]
    assert again.means.tobytes() == prepared.means.tobytes()
    np.testing.assert_array_equal(again.bottlenecks.means(["bread ball ball"]),
                                  prepared.bottlenecks.means(["bread ball ball"]))


def test_a_model_comes_back_with_what_was_found(fitted, stored_model, divided):
    documents, split = divided
    texts = texts_of(documents, split)
    model, facts = read_model(stored_model)
    assert (model.labels, facts) == (["food", "sport"], fitted.facts())
    found, expected = (evaluate_model(each, texts, split, 0.5) for each in (model, fitted.model))
    assert found.probabilities.tobytes() == expected.probabilities.tobytes()
    assert set(found.names) == {str(row) for row in range(60)} - set(map(str, learnt_rows(split)))


def test_the_same_model_is_written_with_the_same_bytes(fitted, stored_model, tmp_path):
    write_model(fitted, tmp_path / "again")
    for path in stored_model.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def cut(path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("damage", [cut, lambda path: path.unlink(),
                                    lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("name", ["model.npz", "labels.json", "facts.json"])
def test_a_damaged_model_is_refused(stored_model, name, damage):
    damage(stored_model / name)
    assert name in refusal(read_model, stored_model)
    (stored_model / ".files.json").unlink()
    refusal(read_model, stored_model)


@pytest.mark.parametrize("damage", [cut, lambda path: path.unlink(),
                                    lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("name", ["bottlenecks.npz", "means.npy"])
def test_damaged_bottlenecks_are_refused(stored_bottlenecks, name, damage):
    damage(stored_bottlenecks / name)
    assert name in refusal(read_bottlenecks, stored_bottlenecks)
    (stored_bottlenecks / ".files.json").unlink()
    refusal(read_bottlenecks, stored_bottlenecks)


@pytest.mark.parametrize("labels", [["food"], ["food", "sport", "music"], 5, {"food": 1}, None])
def test_a_model_of_other_labels_is_refused(stored_model, labels):
    (stored_model / "labels.json").write_text(json.dumps(labels))
    seal(stored_model, TEXT_MODEL)
    assert "is broken" in refusal(read_model, stored_model)


@pytest.mark.parametrize("means", [
    np.zeros((3, 5), np.float32), np.zeros(3, np.float32), np.zeros((3, 2))])
def test_means_that_are_not_of_the_bottlenecks_are_refused(stored_bottlenecks, means):
    np.save(stored_bottlenecks / "means.npy", means)
    seal(stored_bottlenecks, TEXT_BOTTLENECKS)
    assert "is broken" in refusal(read_bottlenecks, stored_bottlenecks)


def test_one_kind_of_folder_is_not_read_as_another(stored_model, stored_bottlenecks):
    with pytest.raises(UserError, match="was written as a model of texts"):
        read_bottlenecks(stored_model)
    with pytest.raises(UserError, match="was written as bottlenecks of texts"):
        read_model(stored_bottlenecks)
