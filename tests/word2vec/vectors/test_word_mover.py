import builtins
import os
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError

WORDS = ["origin", "right", "up", "there"]
PLACES = np.array([[0, 0], [3, 0], [0, 4], [0, 0]], np.float32)
with_pot = pytest.mark.skipif(find_spec("ot") is None, reason="POT is not installed")


@pytest.fixture
def vectors() -> WordVectors:
    return WordVectors(WORDS, PLACES)


@with_pot
def test_the_distance_is_worked_out_by_hand(vectors):
    # Half of the text is right (3 from the origin), half of it up (4).
    assert vectors.wmdistance(["origin"], ["right", "up"], norm=False) == pytest.approx(3.5)
    # Of three thirds one stays, one goes 3 and one 5, which is less than 4 and 3 + 3.
    assert vectors.wmdistance(["right", "right", "up"], ["right", "origin", "up"], norm=False) == (
        pytest.approx(1))
    assert vectors.wmdistance(["right"], ["up"]) == pytest.approx(np.sqrt(2))


@with_pot
def test_the_same_words_are_no_distance_apart_in_any_order(vectors):
    assert vectors.wmdistance(["right", "up"], ["up", "right"]) == 0
    assert vectors.wmdistance(["right"], ["right"]) == 0
    assert vectors.wmdistance(["origin"], ["there"], norm=False) == 0


def test_unknown_words_are_left_out_and_a_text_of_them_is_infinitely_far(vectors):
    assert vectors.wmdistance(["right", "left"], ["right"]) == 0
    assert vectors.wmdistance(["left"], ["right"]) == np.inf
    assert vectors.wmdistance([], ["right"]) == np.inf


def test_a_row_is_its_word(vectors):
    assert vectors.wmdistance([1, "right"], ["right"]) == 0


@with_pot
@pytest.mark.parametrize("norm", [True, False])
def test_distances_are_those_of_gensim(norm):
    gensim = pytest.importorskip("gensim.models")
    generator = np.random.default_rng(7)
    words = [f"w{i}" for i in range(30)]
    keyed = gensim.KeyedVectors(5)
    keyed.add_vectors(words, generator.normal(size=(30, 5)).astype(np.float32))
    ours = WordVectors(words, keyed.vectors)
    for _ in range(5):
        texts = [[words[i] for i in generator.integers(0, 30, size)] for size in (7, 12)]
        assert ours.wmdistance(*texts, norm=norm) == pytest.approx(
            keyed.wmdistance(*texts, norm=norm), abs=1e-6)


def test_without_pot_a_sentence_says_what_to_install(monkeypatch):
    import_module = builtins.__import__

    def without_pot(name, *arguments, **options):
        if name == "ot":
            raise ImportError(name)
        return import_module(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_pot)
    with pytest.raises(UserError, match="takes the package POT, which is not installed"):
        WordVectors(WORDS, PLACES).wmdistance(["right"], ["up"])


def test_pot_is_not_to_import_libraries_that_are_not_in_use(monkeypatch):
    solver = SimpleNamespace(emd2=lambda first, second, distances: 3.5)
    monkeypatch.setitem(sys.modules, "ot", solver)
    monkeypatch.setitem(sys.modules, "torch", solver)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    for library in ("PYTORCH", "TENSORFLOW"):
        monkeypatch.delenv(f"POT_BACKEND_DISABLE_{library}", raising=False)
    assert WordVectors(WORDS, PLACES).wmdistance(["right"], ["up"]) == 3.5
    assert os.environ["POT_BACKEND_DISABLE_TENSORFLOW"] == "1"
    assert "POT_BACKEND_DISABLE_PYTORCH" not in os.environ
