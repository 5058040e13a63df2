"""A classifier of texts that learns vectors of words and n-grams together with a softmax.

As fastText does it (Joulin, Grave, Bojanowski and Mikolov, "Bag of tricks for efficient text
classification", 2017): a text is the mean of the vectors of its words and hashed n-grams, and a
softmax over the labels stands on top. Here the mean is weighted by how telling a feature is, and
each row of the table and each weight of the softmax has its own rate (AdaGrad).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from texts.features import (
    Features,
    Grams,
    Matrix,
    Numbers,
    learn_features,
)
from word2vec.corpus.tokens import words as words_of
from word2vec.training.updates import csc_matvecs
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require, require_whole
from words_and_images.neural.softmax import softmax

Floats = NDArray[np.float32]

LARGEST = 127  # of a stored row, whose values are whole numbers
TINY = np.float32(1e-8)  # under the root, for what no gradient has met
# Of the sums of squares: half of AdaGrad's 1/2, and of plain gradient descent's 0. Descent learns
# rare features too slowly, AdaGrad those of one text too well.
EXPONENT = np.float32(0.25)
MOST_BUCKETS = 2**24
MOST_WORDS, MOST_CHARACTERS = 5, 20  # of an n-gram
MOST_GRAM_WEIGHT = 1000.0  # and its inverse the least
LARGEST_VALUE = 1e6  # of scales and weights: no product of theirs comes near the end of float32
AT_ONCE = 1000  # texts that are answered


@dataclass(frozen=True)
class LearntParameters:
    """How the vectors and the softmax are learnt.

    Attributes
    ----------
    dim : int, 1 or more
        Values of a vector.
    epochs : int, 1 or more
        Passes over the texts.
    updates : int, 0 or more
        There are as many passes more as it takes to come to so many updates: a few texts need
        more passes than many.
    learning_rate : float, above 0
        Before AdaGrad's scaling; it falls to 0 along a straight line.
    batch_size : int, 1 or more
        Texts an update.
    word_ngrams : int, 1 to 5
        The longest run of words that has a vector of its own; 1: single words only.
    characters : str or None
        Shortest and longest run of characters within a word, such as "3-6"; None: none.
    buckets : int, 1 to 16,777,216
        Numbers that n-grams are hashed to.
    ngram_weight : float, 0.001 to 1000
        What an n-gram weighs in a text's mean, where a word that is as rare weighs 1.
    least : int, 1 or more
        Training texts that a word or an n-gram stands in, at least, to have a vector.
    rows : int, 1 or more
        Vectors in all, at most: of the words and n-grams in the most texts.
    unseen : int, 0 or more
        Where there are vectors to start from: words that have one and are too rare in the training
        texts, at most, that keep it; the first ones are taken.
    dropout : float, from 0 to below 1
        Share of a text's words and n-grams that is left out at random in every pass.
    l2 : float, 0 or more
        Weight decay of the softmax's weights.
    seed : int, 0 or more
    """

    dim: int = 50
    epochs: int = 10
    updates: int = 300
    learning_rate: float = 0.1
    batch_size: int = 64
    word_ngrams: int = 2
    characters: str | None = None
    buckets: int = 2**22
    ngram_weight: float = 0.35
    least: int = 2
    rows: int = 300_000
    unseen: int = 20_000
    dropout: float = 0.0
    l2: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("dim", "epochs", "batch_size", "word_ngrams", "buckets", "least", "rows"):
            require_whole(name, getattr(self, name), 1)
        for name in ("updates", "unseen", "seed"):
            require_whole(name, getattr(self, name), 0)
        require(self.word_ngrams <= MOST_WORDS, "word_ngrams", self.word_ngrams,
                f"at most {MOST_WORDS}")
        require(self.buckets <= MOST_BUCKETS, "buckets", self.buckets, f"at most {MOST_BUCKETS:,}")
        require(0 < self.learning_rate < math.inf, "learning_rate", self.learning_rate, "above 0")
        require(1 / MOST_GRAM_WEIGHT <= self.ngram_weight <= MOST_GRAM_WEIGHT, "ngram_weight",
                self.ngram_weight, f"from {1 / MOST_GRAM_WEIGHT:g} to {MOST_GRAM_WEIGHT:g}")
        require(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")
        require(0 <= self.l2 < math.inf, "l2", self.l2, "at least 0")
        _lengths(self.characters)

    @property
    def grams(self) -> Grams:
        """The n-grams that are taken."""
        return Grams(self.word_ngrams, _lengths(self.characters), self.buckets)


def _lengths(characters: str | None) -> tuple[int, int] | None:
    """The two numbers of "3-6"."""
    if characters is None:
        return None
    shortest, _, longest = str(characters).partition("-")
    whole = shortest.isdecimal() and longest.isdecimal()
    require(whole and 1 <= int(shortest) <= int(longest) <= MOST_CHARACTERS, "characters",
            characters, f'two lengths from 1 to {MOST_CHARACTERS} such as "3-6", or nothing')
    return int(shortest), int(longest)


class Layers(NamedTuple):
    """What is learnt: vectors of the features, and the softmax over their means."""

    table: Floats  # (rows, dim)
    weights: Floats  # (dim, labels)
    bias: Floats  # (labels,)


class LearntModel:
    """Texts to probabilities of their labels.

    Parameters
    ----------
    labels : names, in the order of the probabilities.
    features : what has a row.
    stored : (rows, dim) from -127 to 127; a feature's vector is its row times its scale.
    scales : (rows,)
    weights, bias : of the softmax, (dim, labels) and (labels,).
    frequencies : (labels,) shares of the training texts.
    """

    kind = "learnt"

    def __init__(
        self, labels: Sequence[str], features: Features, stored: NDArray[np.int8],
        scales: Floats, weights: Floats, bias: Floats, frequencies: Floats,
    ) -> None:
        self.labels, self.features = list(labels), features
        self.stored, self.scales = stored, scales
        self.weights, self.bias, self.frequencies = weights, bias, frequencies

    @cached_property
    def table(self) -> Floats:
        """The vectors of the features, (rows, dim)."""
        return self.stored * self.scales[:, np.newaxis]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """The probability of each label for each text, (texts, labels).

        A text has the same bits alone as among others. One without any known word or n-gram has
        the labels' frequencies among the training texts.
        """
        parts = [self._probabilities(texts[start : start + AT_ONCE])
                 for start in range(0, len(texts), AT_ONCE)]
        return np.concatenate(parts or [np.zeros((0, len(self.labels)), np.float32)])

    def _probabilities(self, texts: Sequence[str]) -> Floats:
        rows = self.features.matrix(texts)
        hidden = rows @ self.table
        logits = np.tile(self.bias, (len(texts), 1))
        # One value of the vectors after the other: a matrix product would round by its size.
        for values, weights in zip(hidden.T, self.weights, strict=True):
            logits += values[:, np.newaxis] * weights
        answers: Floats = np.asarray(softmax(logits), np.float32)
        answers[np.diff(rows.indptr) == 0] = self.frequencies
        return answers

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each text's words that the model does not know, (texts,).

        nan of a text without words.
        """
        return self.features.unknown(texts)

    def quantised(self, size: int) -> "LearntModel":
        """The same model with fewer rows, so that its arrays take at most `size` bytes.

        The rows that stay are those that move all texts together most: by their length times
        their weight, times the texts that they stand in. (Joulin et al., "FastText.zip:
        compressing text classification models", 2016, section 3.3, go by the length alone.)

        Raises
        ------
        UserError
            Where not even one row fits.
        """
        features, sizes, fixed = self.features, self._sizes(), self._fixed_size()
        moves = np.linalg.norm(self.table, axis=1) * features.weights * features.documents
        order = np.argsort(-moves, kind="stable")
        kept = np.sort(order[np.cumsum(sizes[order]) <= size - fixed])
        if not len(kept):
            raise UserError(f"size is {size} bytes, which no row fits into; give at least "
                            f"{self.least_size():,}.")
        return LearntModel(self.labels, features.subset(kept), self.stored[kept],
                           self.scales[kept], self.weights, self.bias, self.frequencies)

    def least_size(self) -> int:
        """Bytes into which one row fits, whichever it is."""
        return self._fixed_size() + int(self._sizes().max(initial=0))

    def _sizes(self) -> NDArray[np.int64]:
        """Bytes of each row: scale, count and bucket of 4 each; a word's letters for a bucket."""
        sizes = np.full(len(self.stored), self.stored.shape[1] + 12, np.int64)
        words = self.features.words
        sizes[: len(words)] += np.array([len(word) + 1 - 4 for word in words], np.int64)
        return sizes

    def _fixed_size(self) -> int:
        return sum(array.nbytes for name, array in self.arrays().items() if name not in PER_ROW)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it but the labels, to be stored; `from_arrays` reads it."""
        features, grams = self.features, self.features.grams
        return {
            "words": np.frombuffer(b"\n".join(features.words), np.uint8),
            "buckets": features.buckets.astype(np.int32),
            "documents": features.documents.astype(np.int32),
            "rows": self.stored, "scales": self.scales,
            "weights": self.weights, "bias": self.bias, "frequencies": self.frequencies,
            # Lengths of n-grams of words and of characters (0 and 0: none), buckets, and texts
            "grams": np.array([grams.words, *(grams.characters or (0, 0)), grams.buckets,
                               features.texts], np.int64),
            "ngram_weight": np.array(features.ngram_weight, np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], labels: Sequence[str]
                    ) -> "LearntModel":
        """The model of stored arrays and its labels.

        Raises
        ------
        ValueError
            For what is no model: an array that is missing, of another type or shape, or with a
            value that cannot be.
        """
        shapes = _checked_shapes(arrays, len(labels))
        features = _stored_features(arrays, shapes["rows"][0])
        for name in ("scales", "weights", "bias", "frequencies"):
            if not (np.abs(arrays[name]) <= LARGEST_VALUE).all():  # nan is none of them
                raise ValueError(f"{name} with a value that is no number or too large")
        shares = arrays["frequencies"]
        if (shares < 0).any() or abs(float(shares.sum(dtype=np.float64)) - 1) > 1e-3:
            raise ValueError("frequencies that are no shares of one whole")
        if (arrays["scales"] < 0).any():
            raise ValueError("scales below 0")
        return cls(labels, features, *(
            np.ascontiguousarray(arrays[name])
            for name in ("rows", "scales", "weights", "bias", "frequencies")))


PER_ROW = {"words", "buckets", "documents", "rows", "scales"}
TYPES = {"words": np.uint8, "buckets": np.int32, "documents": np.int32, "rows": np.int8,
         "scales": np.float32, "weights": np.float32, "bias": np.float32,
         "frequencies": np.float32, "grams": np.int64, "ngram_weight": np.float64}


def _checked_shapes(arrays: Mapping[str, NDArray[Any]], labels: int) -> dict[str, tuple[int, ...]]:
    """The arrays' shapes, all of which fit each other; ValueError otherwise."""
    for name, kind in TYPES.items():
        if name not in arrays:
            raise ValueError(f"no array {name}")
        if arrays[name].dtype != kind:
            raise ValueError(f"{name} of {arrays[name].dtype}, not {np.dtype(kind)}")
    shapes = {name: arrays[name].shape for name in TYPES}
    if len(shapes["rows"]) != 2 or not shapes["rows"][1] or not labels:
        raise ValueError(f"rows of the shape {shapes['rows']} for {labels} labels")
    rows, dim = shapes["rows"]
    wanted = {"documents": (rows,), "scales": (rows,), "weights": (dim, labels), "bias": (labels,),
              "frequencies": (labels,), "grams": (5,), "ngram_weight": ()}
    for name, shape in wanted.items():
        if shapes[name] != shape:
            raise ValueError(f"{name} of the shape {shapes[name]}, not {shape}")
    if len(shapes["words"]) != 1 or len(shapes["buckets"]) != 1:
        raise ValueError("words or buckets that are no list")
    return shapes


