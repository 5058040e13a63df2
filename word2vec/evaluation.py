"""Everything that is measured of word vectors, as numbers for a metrics file and as a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.catalogue import find, wanted_files
from common.parameters import require, require_choice
from word2vec.analogies import (
    METHODS,
    UNKNOWN_WORDS,
    AnalogyScores,
    QuestionSection,
    SectionScore,
    evaluate_word_analogies,
    parse_questions,
    read_questions,
)
from word2vec.vectors import WordVectors
from word2vec.word_pairs import PairScores, WordPair, evaluate_word_pairs, parse_pairs, read_pairs


@dataclass(frozen=True)
class EvaluateParameters:
    """What is asked, and under which rules.

    Parameters
    ----------
    questions : analogy questions: a name of the catalogue or a file.
    word_pairs : judged word pairs, each a name of the catalogue or a file.
    restrict_vocab : analogies are asked and answered with so many of the most frequent words.
    method : of answering analogies, ``3cosadd`` or ``3cosmul``.
    unknown_words : ``skip`` leaves out what asks for a word that is not known; ``wrong`` counts
        such a question as answered wrongly and such a pair as of similarity 0.
    case_insensitive : whether words that differ in case only are the same.
    """

    questions: str = "questions_words"
    word_pairs: tuple[str, ...] = ("wordsim353", "simlex999")
    restrict_vocab: int = 30_000
    method: str = "3cosadd"
    unknown_words: str = "skip"
    case_insensitive: bool = True

    def __post_init__(self) -> None:
        require(self.restrict_vocab >= 1, "restrict_vocab", self.restrict_vocab, "at least 1")
        require_choice("method", self.method, METHODS)
        require_choice("unknown_words", self.unknown_words, UNKNOWN_WORDS)


@dataclass(frozen=True)
class Evaluation:
    """The scores of all sets.

    Parameters
    ----------
    analogies : by section, with the rules.
    pairs : by the name of the set.
    """

    analogies: AnalogyScores
    pairs: dict[str, PairScores]

    def metrics(self) -> dict[str, Any]:
        """Flat names and values for JSON; shares and correlations lie in 0..1 and -1..1."""
        scores = self.analogies
        metrics: dict[str, Any] = {
            "analogies_accuracy": scores.overall.accuracy,
            "analogies_semantic": scores.semantic.accuracy,
            "analogies_syntactic": scores.syntactic.accuracy,
            "analogies_coverage": scores.overall.coverage,
            "analogies_correct": scores.overall.correct,
            "analogies_total": scores.overall.total,
            "analogies_asked": scores.overall.asked,
            "vocabulary_bound": scores.bound,
            "method": scores.method,
            "unknown_words": scores.unknown_words,
        }
        for name, pairs in self.pairs.items():
            metrics |= {f"{name}_spearman": pairs.spearman, f"{name}_pearson": pairs.pearson,
                        f"{name}_coverage": pairs.coverage}
        return metrics

    def sections(self) -> list[dict[str, Any]]:
        """The analogies by section, for JSON."""
        return [section.describe() for section in self.analogies.sections]

    def text(self) -> str:
        """Sections, totals, rules and correlations as a table."""
        scores = self.analogies
        totals = [scores.semantic, scores.syntactic, scores.overall]
        width = max(len(row.section) for row in [*scores.sections, *totals])
        head = f"{'analogies':{width}}{'accuracy':>11}{'correct':>9}{'of':>8}{'skipped':>9}"
        lines = [head, *(_row(section, width) for section in scores.sections), "",
                 *(_row(total, width) for total in totals), "", self._rules()]
        if self.pairs:
            width = max(len(name) for name in [*self.pairs, "word pairs"])
            lines += ["", f"{'word pairs':{width}}{'Spearman':>10}{'Pearson':>9}{'pairs':>13}"]
        for name, pairs in self.pairs.items():
            lines.append(f"{name:{width}}{_correlation(pairs.spearman):>10}"
                         f"{_correlation(pairs.pearson):>9}"
                         f"{f'{pairs.known:,} of {pairs.asked:,}':>13}")
        return "\n".join(lines)

    def _rules(self) -> str:
        scores = self.analogies
        unknown = "left out" if scores.unknown_words == "skip" else "counted as wrong"
        return (f"{scores.method} over the {scores.bound:,} most frequent words; coverage "
                f"{100 * scores.overall.coverage:.1f} %: {scores.overall.known:,} of "
                f"{scores.overall.asked:,} questions, those with unknown words are {unknown}")


def evaluate(vectors: WordVectors, parameters: EvaluateParameters) -> Evaluation:
    """Run all sets over the vectors.

    Raises
    ------
    UserError
        For a set that is neither a file nor in the catalogue, cannot be reached or is malformed.
    """
    analogies = evaluate_word_analogies(
        vectors, load_questions(parameters.questions), parameters.restrict_vocab,
        parameters.method, parameters.unknown_words, parameters.case_insensitive)
    pairs = {
        Path(source).stem: evaluate_word_pairs(
            vectors, load_word_pairs(source), None, parameters.unknown_words,
            parameters.case_insensitive)
        for source in parameters.word_pairs
    }
    return Evaluation(analogies, pairs)


def load_questions(source: str) -> list[QuestionSection]:
    """Analogy questions from a file or by their name in the catalogue."""
    if Path(source).exists():
        return read_questions(Path(source))
    return parse_questions(_catalogued(source), source)


def load_word_pairs(source: str) -> list[WordPair]:
    """Judged word pairs from a file or by their name in the catalogue."""
    if Path(source).exists():
        return read_pairs(Path(source))
    return parse_pairs(_catalogued(source), source)


def _catalogued(name: str) -> str:
    return "\n".join(content.decode("utf-8") for _, content in
                     wanted_files(find(name, "evaluation")))


def _row(score: SectionScore, width: int) -> str:
    accuracy = f"{100 * score.accuracy:.1f} %" if score.total else "-"
    return (f"{score.section:{width}}{accuracy:>11}{score.correct:9,}{score.total:8,}"
            f"{score.skipped:9,}")


def _correlation(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
