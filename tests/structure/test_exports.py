"""Rooms give out what their ``__init__.py`` says, at the first question and no sooner."""

import subprocess
import sys
from importlib import import_module

import pytest
from project_imports import ROOT, given_out, project_files

from words_and_images.common.exports import exports_of

ROOMS = [file for file in project_files() if file.endswith("__init__.py") and given_out(file)
         and exports_of(str(ROOT / file))]


@pytest.mark.parametrize("file", ROOMS)
def test_every_name_that_a_room_gives_out_is_there(file):
    room = import_module(file.removesuffix("/__init__.py").replace("/", "."))
    for name, module in exports_of(str(ROOT / file)).items():
        assert getattr(room, name) is getattr(import_module(module), name)
        assert name in dir(room)


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
