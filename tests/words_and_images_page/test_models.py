from pathlib import Path

import pytest

from words_and_images.common.errors import UserError
from words_and_images_page.limits import Limits
from words_and_images_page.models import load_models, named


def test_models_are_named_by_their_folders_and_told_apart_where_those_are_alike():
    paths = [Path("/a/one"), Path("/b/one"), Path("/c/two"), Path("/b/one")]
    assert named(paths) == {"one": paths[0], "b/one": paths[1], "two": paths[2],
                            "b/one (2)": paths[3]}


def test_every_folder_of_vectors_that_the_pipeline_made_is_found(vectors_folder, monkeypatch):
    monkeypatch.chdir(vectors_folder.parents[1])
    vectors_folder.parent.rename("vectors_made")
    Path("models").mkdir()
    Path("vectors_made").rename("models/vectors")
    models = load_models([], [], [], Limits())
    assert [*models.words] == ["tiny"]
    assert models.photos == {}


def test_a_broken_folder_that_nobody_named_is_left_out_and_said(
        vectors_folder, monkeypatch, capsys):
    monkeypatch.chdir(vectors_folder.parents[1])
    Path("models").mkdir()
    vectors_folder.parent.rename("models/vectors")
    broken = Path("models/vectors/broken")
    broken.mkdir()
    (broken / "input_vectors.npy").write_bytes(b"")
    (broken / "vocabulary.txt").write_text("")
    models = load_models([], [], [], Limits())
    assert [*models.words] == ["tiny"]
    assert "left out: models/vectors/broken cannot be read" in capsys.readouterr().err


def test_given_vectors_are_taken_instead_of_the_pipelines(vectors_folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert [*load_models([vectors_folder], [], [], Limits()).words] == ["tiny"]


def test_a_broken_folder_that_is_named_is_refused(tmp_path):
    with pytest.raises(UserError, match="no trained vectors"):
        load_models([tmp_path], [], [], Limits())
