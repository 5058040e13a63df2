"""Text that training has not seen, and how likely word vectors make its words.

The likelihood of a word w beside h, which is the input vector of its neighbour (skip-gram) or the
mean of those of its neighbours (CBOW), with 5 noise words k drawn from Q, counts^0.75:

    log sigma(x_w) + sum over k of log sigma(-x_k),    x_w = u_w . h + b_w

Training with n noise words from P, on text in which subsampling leaves a share s_w of w, brings
u_w . h to log p(w | h) s_w / (s n P(w)), with s the mean of s_w over the text. Thus

    b_w = log(n P(w)) - log(5 Q(w)) - log(s_w / s)

makes x_w the same whatever n, P and s_w were, and trainings comparable that differ in them. The
neighbours are the five words on either side, as the text stands.
"""

import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.vocabulary import keep_probabilities
from word2vec.parameters import SkipgramParameters, TrainParameters
from words_and_images.common.errors import UserError, counted

EVERY = 20  # of the text, one part in so many is held out
MOST = 20_000  # tokens that are held out; more would tell little more
PIECE = 1_000  # tokens of a long document that are held out together, or not
WINDOW, NOISE, EXPONENT, SEED = 5, 5, 0.75, 1
AT_ONCE = 256  # tokens, each with ten predictions of six words

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class HeldOut:
    """Pieces of a text that are held out.

    Parameters
    ----------
    ids : (tokens,) of all pieces, one after the other.
    pieces : (tokens,) number of the piece of each.
    places : (pieces, 3) document, and its tokens from where to where.
    counts : (words,) of the vocabulary in the text. Of a larger vocabulary, whose first words
        these are, the others are not looked at.
    """

    ids: NDArray[np.int32]
    pieces: Ids
    places: Ids
    counts: NDArray[np.int64]

    def rest_of(self, corpus: EncodedCorpus, path: Path) -> EncodedCorpus:
        """The same text without what is held out, as ids in a new file.

        Parameters
        ----------
        corpus : of the same documents in the same order, and perhaps a larger vocabulary.
        path : of the file; one that is there is taken for it.
        """
        holes = np.array(sorted(self._holes(corpus)))  # (pieces, 2)
        removed = np.append(0, np.cumsum(holes[:, 1] - holes[:, 0]))
        if not path.exists():
            starts, ends = np.append(0, holes[:, 1]), np.append(holes[:, 0], len(corpus.ids))
            ids = np.lib.format.open_memmap(
                path, "w+", np.int32, (len(corpus.ids) - int(removed[-1]),))
            for start, end, before in zip(starts, ends, removed, strict=True):
                ids[start - before : end - before] = corpus.ids[start:end]
            ids.flush()
        edges = np.union1d(corpus.bounds, holes.ravel())
        bounds = np.unique(edges - removed[np.searchsorted(holes[:, 1], edges, side="right")])
        return EncodedCorpus(np.load(path, mmap_mode="r"), bounds, corpus.vocabulary)

    def _holes(self, corpus: EncodedCorpus) -> Iterator[tuple[int, int]]:
        """Where the pieces are in a text that may have more words."""
        for document, first, last in self.places.tolist():
            begin, end = corpus.bounds[document : document + 2].tolist()
            known = np.flatnonzero(corpus.ids[begin:end] < len(self.counts))
            yield begin + int(known[first]), begin + int(known[last - 1]) + 1

    def log_likelihoods(
        self, cbow: bool, inputs: Floats, outputs: Floats, shifts: Doubles
    ) -> Doubles:
        """The mean over predictions, as what each piece adds to it: (pieces,), to be averaged.

        Parameters
        ----------
        cbow : whether words are predicted from the mean of their neighbours.
        inputs, outputs : (words, dim) both tables, perhaps of more words.
        shifts : (words,) b_w, see `shifts`.
        """
        generator = np.random.default_rng(SEED)
        heights = np.cumsum(self.counts.astype(np.float64) ** EXPONENT)
        totals, predictions = np.zeros(len(self.places)), 0
        for start in range(0, len(self.ids), AT_ONCE):
            centres = np.arange(start, min(start + AT_ONCE, len(self.ids)))
            hidden, words, owners = self._predictions(cbow, inputs, centres)
            draws = generator.random((len(words), NOISE)) * heights[-1]
            rivals = np.column_stack([words, np.searchsorted(heights, draws, side="right")])
            scores = np.einsum("pd,pkd->pk", hidden, outputs[rivals]) + shifts[rivals]
            scores[:, 0] *= -1
            losses = np.logaddexp(0, scores).sum(axis=1)  # -log sigma(x) = log(1 + e^-x)
            totals -= np.bincount(owners, losses, len(totals))
            predictions += len(words)
        return totals * (len(totals) / predictions)

    def _predictions(self, cbow: bool, inputs: Floats, centres: Ids) -> tuple[Floats, Ids, Ids]:
        """What predicts, (predictions, dim), which word, and in which piece."""
        steps = np.array([step for step in range(-WINDOW, WINDOW + 1) if step])
        places = centres[:, np.newaxis] + steps  # (centres, 2 * WINDOW)
        inside = (places >= 0) & (places < len(self.ids))
        places = places.clip(0, len(self.ids) - 1)
        inside &= self.pieces[places] == self.pieces[centres, np.newaxis]
        if cbow:  # every piece has two tokens or more: none is without neighbours
            neighbours = inputs[self.ids[places]] * inside[..., np.newaxis]
            hidden = neighbours.sum(axis=1) / inside.sum(axis=1, keepdims=True)
            return hidden, self.ids[centres].astype(np.int64), self.pieces[centres]
        row, column = np.nonzero(inside)
        return (inputs[self.ids[centres[row]]], self.ids[places[row, column]].astype(np.int64),
                self.pieces[centres[row]])


