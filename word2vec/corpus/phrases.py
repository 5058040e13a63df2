"""Phrases: words that stand together far more often than by chance become one word, new_york.

Mikolov et al., Distributed Representations of Words and Phrases, 2013, section 4. Everything is
counted over the numbers of a `NumberedCorpus`, a stretch of documents at a time.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.documents.text import read_whole
from word2vec.corpus.numbering import CorpusWriter, NumberedCorpus, number_documents
from word2vec.corpus.tokens import composed, tokeniser
from word2vec.parameters import EncodeParameters, PhraseParameters
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import (
    begins_with,
    refuse_standard_output,
    refuse_unwritable_file,
    write_text,
)
from words_and_images.common.progress import progress, say
from words_and_images.common.streams import called
from words_and_images.common.workspaces import workspace

PAIRS_AT_ONCE = 1 << 24  # eight bytes each, held twice for a moment
JOINT = "_"
DEFAULTS = PhraseParameters()
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Phrase:
    """Two words that are joined.

    Parameters
    ----------
    first, second : the words; each may be a phrase of an earlier pass.
    count : how often the second follows the first in a document.
    first_count, second_count : how often each occurs.
    score : how much more often than by chance, by the chosen scoring.
    """

    first: str
    second: str
    count: int = 0
    first_count: int = 0
    second_count: int = 0
    score: float = 0.0

    @property
    def name(self) -> str:
        """The word that the two become."""
        return f"{self.first}{JOINT}{self.second}"


Pass: TypeAlias = list[Phrase]


@dataclass(frozen=True)
class PairCounts:
    """Pairs of words that follow each other often enough.

    Parameters
    ----------
    first, second : (pairs,) numbers of their words.
    counts : (pairs,) how often the second follows the first in a document.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    counts: NDArray[np.int64]


def count_score(
    pairs: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64],
    total: int, discount: float,
) -> NDArray[np.float64]:
    """(count(ab) - discount) / (count(a) count(b)) * N, (pairs,).

    Equation 6 of Mikolov et al. 2013, times the corpus' tokens N as word2phrase.c has it: without a
    discount, how many times more often than by chance; so a threshold does not depend on N.
    """
    return (pairs - discount) / (first * second) * total


def npmi(
    pairs: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64],
    total: int,
) -> NDArray[np.float64]:
    """ln(p(ab) / (p(a) p(b))) / -ln p(ab) with p = count / N, (pairs,), in -1 to 1.

    Normalised pointwise mutual information: 0 by chance, 1 for words that never go alone (Bouma,
    Normalized (Pointwise) Mutual Information in Collocation Extraction, 2009).
    """
    information = np.log(pairs * total / (first * second))
    return information / -np.log(pairs / total)


def find_phrases(
    corpus: NumberedCorpus, parameters: PhraseParameters
) -> tuple[list[Pass], NumberedCorpus]:
    """Find the phrases of a corpus and join them, pass by pass.

    Each pass counts the words as the one before left them, so that new_york and times can become
    new_york_times.

    Returns
    -------
    passes : the phrases of each pass, the most frequent first; a pass that finds none ends it.
    corpus : the corpus with its phrases joined; the files of the one given are gone.
    """
    passes: list[Pass] = []
    for number in range(1, parameters.passes + 1):
        phrases = score_pairs(corpus, parameters)
        say(f"phrases, pass {number}: {counted(len(phrases), 'pair')} of words")
        if not phrases:
            break
        passes.append(phrases)
        corpus = join_pairs(corpus, phrases)
    return passes, corpus


def join_phrases(corpus: NumberedCorpus, passes: Iterable[Pass]) -> NumberedCorpus:
    """The corpus with known phrases joined; the files of the one given are gone."""
    for phrases in passes:
        if phrases:
            corpus = join_pairs(corpus, phrases)
    return corpus


def respelled(passes: Iterable[Pass], spell: Callable[[str], str]) -> list[Pass]:
    """The phrases with their words as a text's own are spelled when it is read."""
    return [[replace(phrase, first=spell(phrase.first), second=spell(phrase.second))
             for phrase in phrases] for phrases in passes]


