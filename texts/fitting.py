"""A split's documents learnt from, and tested on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from texts.document import NOUN
from texts.models import Fitted, Prepared, TextModel, fit_model
from texts.parameters import ModelParameters
from texts.split import groups_of
from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.split import TEST, Split

if TYPE_CHECKING:
    from word2vec.vectors.vectors import WordVectors


def learnt_rows(split: Split) -> NDArray[np.intp]:
    """The documents to learn from: all but those of the test."""
    return np.setdiff1d(np.arange(len(split.examples)), split.rows(TEST))


def fit_split(
    texts: Sequence[str], split: Split, parameters: ModelParameters,
    vectors: "WordVectors | None" = None, prepared: Prepared | None = None,
) -> Fitted:
    """`fit_model` on the `learnt_rows` of texts in the split's order."""
    rows, groups = learnt_rows(split), groups_of(split)
    return fit_model([texts[row] for row in rows], split.targets[rows], split.labels,
                     [groups[row] for row in rows], parameters, vectors, prepared)


def evaluate_model(
    model: TextModel, texts: Sequence[str], split: Split, not_sure: float
) -> Evaluation:
    """The model's answers to the test documents of texts in the split's order."""
    rows = split.rows(TEST)
    return Evaluation(split.labels, [split.examples[row].name for row in rows],
                      split.targets[rows], model.probabilities([texts[row] for row in rows]),
                      not_sure=not_sure, noun=NOUN)
