"""How predictions are scored and learnt: negative sampling, hierarchical softmax, full softmax.

Notation: h is a hidden vector, w a word that it is to predict (models.py), u the output vectors,
sigma the logistic function. Every loss here is a log-likelihood to be climbed:

    full softmax           log softmax(U h)_w
    negative sampling      log sigma(u_w . h) + sum over n noise words k of log sigma(-u_k . h)
    hierarchical softmax   sum over the inner nodes j above w of log sigma(s_j u_j . h),
                           where s_j is 1 if the way to w goes left at j, and -1 if right

Full softmax is the formula itself, and takes time in proportion to the vocabulary; the others are
Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality, 2013,
equation 4, and Efficient Estimation of Word Representations in Vector Space, 2013, after Morin
and Bengio 2005.

The derivative of log sigma(x) is 1 - sigma(x) = (1 - tanh(x / 2)) / 2, and NumPy's tanh takes a
third of the time of its exp. The half is in the weights already (models.py).
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.vocabulary import keep_probabilities
from word2vec.parameters import BLOCK
from word2vec.training.batches import Batch, Geometry, noise_distribution
from word2vec.training.huffman import code_words
from word2vec.training.models import Floats, Ids, Model, rows, transposed
from words_and_images.common.errors import UserError
from words_and_images.neural.softmax import log_softmax

FULL_SOFTMAX_WORDS = 10_000


class Loss(ABC):
    """What predictions cost, and the gradient that makes them cheaper.

    Parameters
    ----------
    model : what is predicted.
    geometry : the sizes of a step.
    negative : noise words a prediction, for negative sampling.
    counts : (words,) how often each word occurs.
    sample, least_kept : of subsampling (keep_probabilities).
    noise_exponent : of the noise distribution.
    """

    output_rows: int
    "Rows of the output table that a chunk looks up, at most."
    guessing: float
    "The loss of a prediction by output vectors of zeros."

    def __init__(
        self, model: Model, geometry: Geometry, negative: int, counts: NDArray[np.int64],
        sample: float = 0.0, noise_exponent: float = 0.75, least_kept: int = 0,
    ) -> None:
        self._model, self._geometry = model, geometry

    @abstractmethod
    def output_ids(self, batch: Batch) -> Ids:
        """Rows of the output table that a chunk looks up, (rows,)."""

    def met(self, batch: Batch) -> Ids | None:
        """The rows that count as met (updates.py); None for all that are looked up."""
        return None

    def guess(self, batch: Batch) -> float:
        """The loss of a chunk, summed, by output vectors of zeros."""
        return 2 * self.guessing * float(self._model.half_predictions(batch).sum(dtype=np.float64))

    @abstractmethod
    def ascend(
        self, outputs: Floats, hidden: Floats, batch: Batch, by_hidden: Floats,
        by_outputs: Floats, with_loss: bool,
    ) -> float:
        """The gradient of a chunk's log-likelihood.

        Parameters
        ----------
        outputs : (words + 1, dim) output table.
        hidden : (blocks, BLOCK, dim).
        batch : ids and reaches.
        by_hidden : (blocks, BLOCK, dim), overwritten by the gradient.
        by_outputs : (rows, dim), overwritten, in the order of `output_ids`.
        with_loss : whether to compute the loss as well.

        Returns
        -------
        The negative log-likelihood, summed; 0 where it was not asked for.
        """


class NegativeSampling(Loss):
    """The words predicted against noise words.

    Noise words are shared by the tokens of a group: a hidden vector that should see n for each of
    its predictions sees all K of its group, each weighted by n * predictions / K, so the expected
    objective is the same.
    """

    def __init__(
        self, model: Model, geometry: Geometry, negative: int, counts: NDArray[np.int64],
        sample: float = 0.0, noise_exponent: float = 0.75, least_kept: int = 0,
    ) -> None:
        super().__init__(model, geometry, negative, counts)
        self._negative = negative
        self.output_rows = (model.meetings * model.target_words
                            + geometry.groups * geometry.noise_words)
        self.guessing = float((1 + negative) * np.log(2))

    def output_ids(self, batch: Batch) -> Ids:
        return np.concatenate([self._model.target_ids(batch).ravel(), batch.noise.ravel()])

    def ascend(
        self, outputs: Floats, hidden: Floats, batch: Batch, by_hidden: Floats,
        by_outputs: Floats, with_loss: bool,
    ) -> float:
        meetings, dim = self._model.meetings, hidden.shape[-1]
        meeting = hidden.reshape(meetings, -1, dim)  # (meetings, hidden, dim)
        targets = rows(outputs, self._model.target_ids(batch)).reshape(meetings, -1, dim)
        halves = self._model.half_targets(batch)
        attraction = tanh_of_half(scores(meeting, targets))  # (meetings, hidden, targets)
        loss = _loss(attraction, halves) if with_loss else 0.0
        np.subtract(1, attraction, out=attraction)
        attraction *= halves  # 1 - sigma(s), where a target is predicted
        positives = len(by_outputs) - batch.noise.size
        by_targets = by_outputs[:positives].reshape(targets.shape)
        multiply_out(attraction, meeting, targets, by_hidden.reshape(meeting.shape), by_targets)

        noise = rows(outputs, batch.noise)  # (groups, K, dim)
        grouped = hidden.reshape(len(noise), -1, dim)  # (groups, group, dim)
        shares = self._model.half_predictions(batch) * np.float32(self._negative / noise.shape[1])
        shares = shares.reshape(*grouped.shape[:2], 1)
        repulsion = tanh_of_half(scores(grouped, noise))  # (groups, group, K)
        loss += _loss(-repulsion, shares) if with_loss else 0.0
        repulsion += 1
        repulsion *= -shares  # -sigma(s), weighted
        by_hidden.reshape(grouped.shape)[...] += np.matmul(repulsion, noise)
        by_noise = by_outputs[positives:].reshape(noise.shape)
        np.matmul(transposed(repulsion), grouped, out=by_noise)
        return loss


class InBatchNegatives(Loss):
    """Negative sampling whose noise words are those that other hidden vectors predict.

    A group are hidden vectors from as many places of the text, one of each. Its words meet its
    hidden vectors in one matrix product: on the diagonal what is predicted, elsewhere noise. A
    word comes here as often as in the subsampled text and not as often as noise is to come, so it
    weighs the ratio of its two probabilities, and the expected objective is that of noise words
    drawn (importance sampling; Bengio and Senécal 2003). No rows are looked up for it, and every
    hidden vector sees other noise.
    """

    def __init__(
        self, model: Model, geometry: Geometry, negative: int, counts: NDArray[np.int64],
        sample: float = 0.0, noise_exponent: float = 0.75, least_kept: int = 0,
    ) -> None:
        super().__init__(model, geometry, negative, counts)
        self._group = geometry.group
        self.output_rows = geometry.tokens
        self.guessing = float((1 + negative) * np.log(2))
        in_text = counts * keep_probabilities(counts, sample, least_kept)
        ratios = noise_distribution(counts, noise_exponent) / (in_text / in_text.sum())
        weights = negative / (self._group - 1) * np.append(ratios, 0)  # padding is no noise
        self._half_weights = (weights / 2).astype(np.float32)

    def output_ids(self, batch: Batch) -> Ids:
        return self._model.target_ids(batch).ravel()

    def ascend(
        self, outputs: Floats, hidden: Floats, batch: Batch, by_hidden: Floats,
        by_outputs: Floats, with_loss: bool,
    ) -> float:
        words = self._model.target_ids(batch)  # (blocks, BLOCK)
        targets = self._grouped(rows(outputs, words))
        hidden, by_hidden = self._grouped(hidden), self._grouped(by_hidden)
        by_targets = self._grouped(by_outputs.reshape(*words.shape, -1))
        half_weights = self._grouped(rows(self._half_weights, words))[..., np.newaxis, :]

        errors = tanh_of_half(scores(hidden, targets))  # (..., group, group), the second of words
        predicted = _diagonals(errors)
        attraction = 0.5 - 0.5 * predicted
        loss = self._loss(errors, half_weights, batch) if with_loss else 0.0
        errors += 1
        errors *= -half_weights  # -sigma(s), weighted
        predicted[...] = attraction  # 1 - sigma(s)
        np.matmul(errors, targets, out=by_hidden)
        np.matmul(transposed(errors), hidden, out=by_targets)
        return loss

    def guess(self, batch: Batch) -> float:
        """Less than elsewhere where a step is not full: padding is nobody's noise."""
        half_weights = self._grouped(rows(self._half_weights, self._model.target_ids(batch)))
        halves, noise = self._weights(half_weights[..., np.newaxis, :], batch)
        return float(2 * np.log(2) * (halves.sum(dtype=np.float64) + noise.sum(dtype=np.float64)))

    def _loss(self, tanhs: Floats, half_weights: Floats, batch: Batch) -> float:
        halves, noise = self._weights(half_weights, batch)
        return _loss(_diagonals(tanhs), halves) + _loss(-tanhs, noise)

    def _weights(self, half_weights: Floats, batch: Batch) -> tuple[Floats, Floats]:
        """Half of what predictions weigh, (..., group), and their noise, (..., group, group)."""
        halves = self._grouped(self._model.half_predictions(batch))
        others = np.float32(2) - 2 * np.eye(self._group, dtype=np.float32)
        return halves, halves[..., np.newaxis] * half_weights * others

    def _grouped(self, values: NDArray[Any]) -> NDArray[Any]:
        """A view by groups: (blocks, BLOCK, ...) as (blocks / group, BLOCK, group, ...)."""
        return values.reshape(-1, self._group, BLOCK, *values.shape[2:]).swapaxes(1, 2)