def _stored_features(arrays: Mapping[str, NDArray[Any]], rows: int) -> Features:
    """The features of stored arrays; ValueError where they cannot be."""
    text = arrays["words"].tobytes()
    words = text.split(b"\n") if text else []
    text.decode("utf-8")  # UnicodeDecodeError is a ValueError
    if len(set(words)) != len(words) or b"" in words:
        raise ValueError("words that come twice or are empty")
    buckets = arrays["buckets"].astype(np.int64)
    if len(words) + len(buckets) != rows:
        raise ValueError(f"{len(words)} words and {len(buckets)} n-grams for {rows} rows")
    longest, first, last, size, texts = arrays["grams"].tolist()
    characters = 1 <= first <= last <= MOST_CHARACTERS
    if not (1 <= longest <= MOST_WORDS and 1 <= size <= MOST_BUCKETS and texts >= 1
            and (characters or first == last == 0)):
        raise ValueError(f"n-grams of {arrays['grams'].tolist()}")
    if ((buckets < 0) | (buckets >= size)).any() or (np.diff(buckets) <= 0).any():
        raise ValueError("buckets that do not rise within their range")
    documents = arrays["documents"].astype(np.int64)
    if not ((documents >= 0) & (documents <= texts)).all():
        raise ValueError("documents outside the training texts")
    weight = float(arrays["ngram_weight"])
    if not 1 / MOST_GRAM_WEIGHT <= weight <= MOST_GRAM_WEIGHT:
        raise ValueError(f"an n-gram's weight of {weight}")
    grams = Grams(longest, (first, last) if characters else None, size)
    return Features(words, buckets, documents, texts, grams, weight)


