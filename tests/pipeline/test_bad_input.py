"""Stages that are given what cannot be: one sentence, exit code 2, and earlier output stays."""

import json
import shutil

import numpy as np
import pytest

from vision.folders import IMAGES as IMAGES_FOLDER
from word2vec.folders import ENCODED
from word2vec.folders import VECTORS as VECTORS_FOLDER
from words_and_images.common.own_files import seal

MADE = "# no phrases made by an earlier run\n"
CORPUS = ("data/corpus.txt", "data/corpus.json")
IMAGES = ("data/images", "data/images.json")
VECTORS = ("skipgram", "data/encoded", "data/corpus.json", "data/checkpoints/skipgram",
           "models/vectors/skipgram", "results/training/skipgram.json")


@pytest.fixture
def earlier(workspace):
    """A workspace with what earlier runs made."""
    for name in (*CORPUS, "data/phrases.txt", "data/encoded/vocabulary.txt",
                 "data/images/hot dog/001.bmp", "data/images.json", "data/split.json",
                 "models/vectors/skipgram/record.json", "results/training/skipgram.json"):
        path = workspace.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"made": "by an earlier run"}' if path.suffix == ".json" else MADE)
    (workspace.folder / "data" / "corpus.json").write_text(
        json.dumps({"origins": [], "bytes": len(MADE)}))
    for name, kind in (("data/encoded", ENCODED), ("data/images", IMAGES_FOLDER),
                       ("models/vectors/skipgram", VECTORS_FOLDER)):
        seal(workspace.folder / name, kind)
    return workspace


@pytest.mark.parametrize("changes, sentence", [
    ({"train": {"dimm": 10}}, "params.yaml: train: unknown parameter 'dimm'; did you mean dim"),
    ({"train": {"dim": 0}}, "params.yaml: train: dim is 0; it must be at least 1."),
    ({"train": {"dim": "wide"}}, "params.yaml: train.dim is 'wide'; it must be int."),
    ({"train": {"step": 100}}, "step is 100; it must be 0, or a multiple of 64 up to"),
    ({"trian": {"dim": 10}}, "unknown group 'trian'; did you mean train"),
    ({"skipgram": {"learning_rate": -1}}, "skipgram: learning_rate is -1.0; it must be above 0"),
])
def test_training_refuses_parameters_before_any_work(earlier, changes, sentence):
    earlier.set(changes)
    assert sentence in earlier.refused("train_embeddings", *VECTORS)


@pytest.mark.parametrize("stage, paths", [
    ("fetch_corpus", CORPUS), ("fetch_images", IMAGES), ("fetch_backbone", ("data/backbone",))])
def test_an_unknown_profile_is_named_with_the_nearest(earlier, stage, paths):
    earlier.set({"profile": "embeded", "corpus": {"source": None}, "images": {"source": None},
                 "backbone": {"source": None}})
    assert earlier.refused(stage, *paths) == (
        f"{stage}: profile is 'embeded'; did you mean embedded?")


def test_a_missing_corpus_is_told_with_the_catalogues_nearest_names(earlier):
    earlier.set({"corpus": {"source": "tex8"}})
    sentence = earlier.refused("fetch_corpus", *CORPUS)
    assert "'tex8' is neither a path that exists" in sentence
    assert sentence.endswith("did you mean text8?")


@pytest.mark.parametrize("content", [b"", b"\n \n\n"])
def test_an_empty_corpus_is_refused(earlier, content):
    (earlier.folder / "own").mkdir()
    (earlier.folder / "own" / "corpus.txt").write_bytes(content)
    assert "own/corpus.txt holds no text" in earlier.refused("fetch_corpus", *CORPUS)


def test_a_parameters_file_in_another_encoding_is_told(earlier):
    path = earlier.folder / "params.yaml"
    path.write_bytes(path.read_bytes() + b"# se\xf1or\n")
    assert "params.yaml is not YAML ('utf-8' codec can't decode byte 0xf1" in (
        earlier.refused("encode_corpus", *CORPUS, "data/phrases.txt", "data/encoded"))


def test_an_empty_folder_is_no_corpus(earlier):
    (earlier.folder / "own").mkdir()
    earlier.set({"corpus": {"source": "own"}})
    assert "own" in earlier.refused("fetch_corpus", *CORPUS)


def test_a_corpus_of_too_few_words_is_refused(earlier):
    (earlier.folder / "data" / "corpus.txt").write_text("often often rarely\n")
    (earlier.folder / "data" / "phrases.txt").write_text("# no phrases\n")
    assert earlier.refused("encode_corpus", *CORPUS, "data/phrases.txt", "data/encoded") == (
        "encode_corpus: 1 of 2 words occurs at least min_count = 2 times and two are needed; "
        "lower min_count or give more text.")


