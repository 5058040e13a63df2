"""The vocabulary: words, their counts, and what follows from the counts."""

from array import array
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import write_text
from words_and_images.common.stored_paths import require_file


@dataclass(frozen=True)
class Vocabulary:
    """Words by falling count; a word's place is its id.

    Parameters
    ----------
    words : the words, most frequent first, words of one count in alphabetical order.
    counts : (words,) how often each occurs in the corpus.
    """

    words: list[str]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """Word to id."""
        return {word: i for i, word in enumerate(self.words)}

    @property
    def total(self) -> int:
        """Tokens of the corpus that are in the vocabulary."""
        return int(self.counts.sum())

    def save(self, path: Path | str) -> None:
        """Write ``word count`` lines, atomically."""
        pairs = zip(self.words, self.counts.tolist(), strict=True)
        write_text(path, "".join(f"{word} {count}\n" for word, count in pairs))

    @classmethod
    def load(cls, path: Path | str) -> "Vocabulary":
        """Read what `save` wrote; ValueError for anything else, with the name of the file."""
        words, counts = [], array("q")  # no more than is kept: of each word nothing but itself
        name = Path(path).name
        require_file(path)
        with Path(path).open(encoding="utf-8", newline="\n") as lines:
            try:
                for line in lines:
                    word, _, count = line.rpartition(" ")
                    words.append(word)
                    counts.append(int(count))
            except UnicodeDecodeError:
                raise ValueError(f"{name} is no UTF-8") from None
            except (ValueError, OverflowError):
                raise ValueError(f"line {len(words):,} of {name} is no word with a count") from None
        if min(counts, default=1) < 1:
            raise ValueError(f"{name} has a count of {min(counts):,}")
        if "" in words or len(set(words)) < len(words):
            raise ValueError(f"{name} holds a word more than once, or an empty one")
        return cls(words, np.array(counts, dtype=np.int64))


def order_words(
    words: Collection[bytes], counts: NDArray[np.int64], min_count: int,
    max_words: int | None = None, known: Collection[bytes] = (),
) -> Vocabulary:
    """The vocabulary of the words that occur at least `min_count` times.

    Parameters
    ----------
    words : distinct words in UTF-8, whose order is that of their characters.
    counts : (words,) how often each occurs; 0 for one that phrases have used up.
    min_count : words that occur less often are left out.
    max_words : at most so many are taken, the most frequent; None takes all.
    known : words of an earlier vocabulary. They are taken wherever they occur, and `max_words`
        bounds both vocabularies together.

    Raises
    ------
    UserError
        When fewer than two words are left: there is nothing to predict.
    """
    old = np.fromiter((word in known for word in words), bool, len(words))
    room = None if max_words is None else max(max_words - len(known), 0)
    new = _by_count(words, counts, ~old & (counts >= min_count))
    ordered = sorted(_by_count(words, counts, old & (counts > 0)) + new[:room])
    if len(ordered) < 2:
        raise UserError(_too_few(
            len(ordered), int(np.count_nonzero(counts)), min_count, bool(known)))
    return Vocabulary([word.decode() for _, word in ordered],
                      np.array([-count for count, _ in ordered], dtype=np.int64))


def _by_count(
    words: Collection[bytes], counts: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> list[tuple[int, bytes]]:
    """Minus the count, and the word, of the chosen ones: the most frequent first."""
    return sorted(zip((-counts[chosen]).tolist(), compress(words, chosen.tolist()), strict=True))


def _too_few(frequent: int, words: int, min_count: int, any_known: bool) -> str:
    remedy = "give text of more words" if words < 2 else "lower min_count or give more text"
    verb = "occurs" if frequent == 1 else "occur"
    if any_known:
        verb = f"{'is' if frequent == 1 else 'are'} known from before or {verb}"
    return (f"{frequent:,} of {counted(words, 'word')} {verb} at least min_count = "
            f"{counted(min_count, 'time')} and two are needed; {remedy}.")


def keep_probabilities(
    counts: NDArray[np.int64], sample: float, least_kept: int = 0
) -> NDArray[np.float32]:
    """Probability that subsampling keeps an occurrence of each word, (words,).

    With f = count / total: min(1, sqrt(t / f) + t / f), as word2vec.c computes it; Mikolov et al.,
    Distributed Representations of Words and Phrases, 2013, section 2.3, give 1 - sqrt(t / f) for
    dropping. `sample` 0 keeps everything. With t = n / total a word is kept n times or more, or
    always: so often in any case where `least_kept` is n.
    """
    if sample == 0:
        return np.ones(len(counts), np.float32)
    ratio = max(sample * counts.sum(), least_kept) / counts
    return np.minimum(1, np.sqrt(ratio) + ratio).astype(np.float32)
