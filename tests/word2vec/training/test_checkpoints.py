import importlib.metadata
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import CHECKPOINT
from word2vec.parameters import CbowParameters, SkipgramParameters, TrainParameters
from word2vec.training import checkpoints
from word2vec.training.checkpoints import DECIDING, Checkpoint, Kept, fingerprint
from word2vec.training.tables import Tables
from word2vec.training.worker import Standing
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json
from words_and_images.common.own_files import seal

WORDS = Vocabulary(["a", "b", "c"], np.array([4, 2, 1]))
INPUTS = np.arange(6, dtype=np.float32).reshape(3, 2) / 7
OUTPUTS = INPUTS - 1
PARAMETERS, OWN = TrainParameters(dim=2), CbowParameters()


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "kept" / "checkpoint", "fingerprint")


def corpus_of(ids=(0, 1, 0, 2, 0, 1, 0), bounds=(0, 3, 7), vocabulary=WORDS):
    return EncodedCorpus(np.array(ids, np.int32), np.array(bounds), vocabulary)


# ---- the folder ----


def test_what_is_saved_is_loaded_to_the_last_bit(checkpoint):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.125, 1 / 3]), WORDS)
    kept = checkpoint.load()
    assert kept.inputs.tobytes() == INPUTS.tobytes() and kept.inputs.dtype == np.float32
    assert kept.outputs.tobytes() == OUTPUTS.tobytes()
    assert kept.losses == [4.125, 1 / 3]


def test_how_far_an_epoch_has_come_is_kept_too(checkpoint):
    within = Standing(3, np.array([[0.1, 0.2, 5], [1 / 3, 0.4, 6]]), np.array([[0, 7], [1, 2]]))
    checkpoint.save(Kept(INPUTS, OUTPUTS, [], within), WORDS)
    kept = checkpoint.load().within
    assert kept.rounds == 3 and kept.places.tolist() == [[0, 7], [1, 2]]
    assert kept.sums.tobytes() == within.sums.tobytes()


def test_there_is_nothing_at_first(checkpoint, capsys):
    assert checkpoint.load() is None
    assert capsys.readouterr().err == ""


def test_the_vectors_can_be_asked_like_others(checkpoint):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    vectors = load_vectors(checkpoint.folder)
    assert vectors.index_to_key == ["a", "b", "c"]
    np.testing.assert_array_equal(vectors["b"], INPUTS[1])


def test_a_later_state_takes_the_place_of_the_one_before(checkpoint):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    checkpoint.save(Kept(OUTPUTS, INPUTS, [4.0, 3.0]), WORDS)
    kept = checkpoint.load()
    assert kept.losses == [4.0, 3.0]
    np.testing.assert_array_equal(kept.inputs, OUTPUTS)
    assert list(checkpoint.folder.parent.iterdir()) == [checkpoint.folder]


def test_saving_that_fails_leaves_the_state_before(checkpoint, monkeypatch):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(checkpoints, "write_json", fail)
    with pytest.raises(UserError, match="make room there"):
        checkpoint.save(Kept(OUTPUTS, INPUTS, [4.0, 3.0]), WORDS)
    assert checkpoint.load().losses == [4.0]
    np.testing.assert_array_equal(checkpoint.load().inputs, INPUTS)
    assert list(checkpoint.folder.parent.iterdir()) == [checkpoint.folder]


def test_a_state_of_another_training_is_passed_over_and_told(checkpoint, capsys):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    other = Checkpoint(checkpoint.folder, "another fingerprint")
    assert other.load() is None
    assert capsys.readouterr().err == (
        f"{checkpoint.folder} is of a training with other text, parameters, code or packages; "
        "beginning anew\n")
    assert checkpoint.load() is not None  # it is still there


@pytest.mark.parametrize("broken", ["state.json", "input_vectors.npy"])
def test_a_broken_state_is_passed_over_and_told(checkpoint, capsys, broken):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    (checkpoint.folder / broken).write_bytes(b"{")
    assert checkpoint.load() is None
    told = capsys.readouterr().err
    assert told.startswith(f"warning: {checkpoint.folder / broken} ") and "beginning anew" in told
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    assert checkpoint.load().losses == [4.0]