def fit_learnt(
    texts: Sequence[str], targets: ArrayLike, labels: Sequence[str],
    parameters: LearntParameters, vectors: WordVectors | None = None,
) -> LearntModel:
    """Learn to tell labels from texts.

    One seed gives one result, on any number of threads.

    Parameters
    ----------
    texts : to learn from, at least one.
    targets : (texts,) the place of each one's label in `labels`.
    labels : names.
    parameters : how.
    vectors : words start from these, less their mean and at length 1, and those without one
        from 0; None: all from 0.

    Raises
    ------
    UserError
        Where the three do not fit each other, where `vectors` have another size than `dim`,
        where no word or n-gram comes often enough to learn from, and for a `learning_rate` with
        which the vectors grow without bound.
    """
    classes = _checked_targets(texts, targets, labels)
    features, rows = learn_features(texts, parameters.grams, parameters.ngram_weight,
                                    parameters.least, parameters.rows)
    if not len(features):
        raise UserError(f"no word is in {parameters.least} of the {len(texts):,} texts; give more "
                        "texts or a smaller least.")
    generator = np.random.default_rng(parameters.seed)
    frequencies = np.bincount(classes, minlength=len(labels)) / len(classes)
    layers = _first_layers(features, frequencies, parameters, vectors, generator)
    # One thread, for sums in one order; what has become infinite is told of below.
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        _learn(layers, rows, classes, parameters, generator)
    if not all((np.abs(array) <= LARGEST_VALUE).all() for array in layers):
        raise UserError(f"learning_rate is {parameters.learning_rate}, with which the vectors grow "
                        "without bound; give a smaller one.")
    table = layers.table
    if vectors is not None:
        features, table = _with_unseen(vectors, features, table, parameters.unseen)
    stored, scales = _quantised_rows(table)
    return LearntModel(labels, features, stored, scales, layers.weights, layers.bias,
                       frequencies.astype(np.float32))