def hold_out(corpus: EncodedCorpus) -> HeldOut:
    """Choose pieces of a text by the hash of their content: what comes again stays together.

    Raises
    ------
    UserError
        For a text of one piece.
    """
    chosen = heapq.nsmallest(min(MOST, len(corpus.ids)) // 2 + 1, _pieces(corpus))
    if len(chosen) < 2:
        raise UserError(
            f"the text is one stretch of {counted(len(corpus.ids), 'word')}, of which no part can "
            "be held out to score by; give more text, or questions or pairs.")
    wanted = min(MOST, len(corpus.ids) / EVERY)
    lengths = np.cumsum([last - first for _, _, first, last in chosen])
    places = np.array(chosen, np.int64)[: max(1, np.searchsorted(lengths, wanted, "right")), 1:]
    slices = [corpus.ids[corpus.bounds[document] + first : corpus.bounds[document] + last]
              for document, first, last in places.tolist()]
    return HeldOut(np.concatenate(slices), np.repeat(np.arange(len(slices)), [*map(len, slices)]),
                   places, corpus.vocabulary.counts)


def _pieces(corpus: EncodedCorpus) -> Iterator[tuple[int, int, int, int]]:
    """Hash, document, and tokens from where to where, of the pieces in which something is near."""
    for document, (begin, end) in enumerate(zip(corpus.bounds[:-1], corpus.bounds[1:],
                                                strict=True)):
        ids = corpus.ids[begin:end]
        for first in range(0, len(ids), PIECE):
            piece = ids[first : first + PIECE]
            if len(piece) > 1:
                yield zlib.crc32(piece.tobytes()), document, first, first + len(piece)


def shifts(
    held: HeldOut, counts: NDArray[np.int64], parameters: TrainParameters, own: SkipgramParameters
) -> Doubles:
    """b_w of a training with negative sampling, (words,).

    Parameters
    ----------
    held : whose words they are for.
    counts : of the vocabulary that was trained, whose first words are those of `held`.
    parameters, own : of the training.
    """
    words = len(held.counts)
    shares = keep_probabilities(counts, own.sample, parameters.least_kept).astype(np.float64)
    mean = counts @ shares / counts.sum()
    drawn = counts.astype(np.float64) ** parameters.noise_exponent
    scored = held.counts.astype(np.float64) ** EXPONENT
    return np.asarray(np.log(parameters.negative * drawn[:words] / drawn.sum())
                      - np.log(NOISE * scored / scored.sum()) - np.log(shares[:words] / mean))
