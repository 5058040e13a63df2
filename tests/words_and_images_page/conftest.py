"""Four words in a plane and classifiers in NumPy, for tests that need no training."""

import json

import numpy as np
import pytest
from small_pages import classifier_of, text_classifier_of

from words_and_images_page.photos import PhotoModel
from words_and_images_page.texts import TextModel
from words_and_images_page.words import WordModel

# king - man + woman is (0.2, 1.4): queen's direction.
WORDS = {"king": (1, 0.8), "queen": (0.2, 1.4), "man": (1, 0), "woman": (0.2, 0.6),
         "new_york": (-1, 0.1), "Paris": (-1, -0.2)}
RECORD = {"model": "cbow", "corpus": {"source": "embedded", "documents": 1234,
                                      "origins": [{"name": "tales", "about": "old tales"}]}}


@pytest.fixture
def vectors_folder(tmp_path):
    """The words as training writes them."""
    folder = tmp_path / "vectors" / "tiny"
    folder.mkdir(parents=True)
    np.save(folder / "input_vectors.npy", np.array([*WORDS.values()], np.float32))
    lines = [f"{word} {9 - number}\n" for number, word in enumerate(WORDS)]
    (folder / "vocabulary.txt").write_text("".join(lines))
    (folder / "record.json").write_text(json.dumps(RECORD))
    return folder


@pytest.fixture
def word_model(vectors_folder):
    return WordModel.load(vectors_folder, "tiny")


@pytest.fixture
def photo_model():
    """A function of a record's content, which gives the classifier as the page uses it."""
    return lambda limits=None, **record: PhotoModel(
        "tiny", classifier_of(**record), *([limits] if limits else []))


@pytest.fixture
def text_model():
    return TextModel("tiny", text_classifier_of())
