"""Multinomial naive Bayes of word counts, with Laplace's smoothing.

A. McCallum and K. Nigam, "A comparison of event models for naive Bayes text classification", 1998.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from texts.parameters import AUTO, ModelParameters
from word2vec.corpus.tokens import words
from words_and_images.common.errors import UserError
from words_and_images.neural.softmax import softmax

if TYPE_CHECKING:
    from word2vec.vectors.vectors import WordVectors

BAYES = "bayes"


class TextModel(Protocol):
    """What classifies texts."""

    kind: str
    labels: list[str]

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, labels), rows sum to 1; each text by itself: the same bits alone as among others.
        """

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each text's words that the model does not know; nan without words."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All it is made of."""


@dataclass
class Fitted:
    """A model, and what was found on the way to it, for the record."""

    model: TextModel
    chosen: dict[str, Any]


@dataclass
class Bayes:
    """Logarithms of P(label), (labels,), and of P(word | label), (words, labels)."""

    labels: list[str]
    words: list[str]
    priors: NDArray[np.float64]
    likelihoods: NDArray[np.float64]
    kind: str = BAYES
    _numbers: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._numbers = {word: number for number, word in enumerate(self.words)}

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        logits = np.array([self._logits(text) for text in texts]).reshape(-1, len(self.labels))
        return softmax(logits).astype(np.float32)

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        found = [words(text) for text in texts]
        return np.array([np.mean([word not in self._numbers for word in each]) if each else np.nan
                         for each in found])

    def arrays(self) -> dict[str, NDArray[Any]]:
        text = np.frombuffer("\n".join(self.words).encode(), np.uint8)
        return {"kind": np.array(self.kind), "words": text, "priors": self.priors,
                "likelihoods": self.likelihoods}

    def _logits(self, text: str) -> NDArray[np.float64]:
        counts = Counter(self._numbers[word] for word in words(text) if word in self._numbers)
        known = np.array(list(counts.values()), np.float64) @ self.likelihoods[list(counts)] if (
            counts) else 0.0
        return self.priors + known


def fit_model(
    texts: Sequence[str], targets: NDArray[np.intp], labels: list[str], groups: Sequence[str],
    parameters: ModelParameters, vectors: "WordVectors | None",
) -> Fitted:
    """Count; UserError for another kind, and for word vectors, which counts have no use for."""
    if parameters.kind != AUTO or vectors is not None:
        raise UserError(f"kind is {parameters.kind!r}, and word vectors are given or not; naive "
                        "Bayes is all there is: leave kind and vectors out.")
    found = [words(text) for text in texts]
    known = sorted({word for each in found for word in each})
    if not known:
        raise UserError("the documents hold no words; give texts with letters.")
    numbers = {word: number for number, word in enumerate(known)}
    counts = np.ones((len(known), len(labels)))
    for each, target in zip(found, targets, strict=True):
        for word in each:
            counts[numbers[word], target] += 1
    shares = np.bincount(targets, minlength=len(labels)) / len(targets)
    with np.errstate(divide="ignore"):
        model = Bayes(labels, known, np.log(shares), np.log(counts / counts.sum(axis=0)))
    return Fitted(model, {"kind": BAYES})


def model_from(arrays: Mapping[str, NDArray[Any]], labels: list[str]) -> TextModel:
    """The model of those arrays; ValueError for what is none."""
    try:
        known = bytes(arrays["words"]).decode().split("\n")
        priors, likelihoods = arrays["priors"], arrays["likelihoods"]
        kind = str(arrays["kind"])
    except KeyError as error:
        raise ValueError(f"it has no {error.args[0]}") from None
    if kind != BAYES or priors.shape != (len(labels),) or (
            likelihoods.shape != (len(known), len(labels))):
        raise ValueError("its arrays do not fit each other")
    if likelihoods.dtype != np.float64 or priors.dtype != np.float64 or (
            not np.isfinite(likelihoods).all() or np.isnan(priors).any()):
        raise ValueError("its arrays hold what are no logarithms")
    return Bayes(labels, known, priors, likelihoods)
