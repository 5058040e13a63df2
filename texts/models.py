"""From documents to probabilities of labels: what is learnt, and which of its kinds is best."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from texts.bottlenecks import Bottlenecks
from texts.ngrams import Ngrams, Words, checked
from texts.packing import in_parts, packed, unpacked, width
from texts.parameters import AUTO, COMBINED, KINDS, LEARNT, TFIDF, VECTORS, ModelParameters
from words_and_images.common.errors import UserError, counted, percent
from words_and_images.common.progress import say
from words_and_images.neural.arrays import IntegerArray
from words_and_images.neural.softmax import softmax

if TYPE_CHECKING:
    from texts.learnt import LearntModel
    from word2vec.vectors.vectors import WordVectors
    from words_and_images.retraining.head import Head

Floats = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]

FOLDS = 5
ENOUGH = 2000  # documents that are held out: then no further fold is, and hits tell of kinds
OF_AN_ARRAY = 300  # bytes on disk, at most, besides its numbers: headers, and its name twice
SHARES = 0.3, 0.7  # of bottlenecks beside words: with many documents a label, and with FEW or less
FEW = 10
OF_VECTORS = 0.6  # of a classifier's size, at most, that vectors take beside words
MANY = 100  # documents a label from which violated margins cost all that they are to


class Scorer(Protocol):
    """What a kind of model is made of."""

    def scores(self, texts: Sequence[str]) -> Floats:
        """Logits (texts, labels); every text by itself: the same bits alone as among others."""

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each text's words that it does not know; nan of a text without words."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that it is made of."""


@dataclass(frozen=True, eq=False)
class TextModel:
    """softmax(scores / temperature): what a document's label is likely to be."""

    kind: str
    labels: list[str]
    scorer: Scorer
    temperature: float = 1.0

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(texts, labels), each row of the sum 1; the same bits alone as among others."""
        return softmax(self.scorer.scores(texts) / np.float32(self.temperature))

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """log(p / (1 - p)) of each probability, (texts, labels), where p is rounded to 1 too."""
        scores = self.scorer.scores(texts).astype(np.float64) / self.temperature
        odds = np.empty_like(scores)
        for label in range(scores.shape[1]):
            others = np.delete(scores, label, axis=1)
            odds[:, label] = scores[:, label] - np.logaddexp.reduce(others, axis=1)
        return odds

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each text's words that it does not know; nan of a text without words."""
        return self.scorer.unknown(texts)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `model_from` makes the same of, with the labels."""
        return {**self.scorer.arrays(), "kind": np.array(self.kind),
                "text_temperature": np.array(self.temperature)}


@dataclass(frozen=True, eq=False)
class LinearScorer(Scorer):
    """Support vector machines on words and pairs, and on bottlenecks where there are any.

    Attributes
    ----------
    ngrams : Ngrams
    weights : (features, labels) int8
        In parts of `scales`, (features, 1) (packing.py); features are the n-grams, then the
        bottlenecks.
    bias : (labels,)
    bottlenecks : Bottlenecks, optional
    share : float
        By which bottlenecks are multiplied, whose length is 1 as that of the words.
    """

    ngrams: Ngrams
    weights: NDArray[np.int8]
    scales: Floats
    bias: Floats
    bottlenecks: Bottlenecks | None = None
    share: float = 1.0

    def scores(self, texts: Sequence[str]) -> Floats:
        """s_k = w_k.x + b_k."""
        rows = self.ngrams.rows(texts)
        if self.bottlenecks:
            rows = rows.beside(_dense(self.bottlenecks, texts) * np.float32(self.share))
        return rows.times(self.weights * self.scales) + self.bias

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        others = [self.bottlenecks.words.read(texts)] if self.bottlenecks else []
        return self.ngrams.words.read(texts).unknown(*others)

    def arrays(self) -> dict[str, NDArray[Any]]:
        own: dict[str, NDArray[Any]] = {
            "weights": packed(self.weights), "scales": self.scales, "bias": self.bias,
            "share": np.array(self.share)}
        return {**self.ngrams.arrays(), **(self.bottlenecks.arrays() if self.bottlenecks else {}),
                **own}

    @classmethod
    def from_arrays(cls, arrays: Arrays, labels: list[str], combined: bool) -> "LinearScorer":
        """ValueError for what is none."""
        ngrams = Ngrams.from_arrays(arrays)
        bottlenecks = Bottlenecks.from_arrays(arrays) if combined else None
        features = len(ngrams) + (len(bottlenecks.common) if bottlenecks else 0)
        share = arrays["share"].item()
        if not (isinstance(share, float) and math.isfinite(share)):
            raise ValueError(f"it has a share of {share}")
        weights = checked(arrays["weights"], np.uint8, (features, width(len(labels))))
        return cls(ngrams, unpacked(weights, len(labels)),
                   checked(arrays["scales"], np.float32, (features, 1)),
                   checked(arrays["bias"], np.float32, (len(labels),)), bottlenecks, share)


@dataclass(frozen=True, eq=False)
class HeadScorer(Scorer):
    """The head of retraining/ on bottlenecks."""

    bottlenecks: Bottlenecks
    head: "Head"

    def scores(self, texts: Sequence[str]) -> Floats:
        return self.head.logits(_dense(self.bottlenecks, texts))

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return self.bottlenecks.words.read(texts).unknown()

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {**self.bottlenecks.arrays(), **self.head.arrays()}


@dataclass(frozen=True, eq=False)
class LearntScorer(Scorer):
    """Vectors that were learnt together with the softmax on top."""

    model: "LearntModel"

    def scores(self, texts: Sequence[str]) -> Floats:
        return np.log(np.maximum(self.model.probabilities(texts), np.finfo(np.float32).tiny))

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return self.model.unknown(texts)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return self.model.arrays()


class Prepared(NamedTuple):
    """Word vectors as bottlenecks, and the means of the texts to learn from, (texts, dim)."""

    bottlenecks: Bottlenecks
    means: Floats


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model, and what cross-validation found of the kinds that were tried.

    Attributes
    ----------
    model : TextModel
    tried : {kind: {"accuracy", "log_loss"}}
        On the documents that were held out.
    held_out : int
        How many these were.
    """

    model: TextModel
    tried: dict[str, dict[str, float]]
    held_out: int

    def facts(self) -> dict[str, Any]:
        """For a classifier's record."""
        return {"kind": self.model.kind, "temperature": self.model.temperature,
                "tried": self.tried, "held_out": self.held_out}


