"""Rooms give out what their ``__init__.py`` says, at the first question and no sooner."""

import os
import subprocess
import sys
import zipfile
from importlib import import_module

import pytest
from project_imports import ROOT, project_files

from words_and_images.common.exports import exports_of

ROOMS = [file.removesuffix("/__init__.py").replace("/", ".") for file in project_files()
         if file.endswith("/__init__.py") and "on_demand(" in (ROOT / file).read_text()]


@pytest.mark.parametrize("name", ROOMS)
def test_every_name_that_a_room_gives_out_is_there(name):
    room, exports = import_module(name), exports_of(name)
    assert exports
    for export, module in exports.items():
        assert getattr(room, export) is getattr(import_module(module), export)
        assert export in dir(room)


def test_all_names_are_imported_by_a_star():
    names: dict[str, object] = {}
    exec("from word2vec.vectors import *", names)
    assert {"WordVectors", "load_vectors"} <= names.keys()


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(ImportError, match="cannot import name 'load_vektors'"):
        exec("from word2vec.vectors import load_vektors")
    with pytest.raises(AttributeError, match="module 'vision.photos' has no attribute 'photo'"):
        import_module("vision.photos").photo  # noqa: B018


def test_a_room_imports_nothing_before_it_is_asked():
    code = ("import sys, word2vec.vectors, vision.classifier, words_and_images.retraining\n"
            "assert 'numpy' not in sys.modules and 'PIL' not in sys.modules\n"
            "from word2vec.vectors import load_vectors\n"
            "assert 'numpy' in sys.modules and 'vision.classifier.classifier' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_rooms_give_out_their_names_from_a_zip_archive_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in [*ROOT.glob("word2vec/**/*.py"), *ROOT.glob("words_and_images/**/*.py")]:
            archive.write(path, path.relative_to(ROOT))
    code = ("import word2vec.vectors; print(word2vec.vectors.__file__)\n"
            "from word2vec.vectors import load_vectors")
    finished = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, check=True,
                              env={**os.environ, "PYTHONPATH": str(tmp_path / "all.zip")},
                              capture_output=True)
    assert finished.stdout.startswith(str(tmp_path / "all.zip"))