class HierarchicalSoftmax(Loss):
    """Each word is a leaf of a Huffman tree; what is predicted are the turns on the way to it.

    The output table's rows are the tree's inner nodes.
    """

    def __init__(
        self, model: Model, geometry: Geometry, negative: int, counts: NDArray[np.int64],
        sample: float = 0.0, noise_exponent: float = 0.75, least_kept: int = 0,
    ) -> None:
        super().__init__(model, geometry, negative, counts)
        codes = code_words(counts)
        self._nodes, self._turns = codes.nodes, codes.turns  # (words + 1, depth)
        self.output_rows = model.meetings * model.target_words * codes.depth
        # More often than in the text these are rare words, whose ways are longer.
        kept = counts * keep_probabilities(counts, sample, least_kept)
        turns = np.abs(self._turns[:-1]).sum(axis=1) @ (kept / kept.sum())
        self.guessing = float(turns * np.log(2))

    def output_ids(self, batch: Batch) -> Ids:
        return rows(self._nodes, self._model.target_ids(batch)).ravel()

    def ascend(
        self, outputs: Floats, hidden: Floats, batch: Batch, by_hidden: Floats,
        by_outputs: Floats, with_loss: bool,
    ) -> float:
        meetings, dim = self._model.meetings, hidden.shape[-1]
        meeting = hidden.reshape(meetings, -1, dim)  # (meetings, hidden, dim)
        words = self._model.target_ids(batch)
        nodes = rows(outputs, rows(self._nodes, words)).reshape(meetings, -1, dim)
        turns = rows(self._turns, words).reshape(meetings, 1, -1)  # (meetings, 1, targets * depth)

        halves = np.repeat(self._model.half_targets(batch), self._nodes.shape[1], axis=-1)
        halves *= np.abs(turns)
        errors = tanh_of_half(scores(meeting, nodes) * turns)
        loss = _loss(errors, halves) if with_loss else 0.0
        np.subtract(1, errors, out=errors)
        errors *= halves * turns  # s (1 - sigma(s u . h)), where a target is predicted
        multiply_out(errors, meeting, nodes, by_hidden.reshape(meeting.shape),
                     by_outputs.reshape(nodes.shape))
        return loss


