"""`word2vec` from a text to answers, as a command of its own."""

import json

import numpy as np
import pytest

from word2vec.vectors.vectors import load_vectors

TINY = ("--dim", "10", "--min-count", "2", "--sample", "0", "--epochs", "1")


@pytest.fixture(scope="module")
def trained(ask):
    """The folder of a finished training."""
    finished = ask("train", "tiny.txt", "trained", *TINY)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr.splitlines()[-1] == "43 vectors of 10 values in trained"
    return ask.folder / "trained"


def test_training_writes_vectors_that_load(trained):
    vectors = load_vectors(trained)
    assert vectors.vectors.shape == (43, 10) and np.isfinite(vectors.vectors).all()
    record = json.loads((trained / "record.json").read_text())
    assert record["model"] == "skipgram" and record["parameters"]["dim"] == 10
    assert record["corpus"] == {"source": "tiny.txt", "origins": []}


def test_training_as_json_tells_what_was_made_and_quietly_nothing_else(ask):
    quiet = ask("train", "tiny.txt", "quiet", *TINY, "-q")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    answer = ask("train", "tiny.txt", "quiet", *TINY, "--quiet", "--json")
    made = json.loads(answer.stdout)
    assert answer.stderr == "" and [made.pop("losses")[0] > 0] == [True]
    assert made == {"vectors": "quiet", "model": "skipgram", "dim": 10, "words": 43}


def test_going_on_takes_what_is_not_given_from_the_earlier_training(ask, trained):
    (ask.folder / "more.txt").write_text("Paris is a town. the zebra and the zebra\n" * 3)
    finished = ask("train", "more.txt", "more", "--continue-from", "trained", "--epochs", "1",
                   "--min-count", "6", "--json")
    assert json.loads(finished.stdout)["words"] == 44 and json.loads(finished.stdout)["dim"] == 10
    assert "going on with trained: skipgram, dim 10, 43 words read with tokens words" in (
        finished.stderr)
    refused = ask("train", "more.txt", "other", "--continue-from", "trained", "--dim", "100")
    assert refused.returncode == 2 and refused.stderr == (
        "--dim is 100 and was 10 in the earlier training; go on with dim 10.\n")


def test_one_seed_gives_the_same_bytes_and_another_does_not(ask, trained):
    for out, *options in (("again", "--threads", "1"), ("other", "--seed", "2")):
        assert ask("train", "tiny.txt", out, *TINY, *options).returncode == 0
    expected, again, other = ((ask.folder / out / "input_vectors.npy").read_bytes()
                              for out in ("trained", "again", "other"))
    assert again == expected and other != expected


def test_training_replaces_an_older_training(ask, trained):
    (ask.folder / "replaced").mkdir()
    for epochs in ("1", "2"):
        assert ask("train", "tiny.txt", "replaced", *TINY[:-1], epochs).returncode == 0
    record = json.loads((ask.folder / "replaced" / "record.json").read_text())
    assert len(record["losses"]) == 2


def test_a_slash_at_the_end_makes_a_folder_and_safetensors_keep_the_counts(ask, trained):
    for out in ("wiki.en/", "v.safetensors"):
        assert ask("train", "tiny.txt", out, *TINY).returncode == 0
    expected = load_vectors(trained)
    for out in ("wiki.en", "v.safetensors"):
        vectors = load_vectors(ask.folder / out)
        assert vectors.index_to_key == expected.index_to_key
        assert vectors.counts.tolist() == expected.counts.tolist()


def test_a_file_of_word2vecs_can_be_written_at_once(ask):
    assert ask("train", "tiny.txt", "v.bin", *TINY, "--model", "cbow").returncode == 0
    assert len(load_vectors(ask.folder / "v.bin")) == 43


def test_a_folder_with_other_content_is_refused_and_kept(ask):
    (ask.folder / "photos").mkdir()
    (ask.folder / "photos" / "mother.jpg").write_text("dear")
    finished = ask("train", "tiny.txt", "photos", *TINY)
    assert finished.returncode == 2
    assert finished.stderr == (
        "photos is a folder with other content (mother.jpg), and only what was written as word "
        "vectors is replaced; name a new folder to write to, or move that elsewhere.\n")
    assert [path.name for path in (ask.folder / "photos").iterdir()] == ["mother.jpg"]


@pytest.mark.parametrize("out, sentence", [
    ("taken", "taken is a file and a folder is to be written; name another place."),
    ("taken/vectors",
     "taken/vectors cannot be written (Not a directory at {}/taken); name another place."),
])
def test_a_place_that_cannot_be_written_is_told(ask, out, sentence):
    (ask.folder / "taken").write_text("dear")
    finished = ask("train", "tiny.txt", out, *TINY)
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1] == sentence.format(ask.folder)
    assert (ask.folder / "taken").read_text() == "dear"


