"""A stage that finds files of somebody else's where it is to write leaves them, and does nothing.

The mains are called as they are: what they read need not be there, for they have not come so far.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

from words_and_images.common.commandline import run_stage
from words_and_images.common.errors import UserError

ROOT = Path(__file__).parents[2]
# The arguments of a stage; OUT is the folder with a file of somebody else's.
FOLDERS = {
    "encode_corpus": ("corpus.txt", "corpus.json", "phrases.txt", "OUT"),
    "train_embeddings": ("cbow", "encoded", "corpus.json", "checkpoint", "OUT", "losses.json"),
    "fetch_images": ("OUT", "images.json"),
    "fetch_backbone": ("OUT",),
    "fine_tune_backbone": ("images", "split.json", "backbone", "OUT"),
    "extract_bottlenecks": ("images", "split.json", "backbone", "OUT"),
    "retrain": ("split.json", "bottlenecks", "OUT", "curve.json"),
    "evaluate_classifier": ("images", "split.json", "bottlenecks", "head", "metrics.json", "OUT"),
    "export_classifier": ("images", "split.json", "backbone", "head", "summary.json", "OUT"),
    "explain_classifier": ("images", "split.json", "predictions.json", "classifier", "OUT"),
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with records of empty inputs; the parameters are the project's own."""
    monkeypatch.chdir(ROOT)
    (tmp_path / "OUT").mkdir()
    (tmp_path / "OUT" / "notes.txt").write_text("mine")
    (tmp_path / "corpus.json").write_text('{"origins": []}')
    (tmp_path / "corpus.txt").write_text("")
    (tmp_path / "phrases.txt").write_text("# no phrases\n")
    (tmp_path / "split.json").write_text('{"labels": [], "images": []}')
    return tmp_path


def call(stage, place, arguments):
    names = [name if name == "cbow" else str(place / name) for name in arguments]
    import_module(f"pipelines.{stage}").main(*names)


@pytest.mark.parametrize("stage", FOLDERS)
def test_a_folder_with_other_files_is_kept(stage, place):
    before = sorted(os.listdir(place))
    with pytest.raises(UserError, match=r"OUT is a folder with other content \(notes.txt\)"):
        call(stage, place, FOLDERS[stage])
    assert (place / "OUT" / "notes.txt").read_text() == "mine"
    assert sorted(os.listdir(place)) == before


def test_a_checkpoint_with_other_files_is_kept(place):
    with pytest.raises(UserError, match="notes.txt.*the checkpoint of a training"):
        call("train_embeddings", place, ("cbow", "encoded", "corpus.json", "OUT", "vectors", "l"))


@pytest.mark.parametrize(("stage", "arguments", "name", "told"), [
    ("fetch_corpus", ("text.txt", "corpus.json"), "text.txt", "name it as corpus.source"),
    ("find_phrases", ("corpus.txt", "corpus.json", "text.txt"), "text.txt", "holds no phrases"),
])
def test_a_text_of_somebody_elses_is_kept(place, stage, arguments, name, told):
    (place / name).write_text("dear diary\n")
    with pytest.raises(UserError, match=told):
        call(stage, place, arguments)
    assert (place / name).read_text() == "dear diary\n"


def test_a_report_or_table_does_not_take_the_place_of_another_file(place, monkeypatch, capsys):
    for stage, name in (("report", "page.html"), ("split_images", "notes.json"),
                        ("plot_embeddings", "photo.png"), ("evaluate_embeddings", "notes.json")):
        (place / name).write_text("dear diary")
        main = import_module(f"pipelines.{stage}").main
        count = main.__code__.co_argcount
        monkeypatch.setattr(sys, "argv", [
            stage, *(str(place / f"nowhere_{number}") for number in range(count - 1)),
            str(place / name)])
        with pytest.raises(SystemExit) as ended:
            run_stage(main)
        assert ended.value.code == 2
        assert f"{name} exists and is no" in capsys.readouterr().err
        assert (place / name).read_text() == "dear diary"


def test_the_corpus_and_the_images_of_the_parameters_are_never_the_output(place, monkeypatch):
    from vision.backbones import normalise_backbone
    from vision.photos.dataset import collect_images
    from word2vec.corpus.documents.sources import collect_corpus

    (place / "text.txt").write_text("dear diary\n")
    for collect, source, out in ((collect_corpus, "text.txt", "text.txt"),
                                 (collect_images, "OUT", "OUT"),
                                 (collect_images, "OUT/photos", "OUT"),
                                 (normalise_backbone, "OUT", "OUT")):
        (place / "OUT" / "photos").mkdir(exist_ok=True)
        with pytest.raises(UserError, match="read and would be lost"):
            collect(str(place / source), place / out)
    assert (place / "text.txt").read_text() == "dear diary\n"


def test_images_of_the_version_without_lists_are_told_by_their_record(tmp_path):
    from vision.folders import IMAGES
    from vision.photos.dataset import list_former_images
    from words_and_images.common.own_files import foreign_files

    images, record = tmp_path / "images", tmp_path / "images.json"
    record.write_text(json.dumps({"counts": {"cat": 2, "dog": 1}}))
    for name in ("cat/1.jpg", "cat/2.jpg", "dog/1.jpg", "dog/mine.jpg"):
        (images / name).parent.mkdir(parents=True, exist_ok=True)
        (images / name).write_text("photo")
    list_former_images(images, record)
    assert len(foreign_files(images, IMAGES)) == 4  # one too many: nobody knows which
    (images / "dog" / "mine.jpg").unlink()
    list_former_images(images, record)
    assert foreign_files(images, IMAGES) == []
    (images / "dog" / "mine.jpg").write_text("photo")
    list_former_images(images, record)
    assert foreign_files(images, IMAGES) == ["dog/mine.jpg"]


def test_the_digits_of_the_example_replace_only_digits(place, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["fetch_digits"])
    with pytest.raises(UserError, match="notes.txt.*the files of MNIST"):
        import_module("examples.fetch_digits").main(str(place / "OUT"))