def _checked_targets(texts: Sequence[str], targets: ArrayLike, labels: Sequence[str]) -> Numbers:
    classes = np.asarray(targets)
    if not len(texts) or not len(labels):
        raise UserError("there is no text or no label to learn from; give at least one of each.")
    if classes.shape != (len(texts),) or classes.dtype.kind not in "iu":
        raise UserError(f"targets of {classes.dtype} have the shape {classes.shape}; give one "
                        f"whole number for each of the {len(texts):,} texts.")
    for target in (classes.min(), classes.max()):
        require(0 <= target < len(labels), "a target", int(target),
                f"from 0 to {len(labels) - 1}, a place among the labels")
    return classes.astype(np.int64)


def _first_layers(
    features: Features, frequencies: NDArray[np.float64], parameters: LearntParameters,
    vectors: WordVectors | None, generator: np.random.Generator,
) -> Layers:
    """Vectors of 0, or those given; a random softmax, so that gradients reach them at once.

    fastText has it the other way round, random vectors under a softmax of 0; then what comes too
    seldom to learn from adds noise to every text that has it.
    """
    table = np.zeros((len(features), parameters.dim), np.float32)
    if vectors is not None:
        size = vectors.vectors.shape[1]
        require(size == parameters.dim, "dim", parameters.dim, f"{size}, as the vectors have")
        _start_from(vectors, table, features.words)
    shape = (parameters.dim, len(frequencies))
    weights = generator.standard_normal(shape, np.float32) / np.float32(math.sqrt(parameters.dim))
    bias = np.log(np.maximum(frequencies, 1e-4)).astype(np.float32)
    return Layers(table, weights, bias)


