"""A split's documents learnt from, and tested on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from texts.document import NOUN
from texts.models import Fitted, Prepared, TextModel, fit_model
from texts.parameters import ModelParameters
from texts.split import groups_of
from words_and_images.common.errors import counted
from words_and_images.common.progress import WARNING, say
from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.recalls import shortened
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


def guessed_rows(model: TextModel, texts: Sequence[str]) -> NDArray[np.intp]:
    """Which texts have no word that the model knows: it would say the same of any of them."""
    return np.flatnonzero(~(model.unknown(texts) < 1))


def tell_of_guessed(evaluation: Evaluation, rows: NDArray[np.intp]) -> None:
    """Say how many documents count with a guess, and how many of these guesses are right."""
    if len(rows):
        share = f"{len(rows):,} of {counted(evaluation.count, evaluation.noun)}"
        say(f"{WARNING}the classifier knows no word of {share}, which count with what it would "
            f"guess ({evaluation.hits[rows].sum():,} right); texts classify refuses such texts: "
            f"{shortened([evaluation.names[row] for row in rows])}")
