"""Sentences: lists of tokens that a Python program has, each token as it is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.documents.sources import documents
from word2vec.corpus.documents.text import text_files
from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.encoding import write_ids
from word2vec.corpus.numbering import TOKENS_AT_ONCE, CorpusWriter, NumberedCorpus, Words
from word2vec.corpus.vocabulary import Vocabulary, order_words
from word2vec.parameters import EncodeParameters
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import progress

Sentences = Iterable[Iterable[str]]

SHOWN = 40  # characters of a value in a message


@dataclass(frozen=True)
class Counts:
    """What sentences hold.

    Parameters
    ----------
    words : how often each word occurs.
    sentences, tokens : how many there are, those without a word and those of rare words included.
    """

    words: Mapping[str, int]
    sentences: int = 0
    tokens: int = 0


class LineSentences:
    """A text whose lines are sentences of words between white space.

    Parameters
    ----------
    path : of a file, plain or packed, a folder of them, or a glob.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)

    def __iter__(self) -> Iterator[list[str]]:
        if not text_files(self._path):  # a name of the catalogue is none here
            raise UserError(f"{self._path} names no text; give a file, a folder of them or a glob.")
        return (document.split() for document in documents(self._path))


def refuse_unsuitable(sentences: Any) -> None:
    """Refuse what is no collection of sentences, and what can be gone over once only."""
    if isinstance(sentences, (str, bytes, Path)):
        raise UserError(f"sentences is {_shown(sentences)}; give lists of tokens, or the path of a "
                        "text as corpus_file.")
    if not isinstance(sentences, Iterable):
        raise UserError(f"sentences is {_shown(sentences)}; give lists of tokens, [['a', 'cat'], "
                        "['a', 'dog']].")
    if iter(sentences) is sentences:
        raise UserError(f"sentences is a {type(sentences).__name__}, which can be gone over once, "
                        "and words are counted before they are trained on; give a list of what it "
                        "yields, or an object whose __iter__ begins anew.")


def count_words(sentences: Sentences, max_counted: int | None = None) -> Counts:
    """Count the words of sentences.

    Parameters
    ----------
    sentences : lists of tokens.
    max_counted : whenever more distinct words than this are held after a sentence, those below a
        bar are forgotten with what they had counted; the bar is 1 at first and rises by 1 each
        time. None forgets nothing.

    Raises
    ------
    UserError
        For what is no sentence of tokens, and for a token that no vocabulary can hold.
    """
    words: Counter[str] = Counter()
    number, tokens, bar = 0, 0, 1
    with progress("counting words", None, "words", brief=True) as counter:
        for sentence in tokens_of(sentences):
            words.update(sentence)
            number, tokens = number + 1, tokens + len(sentence)
            counter.advance(len(sentence))
            if max_counted is not None and len(words) > max_counted:
                words = Counter({word: n for word, n in words.items() if n >= bar})
                bar += 1
    refuse_odd_words(words)
    return Counts(words, number, tokens)


def tokens_of(sentences: Sentences) -> Iterator[list[str] | tuple[str, ...]]:
    """The sentences, each of which is nothing but tokens."""
    for number, sentence in enumerate(sentences, start=1):
        if isinstance(sentence, (str, bytes)):
            raise UserError(f"sentence {number:,} is {_shown(sentence)} in one piece, whose "
                            "letters would be the words; give its tokens, such as "
                            "sentence.split().")
        if not isinstance(sentence, Iterable):
            raise UserError(f"sentence {number:,} is {_shown(sentence)}; give a list of tokens for "
                            "each sentence, [['a', 'cat'], ['a', 'dog']].")
        tokens = sentence if isinstance(sentence, (list, tuple)) else list(sentence)
        yield tokens if set(map(type, tokens)) <= {str} else _as_str(number, tokens)


def _as_str(number: int, tokens: Iterable[Any]) -> list[str]:
    """Tokens of kinds of str, as NumPy has one, as plain ones."""
    for token in tokens:
        if not isinstance(token, str):
            raise UserError(f"sentence {number:,} holds {_shown(token)}, of "
                            f"{type(token).__name__}; tokens are str, as "
                            "[str(token) for token in sentence] makes them.")
    return [str.__str__(token) for token in tokens]