def _start_from(vectors: WordVectors, table: Floats, words: Sequence[bytes]) -> None:
    places = np.array([vectors.key_to_index.get(word.decode(), -1) for word in words], np.int64)
    found = np.flatnonzero(places >= 0)
    table[found] = _centred(vectors, vectors.vectors[places[found]])
    if vectors.subwords:
        composed = {row: vector for row in np.flatnonzero(places < 0).tolist()
                    if (vector := vectors.subwords.vector(words[row].decode())) is not None}
        if composed:
            table[list(composed)] = _centred(vectors, np.array(list(composed.values())))


def _centred(vectors: WordVectors, rows: NDArray[Any]) -> Floats:
    """Some vectors less the mean of all words', at length 1: all words share what is taken off.

    Mu and Viswanath, "All-but-the-top: simple and effective postprocessing for word
    representations", 2018, section 2.
    """
    mean = np.mean(vectors.vectors, axis=0, dtype=np.float64)
    centred = np.asarray(rows - mean, np.float32)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)


def _with_unseen(
    vectors: WordVectors, features: Features, table: Floats, most: int
) -> tuple[Features, Floats]:
    """The features and their table with words that have a given vector only."""
    known = set(features.words)
    # The tokeniser gives no other spelling than its own.
    unseen = ((word.encode(), place) for place, word in enumerate(vectors.index_to_key)
              if words_of(word) == [word] and word.encode() not in known)
    new = list(islice(unseen, most))
    words = len(known)
    rows = _centred(vectors, vectors.vectors[np.array([place for _, place in new], np.int64)])
    return (features.with_words([word for word, _ in new]),
            np.concatenate([table[:words], rows, table[words:]]))


class Batch(NamedTuple):
    """Texts of one update, as the rows of a sparse matrix.

    Attributes
    ----------
    bounds : (texts + 1,) where the features of each begin.
    ids : (features,) rows of the table.
    values : (features,) what each weighs in its text.
    classes : (texts,)
    """

    bounds: NDArray[np.int32]
    ids: NDArray[np.int32]
    values: Floats
    classes: Numbers


def hidden_of(batch: Batch, table: NDArray[Any]) -> NDArray[Any]:
    """H = A E: the weighted sum of the vectors of each text's features, (texts, dim)."""
    shape = (len(batch.bounds) - 1, len(table))
    return sparse.csr_array((batch.values, batch.ids, batch.bounds), shape=shape) @ table


def errors_of(batch: Batch, hidden: NDArray[Any], layers: Layers) -> NDArray[Any]:
    """S - T: by how much the probabilities differ from the targets, (texts, labels)."""
    errors = softmax(hidden @ layers.weights + layers.bias)
    errors[np.arange(len(errors)), batch.classes] -= 1
    return errors