@pytest.mark.parametrize(("change", "told"), [
    ({"losses": 3}, "warning: {} is broken (what it holds is no state of this training); beginning "
                    "anew\n"),
    ({"within": "x"}, "string indices"),
    ({"within": {"rounds": 1, "sums": [[1]], "places": 10 ** 30}}, "broken"),
    ({"fingerprint": None}, "of a training with other text"),
    ({"within": {}}, "warning: {} is broken ('rounds' is missing); beginning anew\n"),
])
def test_a_state_that_fits_no_training_is_passed_over_though_the_list_agrees(
    checkpoint, capsys, change, told
):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    state = read_json(checkpoint.folder / "state.json")
    (checkpoint.folder / "state.json").write_text(json.dumps(state | change))
    seal(checkpoint.folder, CHECKPOINT)
    assert checkpoint.load(lambda kept: isinstance(kept.losses, list)) is None
    assert told.format(checkpoint.folder) in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"PK\3\4" + bytes(99), b"\x93NUMPY\1\0\1\0x", b""])
def test_tables_that_are_no_arrays_are_passed_over_though_the_list_agrees(
    checkpoint, capsys, content
):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    (checkpoint.folder / "output_vectors.npy").write_bytes(content)
    seal(checkpoint.folder, CHECKPOINT)
    assert checkpoint.load() is None
    assert "output_vectors.npy is cut, or no array); beginning anew" in capsys.readouterr().err


def test_what_is_in_the_way_of_a_state_is_told_before_the_training(checkpoint):
    checkpoint.folder.parent.mkdir()
    checkpoint.folder.write_text("mine")
    with pytest.raises(UserError, match="is a file and a folder is to be written"):
        checkpoint.load()
    checkpoint.folder.unlink()
    checkpoint.folder.symlink_to("elsewhere")
    with pytest.raises(UserError, match="is a symbolic link"):
        checkpoint.load()


def test_removing_leaves_nothing_behind(checkpoint):
    checkpoint.remove()  # nothing there is no error
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    checkpoint.remove()
    assert not list(checkpoint.folder.parent.iterdir()) and checkpoint.load() is None


# ---- the fingerprint ----


def test_files_of_somebody_elses_are_neither_replaced_nor_removed(checkpoint):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    notes = checkpoint.folder / "notes.txt"
    notes.write_text("mine")
    kept = Kept(INPUTS, OUTPUTS, [4.0, 3.0])
    for refused in (checkpoint.load, lambda: checkpoint.save(kept, WORDS)):
        with pytest.raises(UserError, match=r"other content \(notes.txt\)"):
            refused()
    checkpoint.remove()
    assert [*checkpoint.folder.iterdir()] == [notes]


@pytest.mark.parametrize("name", ["output_vectors.npy", "state.json"])
def test_a_damaged_state_is_not_gone_on_with(checkpoint, capsys, name):
    checkpoint.save(Kept(INPUTS, OUTPUTS, [4.0]), WORDS)
    path = checkpoint.folder / name
    path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    assert checkpoint.load() is None
    assert f"warning: {path} is " in capsys.readouterr().err


def test_one_training_has_one_fingerprint(tmp_path):
    first = fingerprint(corpus_of(), "cbow", PARAMETERS, OWN)
    assert first == fingerprint(corpus_of(), "cbow", replace(PARAMETERS), replace(OWN))
    np.save(tmp_path / "ids.npy", corpus_of().ids)
    mapped = replace(corpus_of(), ids=np.load(tmp_path / "ids.npy", mmap_mode="r"))
    assert first == fingerprint(mapped, "cbow", PARAMETERS, OWN)


def test_threads_decide_nothing():
    first = fingerprint(corpus_of(), "cbow", replace(PARAMETERS, threads=1), OWN)
    assert first == fingerprint(corpus_of(), "cbow", replace(PARAMETERS, threads=2), OWN)


