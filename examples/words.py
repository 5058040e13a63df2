"""CBOW and skip-gram as their formulas stand, on a few hundred sentences, with three losses.

T. Mikolov et al., "Efficient estimation of word representations in vector space" and "Distributed
representations of words and phrases and their compositionality", both 2013. Whole batches and
plain products of matrices: word2vec/ is the same, made fast.
"""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from examples.pictures import BLUE, GREEN, GREY, ORANGE, RED, draw_curves, draw_panels
from examples.sentences import KINDS, kind_of, make_sentences
from examples.stage import read_example, require_above_0, require_seed, run_example
from word2vec.training.batches import noise_distribution
from word2vec.training.huffman import code_words
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require
from words_and_images.neural.activations import sigmoid
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.losses import cross_entropy, cross_entropy_derivative, one_hot
from words_and_images.neural.optimisers import Adam
from words_and_images.neural.principal_components import principal_components

MODELS = ("cbow", "skipgram")
SHOWN = ("king", "dog", "bread", "castle", "winter")
NAMED = 2  # words of each kind in the picture
COLOURS = (BLUE, RED, GREEN, ORANGE, "#6a3d9a", "#00838f", "#c2185b")


@dataclass(frozen=True)
class WordsParameters:
    """The sentences, the vectors and their training on all of them at once.

    Attributes
    ----------
    sentences : int, above 0
    dim : int, 2 or more
    window, negative : int, above 0
    epochs : int, above 0
        Updates, each with the gradient of the whole corpus.
    learning_rate : float, above 0
        Of Adam.
    noise_exponent : float, from -1 to 1
    """

    sentences: int = 400
    dim: int = 16
    window: int = 2
    negative: int = 5
    epochs: int = 150
    learning_rate: float = 0.05
    noise_exponent: float = 0.75
    seed: int = 1

    def __post_init__(self) -> None:
        require_above_0(self, "sentences", "window", "negative", "epochs", "learning_rate")
        require(self.dim >= 2, "dim", self.dim, "2 or more, to be drawn in a plane")
        require(-1 <= self.noise_exponent <= 1, "noise_exponent", self.noise_exponent,
                "from -1 to 1")
        require_seed(self.seed)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What is predicted from what: a row for each prediction.

    Attributes
    ----------
    words : list of str
        The vocabulary, the most frequent first.
    counts : (words,)
    mixing : (predictions, words)
        M: the hidden vectors are h = M V. A row of skip-gram has a single 1, at the centre; one of
        CBOW the mean over the contexts.
    wanted : (predictions,)
        Number of the predicted word: a context (skip-gram), the centre (CBOW).
    """

    words: list[str]
    counts: NDArray[np.int64]
    mixing: FloatArray
    wanted: IntegerArray


def predictions(sentences: list[list[str]], model: str, window: int) -> Predictions:
    """All predictions of a corpus, with a fixed window."""
    frequent = Counter(word for sentence in sentences for word in sentence).most_common()
    words = [word for word, _ in sorted(frequent, key=lambda pair: (-pair[1], pair[0]))]
    number = {word: place for place, word in enumerate(words)}
    counts = np.array([dict(frequent)[word] for word in words])
    rows: list[FloatArray] = []
    wanted: list[int] = []
    identity = np.eye(len(words))
    for sentence in sentences:
        ids = [number[word] for word in sentence]
        for place, centre in enumerate(ids):
            contexts = ids[max(place - window, 0):place] + ids[place + 1:place + 1 + window]
            if model == "cbow":
                rows.append(identity[contexts].mean(axis=0))
                wanted.append(centre)
            else:
                rows += [identity[centre]] * len(contexts)
                wanted += contexts
    return Predictions(words, counts, np.array(rows), np.array(wanted))


class Loss(ABC):
    """Mean loss of predictions and its derivatives, by hidden vectors and by output vectors."""

    def __init__(self, known: Predictions, parameters: WordsParameters) -> None:
        self.known, self.parameters = known, parameters

    @abstractmethod
    def __call__(
        self, hidden: FloatArray, outputs: FloatArray, generator: np.random.Generator
    ) -> tuple[float, FloatArray, FloatArray]:
        """Of hidden (predictions, dim) and output vectors (words, dim): loss, dL/dh, dL/dU."""


class FullSoftmax(Loss):
    """L = -log softmax(U h)_w: the closed form of the derivative by the logits, and the chain."""

    def __call__(
        self, hidden: FloatArray, outputs: FloatArray, generator: np.random.Generator
    ) -> tuple[float, FloatArray, FloatArray]:
        logits = hidden @ outputs.T  # (predictions, words)
        targets = one_hot(self.known.wanted, len(self.known.words))
        error = cross_entropy_derivative(logits, targets)
        return cross_entropy(logits, targets), error @ outputs, error.T @ hidden


class NegativeSampling(Loss):
    """L = -log s(u_w.h) - sum_k log s(-u_k.h), with noise words k drawn anew for each prediction.

    s is the logistic function. A noise word that is the wanted one does not count.
    """

    def __call__(
        self, hidden: FloatArray, outputs: FloatArray, generator: np.random.Generator
    ) -> tuple[float, FloatArray, FloatArray]:
        wanted = self.known.wanted
        noise = noise_distribution(self.known.counts, self.parameters.noise_exponent)
        drawn = generator.choice(len(noise), (len(wanted), self.parameters.negative), p=noise)
        ids = np.column_stack([wanted, drawn])  # (predictions, 1 + negative)
        signs = np.where(np.arange(ids.shape[1]) == 0, 1.0, -1.0)
        counted = np.where((ids == wanted[:, np.newaxis]) & (signs < 0), 0.0, 1.0)
        return _logistic(hidden, outputs, ids, signs * counted)


class HierarchicalSoftmax(Loss):
    """L = -sum_j log s(t_j u_j.h) over the nodes j on the way to w; t_j is 1 left and -1 right.

    The probabilities of all words sum to 1, because both turns at a node do.
    """

    def __init__(self, known: Predictions, parameters: WordsParameters) -> None:
        super().__init__(known, parameters)
        self._codes = code_words(known.counts)

    def __call__(
        self, hidden: FloatArray, outputs: FloatArray, generator: np.random.Generator
    ) -> tuple[float, FloatArray, FloatArray]:
        nodes = self._codes.nodes[self.known.wanted]
        turns = self._codes.turns[self.known.wanted].astype(float)  # 0 behind the root
        inner = np.minimum(nodes, len(outputs) - 1)
        return _logistic(hidden, outputs, inner, turns)


LOSSES: dict[str, type[Loss]] = {
    "full softmax": FullSoftmax,
    "negative sampling": NegativeSampling,
    "hierarchical softmax": HierarchicalSoftmax,
}


def _logistic(
    hidden: FloatArray, outputs: FloatArray, ids: IntegerArray, signs: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Mean of -sum_k |t_k| log s(t_k u_k.h) with rows k of U, (predictions, k), and signs t.

    dL / d(u_k.h) = -t_k s(-t_k u_k.h), because d log s(x) / dx = s(-x).
    """
    rows = outputs[ids]  # (predictions, k, dim)
    scores = signs * np.einsum("pd,pkd->pk", hidden, rows)
    loss = np.sum(np.abs(signs) * np.logaddexp(0, -scores)) / len(hidden)
    error = -signs * sigmoid(-scores) / len(hidden)
    by_outputs = np.zeros_like(outputs)
    np.add.at(by_outputs, ids, error[:, :, np.newaxis] * hidden[:, np.newaxis, :])
    return float(loss), np.einsum("pk,pkd->pd", error, rows), by_outputs