def _learn(
    layers: Layers, rows: Matrix, classes: Numbers, parameters: LearntParameters,
    generator: np.random.Generator,
) -> None:
    """All passes, the rate falling from `learning_rate` to 0 along a straight line."""
    batches = -(-len(classes) // parameters.batch_size)
    epochs = max(parameters.epochs, -(-parameters.updates // batches))
    descent = AdaGrad(layers, parameters.l2)
    for epoch in range(epochs):
        for place, batch in enumerate(_batches(rows, classes, parameters, generator)):
            done = (epoch * batches + place) / (epochs * batches)
            descent.update(batch, parameters.learning_rate * (1 - done))


def _batches(
    rows: Matrix, classes: Numbers, parameters: LearntParameters, generator: np.random.Generator
) -> Iterator[Batch]:
    """The texts once, in a random order, each feature left out with the probability `dropout`."""
    order = generator.permutation(len(classes))
    shuffled, classes = rows[order], classes[order]
    bounds, ids, values = shuffled.indptr, shuffled.indices, shuffled.data
    if parameters.dropout:
        kept = generator.random(len(values), np.float32) >= parameters.dropout
        values = values * kept / np.float32(1 - parameters.dropout)
    for start in range(0, len(classes), parameters.batch_size):
        inside = bounds[start : start + parameters.batch_size + 1]
        features = slice(inside[0], inside[-1])
        yield Batch(inside - inside[0], ids[features], values[features],
                    classes[start : start + parameters.batch_size])


class AdaGrad:
    """Steps along the negative gradient, each row of the table at a rate of its own.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011, section 1.1: a weight moves by its gradient over the root of the sum of
    the squares of all its gradients. Here it is the fourth root, and each row of the table has one
    sum for all its values, of the mean squares of the gradients that single texts give.

    Parameters
    ----------
    layers : changed in place.
    l2 : weight decay of the softmax's weights.
    """

    def __init__(self, layers: Layers, l2: float = 0.0) -> None:
        self.layers, self.l2 = layers, np.float32(l2)
        self._row_squares = np.zeros((len(layers.table), 1), np.float32)
        self._weight_squares = np.zeros_like(layers.weights)
        self._bias_squares = np.zeros_like(layers.bias)

    def update(self, batch: Batch, rate: float) -> None:
        """One step on the cross-entropy of a batch, summed over its texts."""
        table, weights, bias = self.layers
        hidden = hidden_of(batch, table)
        errors = errors_of(batch, hidden, self.layers)
        by_hidden = errors @ weights.T  # (texts, dim)
        self._move_rows(batch, by_hidden, rate)
        _step(weights, hidden.T @ errors + self.l2 * weights, self._weight_squares, rate)
        _step(bias, errors.sum(axis=0), self._bias_squares, rate)

    def _move_rows(self, batch: Batch, by_hidden: Floats, rate: float) -> None:
        """E <- E - rate squares^-EXPONENT A^T by_hidden, in the rows that the batch has."""
        mean_squares = np.mean(by_hidden * by_hidden, axis=1, keepdims=True)
        add_spread(self._row_squares, batch, batch.values * batch.values, mean_squares)
        rates = np.float32(-rate) * (self._row_squares[batch.ids, 0] + TINY) ** -EXPONENT
        add_spread(self.layers.table, batch, batch.values * rates, by_hidden)


def add_spread(table: Floats, batch: Batch, values: Floats, by_text: Floats) -> None:
    """table += A^T by_text in place, where A is the batch's matrix with other values.

    Touches the rows of the batch's features only, in the order of the features.
    """
    texts = len(by_text)
    if csc_matvecs is not None:
        csc_matvecs(len(table), texts, table.shape[1], batch.bounds, batch.ids, values,
                    by_text.ravel(), table.ravel())
        return
    rows, places = np.unique(batch.ids, return_inverse=True)
    spread = sparse.csc_array((values, places, batch.bounds), shape=(len(rows), texts))
    table[rows] += spread @ by_text


def _step(weights: Floats, gradients: Floats, squares: Floats, rate: float) -> None:
    squares += gradients * gradients
    weights -= np.float32(rate) * gradients * (squares + TINY) ** -EXPONENT


def _quantised_rows(table: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Rows as whole numbers from -127 to 127, and the scale of each."""
    scales = np.abs(table).max(axis=1) / np.float32(LARGEST)
    divisors = np.where(scales > 0, scales, np.float32(1))[:, np.newaxis]
    return np.rint(table / divisors).astype(np.int8), scales