def warn_of_strangers(
    passes: Iterable[Pass], corpus: NumberedCorpus, joined: int, encode: EncodeParameters
) -> None:
    """Say it where phrases that someone has listed do little.

    Parameters
    ----------
    passes : the phrases.
    corpus : what they were joined in.
    joined : how many pairs were.
    encode : how the corpus was read.
    """
    phrases = [phrase for phrases in passes for phrase in phrases]
    strange = [phrase for phrase in phrases if _unknown_word(phrase, corpus.words)]
    if not phrases or (joined and len(strange) <= len(phrases) / 2):
        return
    example, remedy = phrases[0], "nothing is joined"
    kind, about = "whose words never follow each other in the text", ""
    if strange:
        example, kind = strange[0], "with a word that is not in the text"
        about = f"{_about(example, corpus.words, encode)} in "
        remedy = "these join nothing" if joined else remedy
    say(f"warning: phrases {kind}: {len(strange) or len(phrases):,} of {len(phrases):,}, for "
        f"example {about}{example.first} {example.second}; {remedy}.")


def _about(phrase: Phrase, known: Collection[bytes], encode: EncodeParameters) -> str:
    """The word of a phrase that is not known, and what is likely to be wrong with it."""
    word = str(_unknown_word(phrase, known))
    read = tokeniser(str(encode.tokens), encode.turkish)(word).decode().split()
    if read != [word]:
        return f"{word!r} (which tokens {encode.tokens} reads as {' '.join(read) or 'nothing'})"
    forms = (word.lower(), word.capitalize(), word.upper(),
             *(unicodedata.normalize(form, word) for form in ("NFC", "NFD")))
    other = next((form for form in forms if form.encode() in known), None)
    if other is None:
        return f"{word!r} (read with tokens {encode.tokens})"
    alike = composed(other) == composed(word)
    return f"{word!r} (but {ascii(other) if alike else repr(other)} is)"


def _unknown_word(phrase: Phrase, known: Collection[bytes]) -> str | None:
    return next((word for word in (phrase.first, phrase.second) if word.encode() not in known),
                None)


def score_pairs(corpus: NumberedCorpus, parameters: PhraseParameters) -> Pass:
    """The pairs of words that score above the threshold, the most frequent first."""
    counts = corpus.counts()
    total = int(counts.sum())
    found: list[tuple] = []
    for pairs in _frequent_pairs(corpus, counts, parameters.min_count):
        first, second = counts[pairs.first], counts[pairs.second]
        scores = _scores(pairs.counts, first, second, total, parameters)
        table = (pairs.first, pairs.second, pairs.counts, first, second, scores)
        high = scores > parameters.least_score
        found += zip(*(column[high].tolist() for column in table), strict=True)
    names = _names(corpus, {number for row in found for number in row[:2]})
    phrases = [Phrase(names[first], names[second], *rest) for first, second, *rest in found]
    return sorted(phrases, key=lambda phrase: (-phrase.count, phrase.first, phrase.second))


def _names(corpus: NumberedCorpus, wanted: set[int]) -> dict[int, str]:
    return {number: word.decode() for word, number in corpus.words.items() if number in wanted}


def _scores(
    pairs: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64], total: int,
    parameters: PhraseParameters,
) -> NDArray[np.float64]:
    # Products of counts pass the range of int64 in a corpus of billions.
    counts = (pairs.astype(float), first.astype(float), second.astype(float))
    if parameters.scoring == "npmi":
        return npmi(*counts, total)
    return count_score(*counts, total, parameters.discount)