@dataclass(frozen=True, eq=False)
class Trained:
    """Word vectors (words, dim), and the loss before each update."""

    words: list[str]
    vectors: FloatArray
    losses: list[float]

    def nearest(self, word: str, count: int) -> list[str]:
        """The words of the largest cosine with a word, without itself."""
        units = self.vectors / np.linalg.norm(self.vectors, axis=1, keepdims=True)
        cosines = units @ units[self.words.index(word)]
        order = [self.words[place] for place in np.argsort(-cosines, kind="stable")]
        return [other for other in order if other != word][:count]

    def of_its_kind(self) -> float:
        """Share of the words of a kind whose nearest word is of the same kind."""
        known = [word for word in self.words if kind_of(word)]
        return float(np.mean([kind_of(self.nearest(word, 1)[0]) == kind_of(word)
                              for word in known]))


def train_words(known: Predictions, loss_name: str, parameters: WordsParameters) -> Trained:
    """Adam on input vectors V and output vectors U: dL/dV = M^T dL/dh."""
    generator = np.random.default_rng(parameters.seed)
    shape = len(known.words), parameters.dim
    inputs = generator.uniform(-0.5, 0.5, shape) / parameters.dim
    outputs = np.zeros(shape)
    loss, optimiser = LOSSES[loss_name](known, parameters), Adam(parameters.learning_rate)
    losses = []
    for _ in range(parameters.epochs):
        value, by_hidden, by_outputs = loss(known.mixing @ inputs, outputs, generator)
        optimiser.update([inputs, outputs], [known.mixing.T @ by_hidden, by_outputs])
        losses.append(value)
    return Trained(known.words, inputs, losses)


