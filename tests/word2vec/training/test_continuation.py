import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import VECTORS
from word2vec.parameters import (
    EncodeParameters,
    OwnParameters,
    PhraseParameters,
    TrainParameters,
)
from word2vec.train_text import Recipe, train_text
from word2vec.training.continuation import Earlier, unite, warn_of_unknown_reading
from word2vec.training.tables import Tables
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import seal

RECIPE = Recipe(
    "cbow", EncodeParameters(min_count=2), TrainParameters(dim=4, epochs=1, step=128),
    OwnParameters(sample=0.0), joined=PhraseParameters(threshold=0.0, min_count=9))
DEFAULTS = Recipe("skipgram", EncodeParameters(), TrainParameters(), OwnParameters(), given=())
FIRST = "Die Müller reisen nach New York\nin der Straße nach Hause\n" * 10 + "ein Mal\nein Mal\n"


@pytest.fixture
def text(tmp_path):
    """A function that writes a text and returns its path."""

    def write(content):
        path = tmp_path / f"text{len(list(tmp_path.glob('text*')))}.txt"
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def first(tmp_path, text):
    """The folder of a first training: dim 4, cbow, words, new york joined."""
    (tmp_path / "list.txt").write_text("New York\n")
    train_text(text(FIRST), tmp_path / "first",
               replace(RECIPE, phrases=str(tmp_path / "list.txt")))
    return tmp_path / "first"


def counts(folder):
    lines = (folder / "vocabulary.txt").read_text("utf-8").splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def after(first, **changes):
    return replace(DEFAULTS, earlier=first, **changes)


def test_known_words_are_counted_however_rare_and_new_ones_from_min_count_on(
    first, text, tmp_path
):
    before = counts(first)
    assert before["müller"] == before["new_york"] == 10 and before["mal"] == 2
    train_text(text("Müller reisen ein New York neu neu neu neu neu rar\n"), tmp_path / "second",
               after(first))
    expected = {**before, "neu": 5}
    for word in ("müller", "reisen", "ein", "new_york"):
        expected[word] += 1
    assert counts(tmp_path / "second") == expected


def test_what_is_not_given_is_as_in_the_earlier_training(first, text, tmp_path):
    train_text(text("die Straße, New York\n" * 3), tmp_path / "second", after(first))
    record = json.loads((tmp_path / "second" / "record.json").read_text())
    assert record["model"] == "cbow" and record["parameters"]["dim"] == 4
    assert record["encode"]["tokens"] == "words" and record["phrases"] == "phrases.txt"
    assert (tmp_path / "second" / "phrases.txt").read_text().startswith("# pass 1: 1 pair")
    # and so on, from training to training
    train_text(text("New York, die Straße\n"), tmp_path / "third", after(tmp_path / "second"))
    assert counts(tmp_path / "third")["new_york"] == 10 + 3 + 1


@pytest.mark.parametrize(("changes", "told"), [
    ({"model": "skipgram"}, "model is skipgram and was cbow in the earlier training"),
    ({"train": TrainParameters(dim=100)}, "dim is 100 and was 4"),
    ({"train": TrainParameters(dim=4, loss="full_softmax")}, "loss is full_softmax and was neg"),
    ({"encode": EncodeParameters("letters")}, "tokens is letters and was words"),
    ({"encode": EncodeParameters(turkish=True)}, "turkish is True and was False"),
    ({"phrases": "0"}, "another way than in the earlier training, which joined 1 pair; leave"),
    ({"phrases": "1"}, "another way than in the earlier training, which joined 1 pair; leave"),
])
def test_what_is_given_otherwise_is_refused(first, text, tmp_path, changes, told):
    given = {"model", "dim", "loss", "tokens", "turkish"}
    with pytest.raises(UserError, match=told):
        train_text(text("die Straße\n"), tmp_path / "second",
                   replace(RECIPE, earlier=first, given=given, **changes))
    assert not (tmp_path / "second").exists()


def test_the_same_list_of_phrases_may_be_given_again(first, text, tmp_path):
    train_text(text("New York, die Straße\n"), tmp_path / "second",
               after(first, phrases=str(tmp_path / "list.txt")))
    (tmp_path / "other.txt").write_text("die Straße\n")
    with pytest.raises(UserError, match="another way"):
        train_text(text("New York\n"), tmp_path / "third",
                   after(first, phrases=str(tmp_path / "other.txt")))