class FullSoftmax(Loss):
    """Each word against all others: dJ/dh = sum over k of (y_k - yhat_k) u_k, with J the
    log-likelihood, y what is predicted and yhat = softmax(U h), and dJ/du_k = (y_k - yhat_k) h.
    """

    def __init__(
        self, model: Model, geometry: Geometry, negative: int, counts: NDArray[np.int64],
        sample: float = 0.0, noise_exponent: float = 0.75, least_kept: int = 0,
    ) -> None:
        super().__init__(model, geometry, negative, counts)
        self._words = len(counts)
        if self._words > FULL_SOFTMAX_WORDS:
            raise UserError(
                f"the vocabulary has {self._words:,} words and full_softmax scores all of them for "
                f"every token, which is bearable up to {FULL_SOFTMAX_WORDS:,}; set loss to "
                "negative_sampling, or bound the vocabulary with max_words.")
        self.output_rows = self._words
        self.guessing = float(np.log(self._words))

    def output_ids(self, batch: Batch) -> Ids:
        return np.arange(self._words, dtype=np.int32)

    def met(self, batch: Batch) -> Ids | None:
        return self._model.target_ids(batch).ravel()  # the other rows hardly move

    def ascend(
        self, outputs: Floats, hidden: Floats, batch: Batch, by_hidden: Floats,
        by_outputs: Floats, with_loss: bool,
    ) -> float:
        tokens = hidden.reshape(-1, hidden.shape[-1])  # (tokens, dim)
        words = outputs[: self._words]
        log_yhat = log_softmax(tokens @ words.T)  # (tokens, words)
        y = self._predicted(batch, log_yhat)
        loss = -float(np.sum(y * log_yhat, dtype=np.float64)) if with_loss else 0.0
        errors = y - y.sum(axis=1, keepdims=True) * np.exp(log_yhat)
        np.matmul(errors, words, out=by_hidden.reshape(tokens.shape))
        np.matmul(errors.T, tokens, out=by_outputs)
        return loss

    def _predicted(self, batch: Batch, like: NDArray[Any]) -> NDArray[Any]:
        """How often each token's hidden vector predicts each word, (tokens, words)."""
        weights = 2 * self._model.half_targets(batch)  # (meetings, hidden, targets)
        meeting, place, target = np.nonzero(weights)
        token = meeting * weights.shape[1] + place
        words = self._model.target_ids(batch).reshape(len(weights), -1)
        y = np.zeros_like(like)
        np.add.at(y, (token, words[meeting, target]), weights[meeting, place, target])
        return y


