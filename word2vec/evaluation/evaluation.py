"""Everything that is measured of word vectors, as numbers for a metrics file and as a table."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from word2vec.evaluation.analogies import (
    METHODS,
    UNKNOWN_WORDS,
    AnalogyScores,
    QuestionSection,
    evaluate_word_analogies,
    parse_questions,
    read_questions,
)
from word2vec.evaluation.word_pairs import (
    PairScores,
    WordPair,
    evaluate_word_pairs,
    parse_pairs,
    read_pairs,
)
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.catalogue import (
    MARK,
    Source,
    entry_of,
    names,
    tell_taken,
    wanted_files,
)
from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require, require_choice
from words_and_images.common.progress import WARNING, progress, say
from words_and_images.common.streams import STANDARD_INPUT, called
from words_and_images.neural.metrics import named

HEADLINE = "analogies"
RESERVED = (HEADLINE, "vocabulary")  # names of other scores begin so


@dataclass(frozen=True)
class EvaluateParameters:
    """What is asked, and under which rules.

    Parameters
    ----------
    questions : sets of analogy questions, each a name of the catalogue or a file; the first one's
        scores are the ``analogies_...`` of the metrics.
    word_pairs : sets of judged word pairs, likewise.
    restrict_vocab : analogies are asked and answered with so many of the most frequent words.
    method : of answering analogies, ``3cosadd`` or ``3cosmul``.
    unknown_words : ``skip`` leaves out what asks for a word that is not known; ``wrong`` counts
        such a question as answered wrongly and such a pair as of similarity 0.
    case_insensitive : whether words that differ in case only are the same.
    """

    questions: str | tuple[str, ...] = ("questions_words", "msr")
    word_pairs: str | tuple[str, ...] = (
        "wordsim353", "simlex999", "men", "rarewords", "rg65", "mturk771")
    restrict_vocab: int = 30_000
    method: str = "3cosadd"
    unknown_words: str = "skip"
    case_insensitive: bool = True

    def __post_init__(self) -> None:
        for name, sources in (("questions", self.questions), ("word_pairs", self.word_pairs)):
            require(all(isinstance(source, str) and source for source in sources), name, sources,
                    "names of the catalogue or files")
        require(len(self.questions) > 0, "questions", self.questions, "at least one set")
        require(self.restrict_vocab >= 1, "restrict_vocab", self.restrict_vocab, "at least 1")
        require_choice("method", self.method, METHODS)
        require_choice("unknown_words", self.unknown_words, UNKNOWN_WORDS)


@dataclass(frozen=True)
class Evaluation:
    """The scores of all sets.

    Parameters
    ----------
    analogies : by the name of the set, the first the one that is quoted; with the rules.
    pairs : by the name of the set; with the rules.
    """

    analogies: dict[str, AnalogyScores]
    pairs: dict[str, PairScores]

    def metrics(self) -> dict[str, Any]:
        """Flat names and values for JSON; shares and correlations lie in 0..1 and -1..1.

        What is `not_computed` is told below that name.
        """
        (first, scores), *others = self.analogies.items()
        metrics: dict[str, Any] = {
            "analogies_accuracy": scores.overall.accuracy,
            "analogies_semantic": scores.semantic.accuracy,
            "analogies_syntactic": scores.syntactic.accuracy,
            "analogies_coverage": scores.overall.coverage,
            "analogies_correct": scores.overall.correct,
            "analogies_total": scores.overall.total,
            "analogies_asked": scores.overall.asked,
            "analogies_questions": first,
            "vocabulary_bound": scores.bound,
            "method": scores.method,
            "unknown_words": scores.unknown_words,
        }
        for name, scores in others:
            overall = scores.overall
            metrics |= {
                f"{name}_accuracy": overall.accuracy, f"{name}_coverage": overall.coverage,
                f"{name}_correct": overall.correct, f"{name}_total": overall.total,
                f"{name}_asked": overall.asked, f"{name}_bound": scores.bound,
                f"{name}_unknown_words": scores.unknown_words}
        for name, pairs in self.pairs.items():
            metrics |= {
                f"{name}_spearman": pairs.spearman, f"{name}_pearson": pairs.pearson,
                f"{name}_coverage": pairs.coverage, f"{name}_known": pairs.known,
                f"{name}_asked": pairs.asked, f"{name}_bound": pairs.bound,
                f"{name}_unknown_words": pairs.unknown_words}
        sets = {HEADLINE if number == 0 else name: scores.composed
                for number, (name, scores) in enumerate(self.analogies.items())}
        sets |= {name: pairs.composed for name, pairs in self.pairs.items()}
        metrics |= {f"{name}_composed": count for name, count in sets.items()}
        return {name: value for name, value in metrics.items() if value is not None} | named(
            self.not_computed())

    def not_computed(self) -> dict[str, str]:
        """Why scores are missing from `metrics`, by their names."""
        (_, first), *others = self.analogies.items()
        parts = {"semantic": first.semantic, "syntactic": first.syntactic}
        reasons = {f"{HEADLINE}_{name}": reason for name, reason in (
            *first.overall.not_computed().items(),
            *((name, part.not_computed()["accuracy"]) for name, part in parts.items()
              if part.accuracy is None))}
        sets = {name: each.overall.not_computed() for name, each in others} | {
            name: pairs.not_computed() for name, pairs in self.pairs.items()}
        for name, missing in sets.items():
            reasons |= {f"{name}_{score}": reason for score, reason in missing.items()}
        return reasons

    def sections(self) -> list[dict[str, Any]]:
        """The analogies by section and with their rules, for JSON.

        Sections of another set than the first are called ``set: section``.
        """
        first = next(iter(self.analogies))
        return [
            {**section.describe(), "questions": name, "bound": scores.bound,
             "method": scores.method, "unknown_words": scores.unknown_words,
             "section": section.section if name == first else f"{name}: {section.section}"}
            for name, scores in self.analogies.items() for section in scores.sections]


def evaluate(
    vectors: WordVectors, parameters: EvaluateParameters, place_of: Callable[[str], str] = str
) -> Evaluation:
    """Run all sets over the vectors.

    Parameters
    ----------
    vectors, parameters
    place_of : tells where a set is that the parameters name.

    Raises
    ------
    UserError
        For a set that is neither a file nor in the catalogue, cannot be reached or is malformed,
        and for two sets of one name.
    """
    questions, pairs = _listed(parameters.questions), _listed(parameters.word_pairs)
    names = set_names([*questions, *pairs])
    analogies, correlations = {}, {}
    with progress("evaluating", len(questions) + len(pairs), "sets", brief=True) as counter:
        for source in questions:
            analogies[names[source]] = evaluate_word_analogies(
                vectors, load_questions(place_of(source)), parameters.restrict_vocab,
                parameters.method, parameters.unknown_words, parameters.case_insensitive)
            counter.advance()
        for source in pairs:
            correlations[names[source]] = evaluate_word_pairs(
                vectors, load_word_pairs(place_of(source)), None, parameters.unknown_words,
                parameters.case_insensitive)
            counter.advance()
    return Evaluation(analogies, correlations)


def set_names(sources: Sequence[str]) -> dict[str, str]:
    """What the scores of each set are called: its name or file name, of several alike the path.

    Raises
    ------
    UserError
        Where two sets are called alike even so.
    """
    own = {source: Path(called(Path(source.removeprefix(MARK)))).stem.replace(" ", "_")
           for source in sources}
    alike = Counter([*RESERVED, *map(own.__getitem__, sources)])
    names = [own[source] if alike[own[source]] == 1
             else re.sub(r"\W+", "_", source).strip("_") for source in sources]
    taken = Counter([*RESERVED, *names])
    for source, name in zip(sources, names, strict=True):
        if taken[name] > 1:
            raise UserError(f"the name {name!r} of the set {source!r} is taken; rename its file, "
                            "or leave it out.")
    return dict(zip(sources, names, strict=True))


def load_questions(source: str) -> list[QuestionSection]:
    """Analogy questions from a file, or else by their name in the catalogue."""
    entry = _entry(source)
    return parse_questions(_content(entry), source) if entry else read_questions(Path(source))


def load_word_pairs(source: str) -> list[WordPair]:
    """Judged word pairs from a file, or else by their name in the catalogue."""
    entry = _entry(source)
    return parse_pairs(_content(entry), source) if entry else read_pairs(Path(source))


def _entry(source: str) -> Source | None:
    """The catalogue's set of that name, unless there is a file; said where there is any path."""
    path = Path(source)
    is_file = path == STANDARD_INPUT or (path.exists() and not path.is_dir())
    entry = entry_of(source, is_file, "evaluation")
    if entry is None:
        if source in names("evaluation"):
            tell_taken("set", source, entry, "evaluation")
    elif path.is_dir():
        say(f"{WARNING}set: {source} of the catalogue, as the path {source} is a folder")
    return entry


def _listed(sources: str | tuple[str, ...]) -> tuple[str, ...]:
    return (sources,) if isinstance(sources, str) else sources


def _content(entry: Source) -> str:
    return "\n".join(content.decode("utf-8") for _, content in wanted_files(entry))