@dataclass(frozen=True, eq=False)
class _Task:
    """What there is to learn from."""

    texts: Sequence[str]
    targets: IntegerArray
    labels: list[str]
    parameters: ModelParameters
    vectors: "WordVectors | None"
    prepared: Prepared | None

    def take(self, rows: NDArray[np.intp]) -> "_Task":
        prepared = self.prepared and self.prepared._replace(means=self.prepared.means[rows])
        return replace(self, texts=[self.texts[row] for row in rows],
                       targets=self.targets[rows], prepared=prepared)

    @property
    def bytes(self) -> float:
        return self.parameters.megabytes * 1e6


def fit_model(
    texts: Sequence[str], targets: IntegerArray, labels: list[str], groups: Sequence[str],
    parameters: ModelParameters, vectors: "WordVectors | None" = None,
    prepared: Prepared | None = None,
) -> Fitted:
    """The model of the kind that is asked for, or of the best.

    Every kind that is tried learns without some of the documents and is asked of those: of five
    parts as many as have ENOUGH documents together, or all. That tells how sure the probabilities
    may be (`fit_temperature`), and which kind is best (`best_of`). It learns from all.

    Parameters
    ----------
    texts : one or more of each label.
    targets : (texts,)
        Numbers of their labels.
    labels : all of them.
    groups : the content hash of each text's group; copies have the same.
    parameters : ModelParameters
    vectors : for the kinds "vectors" and "combined"; where "learnt" begins, too.
    prepared : made of these vectors and texts before; None: it is made here.

    Raises
    ------
    UserError
        For one of these kinds without vectors, and vectors that have none of the words.
    """
    from words_and_images.neural.calibration import fit_temperature, scaled_loss

    if vectors is not None and prepared is None:
        bottlenecks = Bottlenecks.of(vectors)
        prepared = Prepared(bottlenecks, bottlenecks.means(texts))
    task = _Task(texts, targets, labels, parameters, vectors, prepared)
    kinds = _kinds_of(task)
    held = _held_out([labels[target] for target in targets], groups)
    rows = np.concatenate(held)
    tried, temperatures = {}, {}
    for kind in kinds:
        scores = np.concatenate([_without(task, kind, part) for part in held])
        temperatures[kind] = fit_temperature(scores, targets[rows])
        tried[kind] = {
            "accuracy": float((scores.argmax(axis=1) == targets[rows]).mean()),
            "log_loss": scaled_loss(scores, targets[rows], 1 / temperatures[kind])}
    best = best_of(tried, len(rows))
    _tell(best, tried, len(rows))
    model = TextModel(best, labels, _FITS[best](task), temperatures[best])
    _tell_of_pieces(task, model.scorer)
    return Fitted(model, tried, len(rows))