def main(metrics: str, picture: str) -> None:
    """Train both models with each loss; write losses, neighbours and the picture."""
    parameters = read_example("words", WordsParameters)
    sentences = make_sentences(parameters.sentences, np.random.default_rng(parameters.seed))
    trained: dict[str, dict[str, Trained]] = {}
    for model in MODELS:
        known = predictions(sentences, model, parameters.window)
        trained[model] = {name: train_words(known, name, parameters) for name in LOSSES}
    draw(trained, picture)
    write_json(metrics, {model: {name: _figures(each) for name, each in members.items()}
                         for model, members in trained.items()})


def _figures(trained: Trained) -> dict[str, Any]:
    return {"first_loss": round(trained.losses[0], 4), "last_loss": round(trained.losses[-1], 4),
            "nearest_of_its_kind": round(trained.of_its_kind(), 4),
            "nearest": {word: trained.nearest(word, 3) for word in SHOWN if word in trained.words}}


def draw(trained: dict[str, dict[str, Trained]], path: str) -> None:
    """For each model the losses, and the words by two principal components."""
    panels: list[Any] = []
    for model, members in trained.items():
        curves = {name: (list(range(len(each.losses))), each.losses)
                  for name, each in members.items()}
        panels.append(lambda axes, model=model, curves=curves: draw_curves(
            axes, curves, f"{model}: loss", "updates", "nats a prediction"))
        panels += [lambda axes, title=f"{model}, {name}", each=each: _draw_words(axes, title, each)
                   for name, each in members.items()]
        panels.append(_draw_kinds)
    draw_panels(path, panels, 2 + len(LOSSES), (3.0, 3.0))


def _draw_words(axes: Axes, title: str, trained: Trained) -> None:
    """A dot a word in the colour of its kind, and the names of a few."""
    places = principal_components(trained.vectors, 2).project(trained.vectors)
    for kind, colour in zip([*KINDS, None], (*COLOURS, GREY), strict=True):
        rows = [row for row, word in enumerate(trained.words) if kind_of(word) == kind]
        axes.scatter(places[rows, 0], places[rows, 1], s=9, color=colour, linewidths=0)
        for row in rows[:NAMED]:
            axes.annotate(trained.words[row], places[row], (2, 2), textcoords="offset points",
                          color=colour, fontsize=6)
    axes.margins(0.12)
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_kinds(axes: Axes) -> None:
    """The colours of all kinds, in a panel of their own."""
    for kind, colour in zip([*KINDS, "others"], (*COLOURS, GREY), strict=True):
        axes.scatter([], [], s=30, color=colour, label=kind)
    axes.legend(loc="center", title="kinds of words")
    axes.axis("off")


if __name__ == "__main__":
    run_example(main)