def refuse_odd_words(words: Iterable[str]) -> None:
    """Refuse words that the files of a vocabulary cannot hold."""
    for word in words:
        if not word:
            raise UserError("a token is empty, as text.split(' ') gives them between two blanks; "
                            "take text.split(), or leave such tokens out.")
        if "\n" in word:
            raise UserError(f"the token {_shown(word)} holds a line feed; strip or replace it.")
        try:
            word.encode()
        except UnicodeEncodeError:
            raise UserError(f"the token {_shown(word)} holds half of a character, which UTF-8 does "
                            "not have; decode the text anew, or leave it out.") from None


def refuse_odd_counts(counts: Any) -> None:
    """Refuse what is no mapping of words to how often they occur."""
    if not isinstance(counts, Mapping):
        raise UserError(f"the counts are {_shown(counts)}; give a dict of words and counts.")
    for word, count in counts.items():
        if not isinstance(word, str):
            raise UserError(f"the counts hold {_shown(word)}, of {type(word).__name__}; words are "
                            "str.")
        whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if not whole or count < 1:
            raise UserError(f"the count of {_shown(word)} is {_shown(count)}; give whole numbers "
                            "from 1 on.")
    refuse_odd_words(counts)


def vocabulary_of(
    counts: Mapping[str, int], min_count: int, max_words: int | None = None
) -> Vocabulary:
    """The words that occur often enough.

    Parameters
    ----------
    counts : how often each occurs.
    min_count : words that occur less often are left out.
    max_words : where more are left, min_count rises until no more than these are; words that are
        equally frequent stay or go together. None keeps all.

    Raises
    ------
    UserError
        When fewer than two are left.
    """
    if not counts:
        raise UserError("the sentences hold no tokens; give some.")
    frequencies = np.fromiter(counts.values(), np.int64, len(counts))
    if max_words is not None and max_words < len(counts):
        first_left_out = int(np.sort(frequencies)[-1 - max_words])
        min_count = max(min_count, first_left_out + 1)
    return order_words([word.encode() for word in counts], frequencies, min_count)


def encode_sentences(
    sentences: Sentences, vocabulary: Vocabulary, folder: Path, seed: int
) -> tuple[EncodedCorpus, Counts]:
    """Sentences as ids in files, in random order, and how many they are.

    Parameters
    ----------
    sentences : lists of tokens. Words that are not in the vocabulary are left out.
    vocabulary : the words.
    folder : an empty one; memory holds no more than a part of the sentences.
    seed : of their order.

    Raises
    ------
    UserError
        Where no word is in the vocabulary.
    """
    words = Words({word.encode(): i for i, word in enumerate(vocabulary.words)})
    words.given = len(words) + 1  # the last number is that of all others
    number, tokens, known = 0, 0, 0
    with CorpusWriter(folder / "numbered") as output:
        for numbers, ends in _numbered(sentences, vocabulary):
            output.write(numbers, ends)
            number, tokens = number + len(ends), tokens + len(numbers)
            known += int(np.count_nonzero(numbers < len(vocabulary)))
    if not known:
        raise UserError(f"{counted(number, 'sentence')} came with {counted(tokens, 'token')}, of "
                        "which none is in the vocabulary; give other sentences, or call "
                        "build_vocab with these first. An iterable that is empty the second time "
                        "must begin anew.")
    corpus = NumberedCorpus(folder / "numbered", words)
    write_ids(folder, corpus, EncodeParameters(seed=seed), vocabulary, known)
    corpus.remove()
    encoded = EncodedCorpus(np.load(folder / "ids.npy", mmap_mode="r"),
                            np.load(folder / "bounds.npy"), vocabulary)
    return encoded, Counts({}, number, tokens)


def _numbered(
    sentences: Sentences, vocabulary: Vocabulary
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
    """Stretches of sentences: the ids of their words, and where each ends."""
    index, unknown = vocabulary.index, len(vocabulary)
    ids: list[int] = []
    ends: list[int] = []
    for sentence in tokens_of(sentences):
        ids.extend(map(index.get, sentence, repeat(unknown)))
        ends.append(len(ids))
        if len(ids) >= TOKENS_AT_ONCE:
            yield np.array(ids, np.int32), np.array(ends, np.int64)
            ids, ends = [], []
    yield np.array(ids, np.int32), np.array(ends, np.int64)


def _shown(value: Any) -> str:
    """A value as Python writes it, cut where it is long."""
    written = repr(value)
    return written if len(written) <= SHOWN else f"{written[:SHOWN]}..."