@pytest.mark.parametrize("changes, sentence", [
    ({"phrases": {"passes": 1, "scoring": "pmi"}}, "phrases: scoring is 'pmi'; did you mean npmi?"),
    ({"phrases": {"passes": 1}, "encode": {"tokens": "word"}}, "tokens is 'word'; did you mean"),
])
def test_finding_phrases_refuses_parameters_before_any_work(earlier, changes, sentence):
    earlier.set(changes)
    assert sentence in earlier.refused("find_phrases", *CORPUS, "data/phrases.txt")


def test_phrases_that_are_none_are_refused_with_their_line(earlier):
    (earlier.folder / "data" / "phrases.txt").write_text("new york\nnew york times\n")
    assert "data/phrases.txt, line 2: 'new york times' is not two words" in (
        earlier.refused("encode_corpus", *CORPUS, "data/phrases.txt", "data/encoded"))


@pytest.mark.parametrize("content, sentence", [
    (b"one two\0three", "own/corpus.txt is no text (it holds a NUL byte)"),
    ("one two".encode("utf-16-le"), "give plain text in UTF-8"),
    (b"\x1f\x8b\x08 damaged", "own/corpus.txt cannot be read to its end"),
])
def test_a_corpus_that_is_no_text_is_refused(earlier, content, sentence):
    (earlier.folder / "own").mkdir()
    (earlier.folder / "own" / "corpus.txt").write_bytes(content)
    assert sentence in earlier.refused("fetch_corpus", *CORPUS)


def test_an_unreachable_source_is_named_with_what_to_do_instead(earlier):
    earlier.set({"corpus": {"source": "text8"}})
    sentence = earlier.refused("fetch_corpus", *CORPUS)
    assert "text8.zip cannot be reached" in sentence
    assert "give a path of your own as the source" in sentence


def test_one_class_is_no_classifier(earlier, pictures):
    pictures(earlier.folder / "own" / "images", 2, {"hot dog": (200, 60, 40)})
    assert "holds images of only one class, 'hot dog'" in earlier.refused("fetch_images", *IMAGES)


def test_a_missing_images_folder_is_told_with_the_catalogues_nearest_names(earlier):
    earlier.set({"images": {"source": "drawing"}})
    assert earlier.refused("fetch_images", *IMAGES).endswith("did you mean drawings?")


def test_unreadable_images_above_the_share_are_named(earlier, pictures):
    pictures(earlier.folder / "own" / "images", 5)
    (earlier.folder / "own" / "images" / "other" / "broken.jpg").write_text("no image")
    sentence = earlier.refused("fetch_images", *IMAGES)
    assert "1 of 11 images (9.1 %) cannot be read, above the unreadable_share of 0.05" in sentence
    assert "other/broken.jpg" in sentence


def test_unreadable_images_within_the_share_are_skipped_and_told(earlier, pictures):
    pictures(earlier.folder / "own" / "images", 5)
    (earlier.folder / "own" / "images" / "other" / "broken.jpg").write_text("no image")
    earlier.set({"images": {"unreadable_share": 0.1}})
    finished = earlier.stage("fetch_images", *IMAGES)
    assert finished.returncode == 0 and "other/broken.jpg" in finished.stderr
    assert len(list((earlier.folder / "data" / "images").rglob("*.bmp"))) == 10
    assert "other/broken.jpg" in (earlier.folder / "data" / "images.json").read_text()


def test_too_few_images_for_a_split_are_told_with_how_many_it_needs(earlier, pictures):
    shutil.rmtree(earlier.folder / "data" / "images")
    pictures(earlier.folder / "data" / "images", 2)
    sentence = earlier.refused("split_images", "data/images", "data/split.json")
    assert "has 2 images, the class 'other' has 2 images; give each class 3 or more" in sentence


def test_a_missing_backbone_is_told_with_the_catalogues_nearest_names(earlier):
    earlier.set({"backbone": {"source": "inception_v4"}})
    assert earlier.refused("fetch_backbone", "data/backbone").endswith("did you mean inception_v3?")


@pytest.mark.parametrize("source, sentence", [
    ("own/missing.txt", "'own/missing.txt' is neither a path that exists nor a source"),
    ("own/corpus.txt", "own/corpus.txt, line 1: 'a town' is no question"),
])
def test_questions_that_are_none_are_refused(earlier, source, sentence):
    folder = earlier.folder / "models" / "vectors" / "skipgram"
    np.save(folder / "input_vectors.npy", np.eye(2, dtype=np.float32))
    (folder / "vocabulary.txt").write_text("a 2\ntown 1\n")
    (earlier.folder / "own").mkdir()
    (earlier.folder / "own" / "corpus.txt").write_text("a town\n")
    earlier.set({"evaluate": {"questions": source}})
    assert sentence in earlier.refused(
        "evaluate_embeddings", "models/vectors/skipgram", "results/metrics/skipgram.json",
        "results/words/skipgram/sections.json")


def test_no_summary_before_any_run(project, tmp_path):
    finished = project.run("-m", "reporting.summary", folder=tmp_path)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == "results/metrics/cbow.json is missing; run `dvc repro` first.\n"
