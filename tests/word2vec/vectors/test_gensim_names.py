"""Every public name of gensim's KeyedVectors is one here, or says what to use."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from word2vec.vectors.gensim_names import INSTEAD
from word2vec.vectors.vectors import WordVectors

keyedvectors = pytest.importorskip("gensim.models.keyedvectors")

NAMES = [name for name in dir(keyedvectors.KeyedVectors) if not name.startswith("_")]
GUIDE = Path(__file__).parents[3] / "docs" / "words.md"


@pytest.fixture
def vectors() -> WordVectors:
    return WordVectors(["a", "b"], np.eye(2))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_gensim_is_here_or_says_what_to_use(vectors, name):
    if name in INSTEAD:
        with pytest.raises(AttributeError, match=f"WordVectors has no {name}: .*\\.$"):
            getattr(vectors, name)
        assert not hasattr(vectors, name)
    else:
        assert callable(getattr(vectors, name))


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(INSTEAD) - {"save", "load"}))
def test_parameters_have_the_names_that_gensim_gave_them(name):
    theirs = inspect.signature(getattr(keyedvectors.KeyedVectors, name)).parameters
    ours = inspect.signature(getattr(WordVectors, name)).parameters
    assert list(ours)[: len(theirs)] == list(theirs)


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_tells_of_every_name(name):
    section = GUIDE.read_text(encoding="utf-8").split("## From Python")[1].split("\n## ")[0]
    assert f"`{name}" in section


def test_other_names_are_unknown_as_everywhere(vectors):
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        _ = vectors.colour