def test_answers_come_from_the_trained_folder(ask, trained):
    nearest = json.loads(ask("nearest", "trained", "Paris", "--top", "3", "--json").stdout)
    assert nearest[0]["word"] == "paris" and len(nearest[0]["nearest"]) == 3
    analogy = ask("analogy", "trained", "france", "paris", "england", "--top", "5", "--json")
    answers = json.loads(analogy.stdout)["answers"]
    assert len(answers) == 5 and not {"france", "paris", "england"} & {a["word"] for a in answers}


def test_own_questions_and_pairs_are_scored(ask, trained):
    (ask.folder / "q.txt").write_text(": capitals\nfrance paris england london\n"
                                      "france paris atlantis poseidonis\n")
    (ask.folder / "towns.tsv").write_text("paris\tlondon\t7\nparis\tking\t1\nking\tqueen\t8\n")
    finished = ask("evaluate", "trained", "--questions", "q.txt", "--pairs", "towns.tsv", "--json")
    scores = json.loads(finished.stdout)
    assert (scores["analogies_asked"], scores["analogies_total"]) == (2, 1)
    assert scores["towns_coverage"] == 1 and -1 <= scores["towns_spearman"] <= 1
    assert [section["section"] for section in scores["sections"]] == ["capitals"]


def test_conversion_keeps_words_and_values(ask, trained):
    assert ask("convert", "trained", "v.txt.gz").returncode == 0
    before, after = load_vectors(trained), load_vectors(ask.folder / "v.txt.gz")
    assert after.index_to_key == before.index_to_key
    np.testing.assert_allclose(after.vectors, before.vectors, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("options, sentence", [
    (("tiny.txt", "out", "--dim", "0"), "--dim is 0; it must be at least 1."),
    (("tiny.txt", "out", "--window", "1001"), "--window is 1001; it must be between 1 and 1000."),
    (("tiny.txt", "out", "--sample", "1.5"), "--sample is 1.5;"),
    (("tiny.txt", "out", "--learning-rate", "0"), "--learning-rate is 0.0; it must be above 0"),
    (("tiny.txt", "out", "--tokens", "word"), "--tokens is 'word'; did you mean words?"),
    (("tiny.txt", "out", "--min-count", "99999"), "occur at least min_count = 99,999 times"),
    (("missing.txt", "out"), "'missing.txt' is neither a path that exists nor a source"),
])
def test_bad_options_are_one_sentence_and_exit_code_2(ask, options, sentence):
    finished = ask("train", *options)
    assert finished.returncode == 2 and finished.stdout == ""
    assert sentence in finished.stderr.splitlines()[-1] and "Traceback" not in finished.stderr
    assert not (ask.folder / "out").exists()


def test_an_unknown_model_is_refused_with_the_known_ones(ask):
    finished = ask("train", "tiny.txt", "out", "--model", "glove")
    assert finished.returncode == 2 and "Traceback" not in finished.stderr
    assert "skipgram" in finished.stderr and "cbow" in finished.stderr


@pytest.mark.parametrize(("out", "sentence"), [
    ("tiny.txt", "tiny.txt is read and would be lost"),
    ("notes.txt", "notes.txt exists and holds no word vectors"),
    ("vectors.foo", "does not say its format"), ("wiki.de", "or a slash behind it (wiki.de/)"),
])
def test_training_overwrites_neither_its_text_nor_a_file_of_another_kind(ask, out, sentence):
    (ask.folder / "notes.txt").write_text("my own notes, one line\n")
    before = (ask.folder / "tiny.txt").read_bytes()
    refused = ask("train", "tiny.txt", out, *TINY)
    assert refused.returncode == 2 and sentence in refused.stderr
    assert (ask.folder / "tiny.txt").read_bytes() == before
    assert (ask.folder / "notes.txt").read_text() == "my own notes, one line\n"


@pytest.mark.parametrize("out", ["texts/vectors", "texts/vectors.txt"])
def test_vectors_are_not_written_among_the_texts_that_are_read(ask, out):
    (ask.folder / "texts").mkdir(exist_ok=True)
    (ask.folder / "texts" / "one.txt").write_bytes((ask.folder / "tiny.txt").read_bytes())
    refused = ask("train", "texts", out, *TINY)
    assert refused.returncode == 2
    assert f"{out} lies in texts, which is read; name another place" in refused.stderr
    assert [path.name for path in (ask.folder / "texts").iterdir()] == ["one.txt"]