def model_from(arrays: Arrays, labels: list[str]) -> TextModel:
    """The model whose `arrays` these are; KeyError or ValueError for what is none."""
    kind, temperature = str(arrays["kind"].item()), float(arrays["text_temperature"].item())
    if kind not in KINDS:
        raise ValueError(f"it is of a kind {kind!r}")
    if not 0 < temperature < math.inf:
        raise ValueError(f"it has a temperature of {temperature}")
    return TextModel(kind, labels, _scorer_from(kind, arrays, labels), temperature)


def _scorer_from(kind: str, arrays: Arrays, labels: list[str]) -> Scorer:
    if kind == LEARNT:
        from texts.learnt import LearntModel

        return LearntScorer(LearntModel.from_arrays(arrays, labels))
    if kind != VECTORS:
        return LinearScorer.from_arrays(arrays, labels, kind == COMBINED)
    from words_and_images.retraining.head import head_from

    bottlenecks = Bottlenecks.from_arrays(arrays)
    head = head_from(labels, arrays, [])
    if len(head.standardiser.mean) != len(bottlenecks.common):
        raise ValueError("its head is of other bottlenecks")
    return HeadScorer(bottlenecks, head)


def _kinds_of(task: _Task) -> list[str]:
    """The kinds that are to be tried."""
    asked = task.parameters.kind
    if asked in (VECTORS, COMBINED) and task.vectors is None:
        raise UserError(f"kind is {asked!r}, which stands on word vectors; name some with "
                        "--vectors, or give another kind.")
    if task.vectors is not None and asked in (AUTO, VECTORS, COMBINED):
        _refuse_without_words(task, task.vectors)
    if asked != AUTO:
        return [asked]
    return [TFIDF, LEARNT] if task.vectors is None else list(KINDS)


def _refuse_without_words(task: _Task, vectors: "WordVectors") -> None:
    known = Words.of(task.texts).known
    if known and not any(word in vectors for word in known):
        raise UserError(f"the vectors have none of the documents' {counted(len(known), 'word')}; "
                        "give vectors of the same language, or --kind tfidf.")


def _held_out(labels: Sequence[str], groups: Sequence[str]) -> list[NDArray[np.intp]]:
    """The rows of parts that are held out one after the other."""
    from words_and_images.retraining.folds import deal_folds

    folds = deal_folds(labels, groups, max(2, min(FOLDS, len(set(groups)))), "document")
    parts = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    needed = int(np.searchsorted(np.cumsum([len(part) for part in parts]), ENOUGH)) + 1
    return parts[:needed]


def _without(task: _Task, kind: str, held: NDArray[np.intp]) -> Floats:
    """What a model of a kind that did not see them says of some documents."""
    kept = np.setdiff1d(np.arange(len(task.texts)), held)
    return _FITS[kind](task.take(kept)).scores(task.take(held).texts)


def best_of(tried: Mapping[str, Mapping[str, float]], count: int) -> str:
    """The kind that did best on so many documents that were held out.

    The one that is right most often where there are ENOUGH, and the one of the lowest log loss
    where hits and misses are too few to tell.
    """
    def rank(kind: str) -> tuple[float, float]:
        own = tried[kind]
        return own["accuracy"] if count >= ENOUGH else 0.0, -own["log_loss"]

    return max(tried, key=rank)


def _tell(best: str, tried: Mapping[str, Mapping[str, float]], count: int) -> None:
    told = [f"{kind} {percent(each['accuracy'])} (log loss {each['log_loss']:.3f})"
            for kind, each in sorted(tried.items(), key=lambda item: item[0] != best)]
    say(f"right for {counted(count, 'document')} held out: {', '.join(told)}"
        + (f"; {best} is kept" if len(tried) > 1 else ""))


def _tell_of_pieces(task: _Task, scorer: Scorer) -> None:
    """Say where vectors could tell of words never seen, but the classifier has no room for it."""
    made = getattr(scorer, "bottlenecks", None)
    if made and not made.pieces and task.prepared and (left := task.prepared.bottlenecks.pieces):
        say(f"the vectors of n-grams take {left.size / 1e6:.1f} MB and are left out, so that words "
            "never seen are passed over; a larger --megabytes keeps them.")


def _fit_tfidf(task: _Task) -> LinearScorer:
    return _fit_linear(task)


def _fit_combined(task: _Task) -> LinearScorer:
    return _fit_linear(task, *_bottlenecks(task, OF_VECTORS * task.bytes))


