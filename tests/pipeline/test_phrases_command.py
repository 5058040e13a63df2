"""Phrases in the pipeline, and by `word2vec phrases` and `word2vec train --phrases`."""

import json

import numpy as np
import pytest

LENIENT = ("--threshold", "5", "--min-count", "2", "--discount", "0")
CORPUS = ("data/corpus.txt", "data/corpus.json")
TINY = ("--dim", "10", "--min-count", "2", "--sample", "0", "--epochs", "1")


def words(folder):
    lines = (folder / "vocabulary.txt").read_text().splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def test_the_most_frequent_phrases_are_printed_pass_by_pass(ask):
    finished = ask("phrases", "tiny.txt", "--passes", "2", "--top", "2", *LENIENT)
    assert finished.returncode == 0, finished.stderr
    first, *rows = [line.split() for line in finished.stdout.splitlines()]
    assert first == ["pass", "1", "score", "count"] and ["pass", "2", "score", "count"] in rows
    assert len(rows) == 5 and all("_" in row[0] for row in rows if len(row) == 3)


def test_phrases_as_json_and_in_a_file_that_training_takes(ask):
    finished = ask("phrases", "tiny.txt", "phrases.txt", "--json", "--top", "3", *LENIENT)
    passes = json.loads(finished.stdout)
    assert len(passes) == 1 and len(passes[0]) == 3
    assert set(passes[0][0]) == {"phrase", "score", "count"}
    assert "capital of\t" in (ask.folder / "phrases.txt").read_text()
    trained = ask("train", "tiny.txt", "trained", *TINY, "--phrases", "phrases.txt")
    assert trained.returncode == 0, trained.stderr
    assert "capital_of" in words(ask.folder / "trained")


def test_training_finds_phrases_itself_for_a_number_of_passes(ask):
    trained = ask("train", "tiny.txt", "itself", *TINY, "--phrases", "1", "--max-words", "10")
    assert trained.returncode == 0, trained.stderr
    assert "phrases, pass 1: 0 pairs of words" in trained.stderr  # no score above 200 in so little
    assert len(words(ask.folder / "itself")) == 10


@pytest.mark.parametrize("options, sentence", [
    (("train", "tiny.txt", "out", "--phrases", "none.txt"), "none.txt cannot be read (no such"),
    (("train", "tiny.txt", "out", "--max-words", "1"),
     "--max-words is 1; it must be at least 2"),
    (("phrases", "tiny.txt", "out", "--threshold", "-1"), "--threshold is -1.0; it must be"),
    (("phrases", "tiny.txt", "tiny.txt"), "tiny.txt is read and would be lost"),
    (("phrases", "missing.txt", "out"), "'missing.txt' is neither a path that exists"),
])
def test_bad_options_are_one_sentence_and_exit_code_2(ask, options, sentence):
    finished = ask(*options)
    assert finished.returncode == 2 and finished.stdout == ""
    assert sentence in finished.stderr.splitlines()[-1] and "Traceback" not in finished.stderr
    assert not (ask.folder / "out").exists()


@pytest.fixture
def fetched(workspace):
    """A workspace with a corpus whose words new and york often stand together."""
    (workspace.folder / "data").mkdir()
    generator = np.random.default_rng(1)
    lines = [" ".join(generator.choice(["new york", "new", "york", "of", "the", "a"], 20))
             for _ in range(100)]
    (workspace.folder / "data" / "corpus.txt").write_text("\n".join([*lines, ""]))
    (workspace.folder / "data" / "corpus.json").write_text('{"origins": []}')
    return workspace


def encode(workspace):
    """The vocabulary after the stages up to encode_corpus, and what find_phrases wrote."""
    for stage, *paths in (("find_phrases", *CORPUS, "data/phrases.txt"),
                          ("encode_corpus", *CORPUS, "data/phrases.txt", "data/encoded")):
        finished = workspace.stage(stage, *paths)
        assert finished.returncode == 0, finished.stderr
    data = workspace.folder / "data"
    assert sorted(path.name for path in data.iterdir()) == [
        "corpus.json", "corpus.txt", "encoded", "phrases.txt"]
    return words(data / "encoded"), (data / "phrases.txt").read_text()


def test_by_default_no_phrases_are_joined(fetched):
    vocabulary, phrases = encode(fetched)
    assert phrases == "# no phrases\n" and set(vocabulary) == {"new", "york", "of", "the", "a"}


def test_a_pass_of_the_pipeline_joins_the_phrases_that_it_writes(fetched):
    fetched.set({"phrases": {"passes": 1, "scoring": "npmi", "threshold": 0.2}})
    vocabulary, phrases = encode(fetched)
    assert phrases.startswith("# pass 1: 1 pair of words; score,")
    line = phrases.splitlines()[1].split("\t")
    assert line[0] == "new york" and int(line[2]) == vocabulary["new_york"]
    assert int(line[3]) == vocabulary["new_york"] + vocabulary["new"]


@pytest.mark.parametrize(("origins", "expected"), [
    ([], {"müller_straße"}), ([{"name": "text8"}], {"m_ller", "stra_e"})])
def test_ones_own_text_is_read_as_words_and_the_catalogues_as_letters(
    fetched, origins, expected
):
    data = fetched.folder / "data"
    lines = "Müller Straße\nund Müller\n" * 20
    (data / "corpus.txt").write_text(lines, encoding="utf-8")
    (data / "corpus.json").write_text(json.dumps({"origins": origins}))
    fetched.set({"phrases": {"passes": 1, "threshold": 0}, "encode": {"min_count": 1}})
    vocabulary, _ = encode(fetched)
    assert expected <= set(vocabulary)
    record = json.loads((data / "encoded" / "record.json").read_text())
    assert record["encode"]["tokens"] == ("letters" if origins else "words")
    assert record["phrases"] == "phrases.txt" and (data / "encoded" / "phrases.txt").exists()