def test_more_text_is_read_with_the_turkish_i_of_the_earlier(text, tmp_path):
    turkish = replace(RECIPE, encode=EncodeParameters(min_count=1, turkish=True))
    train_text(text("ISPARTA İzmir\n" * 9), tmp_path / "first", turkish)
    train_text(text("ISPARTA İzmir\n"), tmp_path / "second", after(tmp_path / "first"))
    assert counts(tmp_path / "second") == {"izmir": 10, "ısparta": 10}


def test_max_words_bounds_both_vocabularies_and_keeps_known_words(first, text, tmp_path):
    known = len(counts(first))
    for most, new in ((known + 1, {"neu"}), (2, set()), (None, {"neu", "mehr"})):
        encode = EncodeParameters(min_count=2, max_words=most)
        train_text(text("neu neu neu mehr mehr die Straße\n"), tmp_path / "second",
                   after(first, encode=encode))
        assert set(counts(tmp_path / "second")) == set(counts(first)) | new


def test_known_words_keep_their_vectors_where_nothing_is_learnt(first, text, tmp_path):
    own = OwnParameters(sample=0.0, learning_rate=1e-30, minimum_learning_rate=0.0)
    train_text(text("die Straße die Straße\n"), tmp_path / "second", after(first, own=own))
    before, now = (np.load(folder / "input_vectors.npy") for folder in (first, tmp_path / "second"))
    rows = {word: row for row, word in enumerate(counts(tmp_path / "second"))}
    np.testing.assert_array_equal(now[[rows[word] for word in counts(first)]], before)


def test_a_folder_that_does_not_say_how_it_was_read_is_told(first, text, tmp_path, capsys):
    record = json.loads((first / "record.json").read_text())
    del record["encode"], record["phrases"], record["folder"]  # as earlier versions wrote it
    (first / "record.json").write_text(json.dumps(record))
    train_text(text("die Straße in New York in\n" * 3), tmp_path / "second", after(first))
    assert "first does not say how its text was read: an earlier version" in capsys.readouterr().err
    assert counts(tmp_path / "second")["in"] == 16


@pytest.mark.parametrize(("name", "content", "told"), [
    ("phrases.txt", None, "phrases.txt, the phrases that were joined, cannot be read"),
    ("output_vectors.npy", None, "first is no folder that `word2vec train` wrote"),
    ("input_vectors.npy", b"\x93NUMPY", "first cannot be read .*; train it anew"),
    ("input_vectors.npy", b"", "first cannot be read .*; train it anew"),
    ("record.json", b'{"model": "cb', "first cannot be read .*; train it anew"),
    ("record.json", b"[]", "first cannot be read .*; train it anew"),
    ("record.json", b"{}", "first cannot be read .*; train it anew"),
    ("vocabulary.txt", b"the 9\n", r"first holds tables of \(\d+, 4\) and .* speak of \(1, 4\)"),
    ("vocabulary.txt", b"the 9\nthe 8\n", "vocabulary.txt holds a word more than once.*; train"),
    ("vocabulary.txt", b"the nine\n", "first cannot be read .*; train it anew"),
])
def test_a_damaged_folder_is_told_in_one_sentence(first, name, content, told):
    if content is None:
        (first / name).unlink()
    else:
        (first / name).write_bytes(content)
    with pytest.raises(UserError, match=told):
        Earlier.load(first)


@pytest.mark.parametrize(("name", "change", "told"), [
    ("input_vectors.npy", lambda table: table.astype(np.float64), "holds float64 values on 2 axes"),
    ("output_vectors.npy", lambda table: table[:-1], "first holds tables of"),
    ("output_vectors.npy", lambda table: table * np.nan, "values that are no numbers; train it"),
])
def test_tables_that_no_training_wrote_are_told_though_the_list_agrees(first, name, change, told):
    np.save(first / name, change(np.load(first / name)))
    seal(first, VECTORS)
    with pytest.raises(UserError, match=told):
        Earlier.load(first)


@pytest.mark.parametrize("change", [
    {"model": "glove"}, {"model": []}, {"corpus": None}, {"parameters": 3}, {"encode": 3},
    {"encode": {}},
])
def test_a_record_of_no_training_is_told_though_the_list_agrees(first, change):
    record = json.loads((first / "record.json").read_text())
    (first / "record.json").write_text(json.dumps(record | change))
    seal(first, VECTORS)
    with pytest.raises(UserError, match=r"first cannot be read \(record.json .*; train it anew"):
        Earlier.load(first)