LOSSES: dict[str, type[Loss]] = {
    "negative_sampling": NegativeSampling,
    "hierarchical_softmax": HierarchicalSoftmax,
    "full_softmax": FullSoftmax,
}


def scores(hidden: Floats, targets: Floats) -> Floats:
    """u . h of every hidden vector with every target of its meeting, (meetings, hidden, targets).

    Parameters
    ----------
    hidden, targets : (meetings, hidden vectors or targets of a meeting, dim).
    """
    if hidden.shape == targets.shape and hidden.shape[1] == 1:  # products of 1 x 1 are no products
        return np.vecdot(hidden, targets)[..., np.newaxis]
    return np.matmul(hidden, transposed(targets))


def multiply_out(
    errors: Floats, hidden: Floats, targets: Floats, by_hidden: Floats, by_targets: Floats
) -> None:
    """by_hidden = errors targets and by_targets = errors^T hidden, meeting by meeting."""
    if errors.shape[1:] == (1, 1):
        np.multiply(errors, targets, out=by_hidden)
        np.multiply(errors, hidden, out=by_targets)
    else:
        np.matmul(errors, targets, out=by_hidden)
        np.matmul(transposed(errors), hidden, out=by_targets)


def _diagonals(squares: Floats) -> Floats:
    """The diagonals of stacked square matrices, (..., n), a view that can be written to."""
    *stack, n, _ = squares.shape
    return squares.reshape(*stack, n * n)[..., :: n + 1]


def tanh_of_half(scores: Floats) -> Floats:
    """tanh(s / 2) = 2 sigma(s) - 1, in the place of the scores."""
    scores *= 0.5
    return np.tanh(scores, out=scores)


def _loss(tanhs: Floats, halves: Floats) -> float:
    """Sum of -w log sigma(s), in float64, of tanh(s / 2) and w / 2."""
    smallest = np.finfo(np.float32).tiny
    log_sigma = np.log(np.maximum((1 + tanhs) / 2, smallest))
    return -2 * float(np.sum(halves * log_sigma, dtype=np.float64))