def _fit_linear(
    task: _Task, bottlenecks: Bottlenecks | None = None, dense: Floats | None = None
) -> LinearScorer:
    """On all n-grams; where these are too many for the size that is asked for, again on the best.
    """
    labels = len(task.labels)
    share = share_of_bottlenecks(len(task.texts) / labels)
    of_a_feature = width(labels) + 4  # bytes of its weights and their scale
    room = task.bytes - 4 * labels - 8 * OF_AN_ARRAY
    if bottlenecks and dense is not None:
        dense = dense * np.float32(share)
        room -= _size(bottlenecks.arrays()) + dense.shape[1] * of_a_feature
    ngrams = Ngrams.of(task.texts)
    weights, bias = _machines(task, ngrams, dense)

    def fits(some: Ngrams) -> bool:
        return _size(some.arrays()) + len(some) * of_a_feature <= room

    if not fits(ngrams):
        lengths = np.linalg.norm(weights[:len(ngrams)], axis=1)
        ngrams = _longest(ngrams, lengths, min(labels, len(ngrams)), fits)
        weights, bias = _machines(task, ngrams, dense)
    return LinearScorer(ngrams, *in_parts(weights), bias, bottlenecks, share)


def _longest(
    ngrams: Ngrams, lengths: Floats, least: int, fits: Callable[[Ngrams], bool]
) -> Ngrams:
    """Those of the longest weights, with the words of their pairs: as many as fit, or the least."""
    order = np.argsort(-lengths, kind="stable")

    def first(count: int) -> Ngrams:
        kept = np.zeros(len(ngrams), np.bool_)
        kept[order[:count]] = True
        return ngrams.only(kept)

    most = len(ngrams)
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if fits(first(middle)) else (least, middle - 1)
    return first(least)


def _machines(
    task: _Task, ngrams: Ngrams, dense: Floats | None
) -> tuple[Floats, Floats]:
    from words_and_images.neural.support_vectors import fit_support_vectors

    rows = ngrams.rows(task.texts)
    own, labels = task.parameters, len(task.labels)
    cost = own.cost * share_of_cost(len(task.texts) / labels)
    return fit_support_vectors(rows if dense is None else rows.beside(dense), task.targets,
                               labels, cost, own.visits, own.seed)


def share_of_bottlenecks(a_label: float) -> float:
    """What bottlenecks are multiplied by beside words, with so many documents a label."""
    return min(SHARES[1], max(SHARES[0], SHARES[1] * math.cbrt(FEW / a_label)))


def share_of_cost(a_label: float) -> float:
    """What the cost of violated margins is multiplied by, with so many documents a label."""
    return min(1.0, a_label / MANY)


def _fit_head(task: _Task) -> HeadScorer:
    from words_and_images.retraining.head import Learning, RetrainParameters, fit_heads
    from words_and_images.retraining.rows import Part

    parameters = RetrainParameters(seed=task.parameters.seed)
    bottlenecks, dense = _bottlenecks(task, task.bytes - _size_of_head(task, parameters.hidden))
    rows = np.arange(len(task.texts))
    part = Part(dense[:, np.newaxis], rows, rows, task.targets)
    [head] = fit_heads([Learning([part])], task.labels, parameters)
    return HeadScorer(bottlenecks, head)


def _size_of_head(task: _Task, hidden: int) -> int:
    assert task.prepared is not None
    dim, labels = len(task.prepared.bottlenecks.common), len(task.labels)
    return 4 * (hidden * (dim + labels + 1) + labels + 2 * dim) + 12 * OF_AN_ARRAY


def _fit_learnt(task: _Task) -> LearntScorer:
    from texts.learnt import LearntParameters, fit_learnt

    dim = LearntParameters.dim if task.vectors is None else task.vectors.vector_size
    parameters = LearntParameters(dim=dim, seed=task.parameters.seed)
    model = fit_learnt(task.texts, task.targets, task.labels, parameters, task.vectors)
    arrays = model.arrays()
    if _size(arrays) + 2 * OF_AN_ARRAY <= task.bytes:
        return LearntScorer(model)
    size = int(task.bytes) - (len(arrays) + 2) * OF_AN_ARRAY
    return LearntScorer(model.quantised(max(size, model.least_size())))


def _bottlenecks(task: _Task, size: float) -> tuple[Bottlenecks, Floats]:
    """Those that take so many bytes at most, and the texts as these are learnt from."""
    assert task.prepared is not None
    whole, means = task.prepared
    kept = whole.fitting(size - 8 * OF_AN_ARRAY)
    if kept is not whole:
        means = kept.means(task.texts)
    kept = kept.with_common(means)
    return kept, kept.without_common(means)


def _size(arrays: Arrays) -> int:
    """Bytes that they take on disk, at most."""
    return sum(array.nbytes + OF_AN_ARRAY for array in arrays.values())


def _dense(bottlenecks: Bottlenecks, texts: Sequence[str]) -> Floats:
    return bottlenecks.without_common(bottlenecks.means(texts))


_FITS: dict[str, Callable[[_Task], Scorer]] = {
    TFIDF: _fit_tfidf, VECTORS: _fit_head, COMBINED: _fit_combined, LEARNT: _fit_learnt}