def earlier(**record) -> Earlier:
    """A training of which only the record is told."""
    told = {"model": "cbow", "parameters": {"dim": 4}, "corpus": {}, **record}
    return Earlier(Tables(*np.ones((2, 1, 4), np.float32)), Vocabulary(["a"], np.array([1])), told,
                   None, Path("first"))


def refusal(call, *arguments) -> str:
    with pytest.raises(UserError) as refused:
        call(*arguments)
    return str(refused.value)


def test_values_are_those_of_the_earlier_training_where_nobody_has_chosen():
    asked = {"model": "skipgram", "dim": 100, "loss": "full_softmax"}
    wanted = {"model": "cbow", "dim": 4, "loss": "negative_sampling"}
    assert earlier().agreed(asked, given=()) == wanted
    assert earlier().agreed({**wanted, "dim": None}, given=None) == wanted
    assert earlier().agreed({**wanted, "tokens": "words"}, given=("tokens",)) == {
        **wanted, "tokens": "words"}  # of which the earlier one says nothing
    assert refusal(earlier().agreed, asked, ("dim",)) == (
        "dim is 100 and was 4 in the earlier training; go on with dim 4.")
    assert refusal(earlier().agreed, asked, None) == (
        "model is skipgram and was cbow in the earlier training; go on with model cbow.")


def test_a_tree_of_other_counts_cannot_be_gone_on_with():
    tree = earlier(parameters={"dim": 4, "loss": "hierarchical_softmax"})
    assert refusal(tree.agreed, {}, ()) == (
        "hierarchical_softmax cannot go on with other text: its output vectors belong to the tree "
        "of the earlier counts; train with both texts anew.")


def test_where_nothing_tells_how_a_text_was_read_what_is_asked_is_done(capsys):
    asked = PhraseParameters(passes=2)
    assert earlier().phrases(asked, EncodeParameters()) is asked
    assert earlier().phrases(None, EncodeParameters()) == []
    warn_of_unknown_reading(earlier(), EncodeParameters("letters"))
    assert capsys.readouterr().err == (
        "warning: first does not say how its text was read: an earlier version wrote it, for which "
        "letters were the default; this text is read as letters. Give --tokens, --turkish and "
        "--phrases as they were then.\n")


def test_phrases_of_an_earlier_training_are_joined_again_or_refused(first, text, tmp_path):
    joined = Earlier.load(first)
    assert refusal(joined.phrases, [], EncodeParameters("words")) == (
        "phrases are to be joined in another way than in the earlier training, which joined 1 "
        "pair; leave --phrases out: the same are joined again.")
    train_text(text("die Straße\n" * 3), tmp_path / "none", RECIPE)
    none = Earlier.load(tmp_path / "none")
    assert none.phrases(PhraseParameters(passes=0), EncodeParameters("words")) == []
    assert "which joined none; leave" in refusal(none.phrases, PhraseParameters(passes=1),
                                                 EncodeParameters("words"))


def test_what_is_no_training_is_told_in_whole_sentences(first):
    record = (first / "record.json").read_bytes()
    (first / "record.json").write_text("{}")
    assert refusal(Earlier.load, first) == (
        f"{first} cannot be read (record.json speaks of no training); train it anew.")
    (first / "record.json").write_bytes(record)
    words = (first / "vocabulary.txt").read_text("utf-8")
    (first / "vocabulary.txt").write_text("the 9\n")
    shape = np.load(first / "input_vectors.npy").shape
    assert refusal(Earlier.load, first) == (
        f"{first} holds tables of {shape} and {shape} values and its vocabulary and record speak "
        "of (1, 4); train it anew.")
    (first / "vocabulary.txt").write_text(words, "utf-8")
    inputs = np.load(first / "input_vectors.npy")
    inputs[0, 0] = np.inf
    np.save(first / "input_vectors.npy", inputs)
    seal(first, VECTORS)
    assert refusal(Earlier.load, first) == (
        f"{first} holds values that are no numbers; train it anew.")
    (first / "output_vectors.npy").unlink()
    assert refusal(Earlier.load, first) == (
        f"{first} is no folder that `word2vec train` wrote, with input and output vectors; give "
        "one to go on with.")


def test_two_vocabularies_become_one_with_the_sums_of_their_counts():
    united = unite(Vocabulary(["the", "cat"], np.array([5, 2])),
                   Vocabulary(["dog", "the"], np.array([7, 4])))
    assert united.words == ["the", "dog", "cat"] and united.counts.tolist() == [9, 7, 2]