def _frequent_pairs(
    corpus: NumberedCorpus, counts: NDArray[np.int64], min_count: int
) -> Iterator[PairCounts]:
    """Pairs that occur at least `min_count` times, exactly, in memory that does not grow.

    The pairs are sorted; of more than fit at once, those whose hash has one remainder are taken at
    a time.
    """
    rounds = -(-int(counts.sum()) // PAIRS_AT_ONCE)
    live = np.zeros(len(counts), bool)
    live[np.fromiter(corpus.words.values(), np.int64, len(corpus.words))] = True
    frequent = live & (counts >= min_count)
    with progress("counting pairs", None, "words") as counter:
        for remainder in range(rounds):
            kept = []
            for tokens, bounds in corpus.pieces():
                keys = _pair_keys(tokens, bounds, frequent)
                kept.append(keys if rounds == 1 else keys[_hashes(keys) % rounds == remainder])
                counter.advance(len(tokens) / rounds)
            yield _count_sorted(np.concatenate(kept), len(counts), min_count)


def _pair_keys(
    tokens: NDArray[np.int32], bounds: NDArray[np.int64], frequent: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """first * words + second of each pair of frequent words within a document."""
    usable = frequent[tokens]
    within = usable[:-1] & usable[1:]
    within[bounds[1:-1] - 1] = False  # the last of a document and the first of the next
    begins = np.flatnonzero(within)
    return tokens[begins] * np.int64(len(frequent)) + tokens[begins + 1]


def _hashes(keys: NDArray[np.int64]) -> NDArray[np.uint64]:
    return keys.view(np.uint64) * _SPREAD >> np.uint64(32)


def _count_sorted(keys: NDArray[np.int64], words: int, min_count: int) -> PairCounts:
    """The pairs behind keys that occur at least `min_count` times."""
    keys.sort()
    places = max(0, len(keys) - min_count + 1)  # behind these are min_count - 1 keys or more
    frequent = keys[:places] == keys[min_count - 1 :][:places]
    frequent[1:] &= keys[1:places] != keys[: places - 1]  # once each pair, at its first place
    begins = np.flatnonzero(frequent)
    counts = np.searchsorted(keys, keys[begins], side="right") - begins
    return PairCounts(keys[begins] // words, keys[begins] % words, counts)


@dataclass(frozen=True)
class _Joints:
    """The pairs of one pass by number, and what they become."""

    keys: NDArray[np.int64]  # rising
    joined: NDArray[np.int32]
    begins: NDArray[np.bool_]  # by number: whether a word begins a pair
    ends: NDArray[np.bool_]
    words: int


def join_pairs(corpus: NumberedCorpus, phrases: Pass) -> NumberedCorpus:
    """The corpus with the pairs of one pass joined; the files of the one given are gone.

    From left to right: of a b c with the pairs a b and b c, a b is joined and c stays alone.
    """
    joints = _joints(corpus, phrases)
    if not len(joints.keys):
        return corpus
    with (
        CorpusWriter(corpus.folder.with_name(f"{corpus.folder.name}+")) as output,
        progress("joining phrases", None, "words") as counter,
    ):
        for tokens, bounds in corpus.pieces():
            output.write(*_join(tokens, bounds, joints))
            counter.advance(len(tokens))
    corpus.remove()
    return NumberedCorpus(output.folder, corpus.words)


def _joints(corpus: NumberedCorpus, phrases: Pass) -> _Joints:
    """The pairs whose words occur, with numbers for what they become."""
    numbers = corpus.words
    names = [(phrase.first.encode(), phrase.second.encode(), phrase.name.encode())
             for phrase in phrases]
    known = [name for name in names if name[0] in numbers and name[1] in numbers]
    # Asked for by its name, each gets a number if it has none.
    first, second, joined = (np.array([numbers[name[part]] for name in known], np.int64)
                             for part in range(3))
    keys, order = np.unique(first * numbers.given + second, return_index=True)
    begins, ends = np.zeros(numbers.given, bool), np.zeros(numbers.given, bool)
    begins[first], ends[second] = True, True
    return _Joints(keys, joined[order].astype(np.int32), begins, ends, numbers.given)


def _join(
    tokens: NDArray[np.int32], bounds: NDArray[np.int64], joints: _Joints
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The tokens of documents with their pairs joined, and where each document then ends."""
    possible = joints.begins[tokens[:-1]] & joints.ends[tokens[1:]]
    possible[bounds[1:-1] - 1] = False
    places = np.flatnonzero(possible)
    keys = tokens[places] * np.int64(joints.words) + tokens[places + 1]
    found = np.searchsorted(joints.keys, keys).clip(max=len(joints.keys) - 1)
    right = joints.keys[found] == keys
    places, found = places[right], found[right]
    taken = _every_other(places)
    tokens[places[taken]] = joints.joined[found[taken]]
    kept = np.ones(len(tokens), bool)
    kept[places[taken] + 1] = False
    return tokens[kept], np.cumsum(kept)[bounds[1:] - 1]


def _every_other(places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of pairs that begin at neighbouring places the first, third and so on: what one pair uses up
    is not there for the next."""
    order = np.arange(len(places))
    begins_run = np.diff(places, prepend=-2) > 1
    return (order - np.maximum.accumulate(np.where(begins_run, order, 0))) % 2 == 0


def phrases_of(
    documents: Iterable[str], encode: EncodeParameters, parameters: PhraseParameters
) -> list[Pass]:
    """The phrases of documents; the temporary files that this needs are as large as the text."""
    if not parameters.passes:
        return []
    encode = encode.for_corpus()
    with workspace() as working:
        corpus = number_documents(documents, working / "numbered", str(encode.tokens),
                                  encode.max_counted, encode.turkish)
        return find_phrases(corpus, parameters)[0]


def save_phrases(passes: list[Pass], path: Path | str) -> None:
    """Write phrases as text that people can read, and `load_phrases`."""
    write_text(path, phrases_text(passes))


def phrases_text(passes: list[Pass]) -> str:
    """Phrases as text.

    A heading begins each pass; then each line has the two words, the score and the counts of the
    pair and of its words, between tabs.
    """
    lines = [] if passes else ["# no phrases"]
    for number, phrases in enumerate(passes, start=1):
        lines.append(f"# pass {number}: {counted(len(phrases), 'pair')} of words; score, count, "
                     "counts of the first and the second word")
        lines += [f"{phrase.first} {phrase.second}\t{phrase.score:.6g}\t{phrase.count}\t"
                  f"{phrase.first_count}\t{phrase.second_count}" for phrase in phrases]
    return "\n".join([*lines, ""])


def refuse_foreign_phrases(path: Path | str) -> None:
    """Refuse to write phrases over a file of another kind, or where nothing can be written.

    Raises
    ------
    UserError
        Naming the file, before any work is done.
    """
    refuse_standard_output(path)
    path = Path(path)
    refuse_unwritable_file(path)
    if not begins_with(path, (b"# pass ", b"# no phrases")):
        raise UserError(f"{path} exists and holds no phrases; name a new file.")


def chosen_phrases(
    choice: str, parameters: PhraseParameters = DEFAULTS
) -> PhraseParameters | list[Pass]:
    """What a user chose: a number of passes to find phrases with, or a file of phrases.

    `parameters` say how they are found; their own number of passes does not count.
    """
    if choice.isdecimal():
        return replace(parameters, passes=int(choice))
    passes = load_phrases(Path(choice))
    if not passes:
        say(f"warning: {choice} holds no phrases; nothing is joined.")
    return passes


def load_phrases(path: Path | str) -> list[Pass]:
    """Read the pairs of what `save_phrases` wrote, or of one's own list: two words a line.

    Raises
    ------
    UserError
        For a file that cannot be read, and a line of other than two words, with its number.
    """
    path = Path(path)
    content = read_whole(path, "a file with two words a line, or a number of passes to find "
                         "phrases with")
    return parse_phrases(content, called(path))


def parse_phrases(content: str, name: str) -> list[Pass]:
    """The pairs of a list's text; errors as of `load_phrases`, with the list's name."""
    passes: list[Pass] = [[]]
    for number, line in enumerate(content.split("\n"), start=1):
        fields = line.rstrip("\r").split("\t")
        if len(fields) == 1 and line.startswith("# pass"):
            passes.append([])
        elif len(fields) > 1 or (line.strip() and not line.startswith("#")):
            passes[-1].append(_read_phrase(fields, f"{name}, line {number}"))
    return [phrases for phrases in passes if phrases]


def _read_phrase(fields: list[str], where: str) -> Phrase:
    """Two words in the first field, whatever follows it, or one in each of two fields."""
    words = fields[0].split()
    if len(words) == 1 and len(fields) == 2 and not fields[1].lstrip("-")[:1].isdigit():
        words += fields[1].split()
    if len(words) != 2:
        raise UserError(f"{where}: {' '.join(fields)[:80]!r} is not two words; for longer phrases "
                        "begin another pass with a line `# pass`, where new_york is a word.")
    return Phrase(words[0], words[1])