@pytest.mark.parametrize("changed", [
    {"dim": 3}, {"window": 4}, {"dynamic_window": False}, {"loss": "full_softmax"},
    {"negative": 6}, {"noise_exponent": 0.5}, {"epochs": 6}, {"seed": 2}, {"replicas": 3},
    {"step": 512}, {"row_exponent": 0.25},
], ids=str)
def test_every_other_parameter_decides(changed):
    assert (fingerprint(corpus_of(), "cbow", replace(PARAMETERS, **changed), OWN)
            != fingerprint(corpus_of(), "cbow", PARAMETERS, OWN))


@pytest.mark.parametrize("changed", [
    {"sample": 0.5}, {"learning_rate": 0.01}, {"minimum_learning_rate": 1e-5}, {"group": 16},
    {"shared_negatives": 3}, {"divided": True},
], ids=str)
def test_every_parameter_of_the_model_decides(changed):
    assert (fingerprint(corpus_of(), "cbow", PARAMETERS, replace(OWN, **changed))
            != fingerprint(corpus_of(), "cbow", PARAMETERS, OWN))


def test_the_model_decides():
    own = SkipgramParameters()
    assert (fingerprint(corpus_of(), "cbow", PARAMETERS, own)
            != fingerprint(corpus_of(), "skipgram", PARAMETERS, own))


@pytest.mark.parametrize("other", [
    corpus_of(ids=(0, 1, 0, 2, 0, 0, 1)),
    corpus_of(bounds=(0, 4, 7)),
    corpus_of(bounds=(0, 3, 3, 7)),
    corpus_of(vocabulary=Vocabulary(["a", "b", "c"], np.array([5, 2, 1]))),
], ids=["order", "a bound", "an empty document", "counts"])
def test_the_text_decides(other):
    assert (fingerprint(other, "cbow", PARAMETERS, OWN)
            != fingerprint(corpus_of(), "cbow", PARAMETERS, OWN))


def test_the_tables_that_training_begins_with_decide():
    found = {fingerprint(corpus_of(), "cbow", PARAMETERS, OWN, start)
             for start in (None, Tables(INPUTS, OUTPUTS), Tables(OUTPUTS, INPUTS),
                           Tables(INPUTS, INPUTS))}
    assert len(found) == 4


def test_the_packages_decide(monkeypatch):
    found = {fingerprint(corpus_of(), "cbow", PARAMETERS, OWN)}
    monkeypatch.setattr(np, "__version__", "0.0")
    found.add(fingerprint(corpus_of(), "cbow", PARAMETERS, OWN))
    monkeypatch.setattr(importlib.metadata, "version", lambda package: f"{package} 0.0")
    found.add(fingerprint(corpus_of(), "cbow", PARAMETERS, OWN))
    assert len(found) == 3


def test_the_matrix_kernels_decide(monkeypatch):
    first = fingerprint(corpus_of(), "cbow", PARAMETERS, OWN)
    monkeypatch.setattr(checkpoints, "describe_kernels", lambda: "another BLAS")
    assert fingerprint(corpus_of(), "cbow", PARAMETERS, OWN) != first


@pytest.mark.parametrize("module", DECIDING)
def test_the_code_decides(monkeypatch, module):
    first = fingerprint(corpus_of(), "cbow", PARAMETERS, OWN)
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: read(self) + (
        b"# changed" if self.as_posix().endswith(f"/{module.replace('.', '/')}.py") else b""))
    assert fingerprint(corpus_of(), "cbow", PARAMETERS, OWN) != first


def test_all_the_code_that_decides_is_among_it():
    names = {module.rpartition(".")[2] for module in DECIDING}
    assert {"batches", "huffman", "losses", "models", "parameters", "updates", "vocabulary",
            "worker"} <= names


def test_texts_longer_than_a_stretch_decide_to_the_end():
    ids = np.zeros((1 << 22) + 2, np.int32)
    other = ids.copy()
    other[-1] = 1
    bounds = np.array([0, len(ids)])
    found = {fingerprint(EncodedCorpus(each, bounds, WORDS), "cbow", PARAMETERS, OWN)
             for each in (ids, other)}
    assert len(found) == 2
