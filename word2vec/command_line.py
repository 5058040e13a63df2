"""The command `word2vec`: ask word vectors, evaluate them, convert their files."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from word2vec.parameters import (
    LOSSES,
    NOISE,
    THRESHOLDS,
    TOKENS,
    EncodeParameters,
    ModelName,
    OwnParameters,
    PhraseParameters,
    ReadingParameters,
    TrainParameters,
)
from word2vec.tune_command import tune_command
from word2vec.vectors.formats.read_options import ERRORS, ReadOptions
from words_and_images.common.commandline import (
    BAD_INPUT,
    AsJson,
    Engine,
    EngineKind,
    Quiet,
    Scheduler,
    complain,
    print_json,
    run_application,
    with_version,
)
from words_and_images.common.engine import FILES, EngineParameters
from words_and_images.common.errors import UserError, counted, percent
from words_and_images.common.options import Options, given_options, spread_parameters
from words_and_images.common.progress import is_quiet, say
from words_and_images.common.streams import is_standard_input, refuse_sharing_input
from words_and_images.common.tables import HEADING, columns_of, shown, table, wrapped

if TYPE_CHECKING:
    from word2vec.corpus.phrases import Pass
    from word2vec.evaluation.analogies import AnalogyScores, SectionScore
    from word2vec.evaluation.evaluation import Evaluation
    from word2vec.evaluation.word_pairs import PairScores
    from word2vec.vectors.vectors import Similar, WordVectors

# NumPy, the catalogue and the rest are imported by the commands that need them, so that --help
# and usage errors answer at once.
application = typer.Typer(
    help="Train word vectors, ask them and evaluate them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class Method(str, Enum):  # noqa: UP042 (typer shows the values of this kind as choices)
    """How analogies are answered."""

    ADD = "3cosadd"
    MULTIPLY = "3cosmul"


class UnknownWords(str, Enum):  # noqa: UP042
    """What becomes of a question with an unknown word."""

    SKIP = "skip"
    WRONG = "wrong"


class Scoring(str, Enum):  # noqa: UP042
    """How phrases are scored."""

    COUNT = "count"
    NPMI = "npmi"


def _kinds_of_tokens() -> list[str]:
    return list(TOKENS)


ENCODE = EncodeParameters()
PHRASES = PhraseParameters()


VectorsPath = Annotated[Path, typer.Argument(
    metavar="VECTORS", help="A folder of trained vectors, or a file: word2vec text or binary, "
    "GloVe text, plain or packed or in a zip, .safetensors; or a pipe, - for standard input.")]
Reading = Annotated[ReadOptions, Options(
    "Reading", without=("binary", "header", "wanted"), choices=(("errors", ERRORS),))]
Top = Annotated[int, typer.Option(min=1, help="How many answers.")]
RestrictVocab = Annotated[int | None, typer.Option(
    min=1, help="Answer with so many words from the beginning, the most frequent ones; any word "
    "may be asked.")]
MethodOption = Annotated[Method, typer.Option(
    help="3cosadd: largest cos(d, b - a + c). 3cosmul: largest cos(d, b) cos(d, c) / cos(d, a), "
    "of cosines moved to 0..1.")]
Answer = Callable[[list[str]], dict[str, Any]]
Show = Callable[[dict[str, Any]], None]
STANDARD_INPUT = ["-"]  # what may be given in the place of words
BETWEEN_TABS = ", parted by blanks, or by tabs where words have blanks in them"


@application.command("train")
@spread_parameters
def train_command(
    context: typer.Context,
    corpus: Annotated[str, typer.Argument(
        metavar="CORPUS", help="Text: a file or pipe, plain or packed, one document a line, or - "
        "for standard input; a folder or a glob; or a corpus of the catalogue.")],
    out: Annotated[str, typer.Argument(
        metavar="OUT", help="The folder to write, with a slash behind a name that has a dot; or a "
        "file, as for `convert`.")],
    reading: Annotated[ReadingParameters, Options("Text")],
    encode: Annotated[EncodeParameters, Options(
        "Text", without=("shuffle",), choices=(("tokens", TOKENS),))],
    joined: Annotated[PhraseParameters, Options(
        "Phrases", without=("passes",), prefix="phrase_", choices=(("scoring", THRESHOLDS),))],
    parameters: Annotated[TrainParameters, Options("Training", choices=(("loss", LOSSES),))],
    own: Annotated[OwnParameters, Options("Training", choices=(("noise", NOISE),))],
    placed: Annotated[EngineParameters, Options(
        "Engine", without=("kind",), prefix="engine_", choices=(("files", FILES),))],
    model: Annotated[ModelName, typer.Option(help="Which model.")] = ModelName.SKIPGRAM,
    phrases: Annotated[str | None, typer.Option(
        metavar="PASSES|FILE", show_default="0", help="Join words to phrases, new_york: a number "
        "of passes to find them with, or a file that `word2vec phrases` wrote.")] = None,
    seed: Annotated[int, typer.Option(
        help="What everything random is drawn from; one seed gives one result."
    )] = TrainParameters.seed,
    continue_from: Annotated[Path | None, typer.Option(
        metavar="VECTORS", help="Go on with the vectors of an earlier training, a folder, and add "
        "the words that are new in CORPUS. If not given, model, dim, loss, tokens, turkish and "
        "phrases are those of that training.")] = None,
    pretrained: Annotated[Path | None, typer.Option(
        metavar="VECTORS", help="Begin with vectors of another maker, a folder or a file: words of "
        "CORPUS that are there take theirs over. Without --dim, it is theirs.")] = None,
    engine: Engine = EngineKind.LOCAL,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train word vectors on the text CORPUS and write them to OUT.

    A training that is cut off goes on from its last finished epoch when it is begun again.
    """
    from word2vec.idle_options import refuse_idle
    from word2vec.train_text import Recipe, train_text

    given = given_options(context)
    recipe = Recipe(model.value, encode, parameters, own, phrases, joined, continue_from,
                    pretrained, given, reading, placed.chosen(engine.value))
    refuse_idle(given, recipe)
    trained = train_text(corpus, out, recipe)
    if as_json:
        print_json({"vectors": str(out), "model": trained.record["model"],
                    "dim": trained.tables.inputs.shape[1],
                    "words": len(trained.vocabulary), "losses": trained.losses})


application.command("tune")(tune_command)


@application.command("phrases")
@spread_parameters
def phrases_command(
    corpus: Annotated[str, typer.Argument(metavar="CORPUS", help="Text, as for `train`.")],
    reading: Annotated[ReadingParameters, Options()],
    out: Annotated[Path | None, typer.Argument(
        metavar="[OUT]", help="A file for all of them, which `train --phrases` takes.")] = None,
    passes: Annotated[int, typer.Option(
        min=1, help="1 joins two words, 2 up to four, and so on.")] = 1,
    scoring: Annotated[Scoring, typer.Option(
        help="count: (count(a b) - discount) / (count(a) count(b)) * words of the text. npmi: "
        "normalised pointwise mutual information, -1 to 1.")] = Scoring.COUNT,
    threshold: Annotated[float | None, typer.Option(
        help="Join pairs that score higher.", show_default=", ".join(
            f"{value:g} for {name}" for name, value in THRESHOLDS.items()))] = None,
    min_count: Annotated[int, typer.Option(
        help="Leave out pairs that occur less often.")] = PHRASES.min_count,
    discount: Annotated[float, typer.Option(
        help="Taken from the count of a pair, with --scoring count.")] = PHRASES.discount,
    tokens: Annotated[str | None, typer.Option(
        help="What a word is, as for `train`.", autocompletion=_kinds_of_tokens)] = ENCODE.tokens,
    turkish: Annotated[bool, typer.Option(
        "--turkish", help="Lower-case I to ı and İ to i, as for `train`.")] = ENCODE.turkish,
    max_counted: Annotated[int | None, typer.Option(
        help="While counting, forget the rarest words when there are more than this."
    )] = ENCODE.max_counted,
    top: Annotated[int, typer.Option(min=0, help="How many of each pass are printed.")] = 10,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find words that stand together far more often than by chance, and print the most frequent."""
    parameters = PhraseParameters(passes, scoring.value, threshold, min_count, discount)
    encode_parameters = EncodeParameters(tokens=tokens, turkish=turkish, max_counted=max_counted)
    from word2vec.corpus.documents.sources import documents, origins, tell_corpus
    from word2vec.corpus.documents.text import text_files
    from word2vec.corpus.phrases import phrases_of, refuse_foreign_phrases, save_phrases
    from words_and_images.common.own_files import refuse_among, refuse_input
    from words_and_images.common.workspaces import temporary_files

    if out is not None:
        refuse_input(out, text_files(corpus))
        refuse_among(out, corpus)
        refuse_foreign_phrases(out)
    tell_corpus(corpus)
    encode_parameters = encode_parameters.for_corpus(origins(corpus))
    with temporary_files(out):
        passes_found = phrases_of(documents(corpus, reading), encode_parameters, parameters)
    if out is not None:
        save_phrases(passes_found, out)
    best = [phrases[:top] for phrases in passes_found]
    if as_json:
        print_json([[{"phrase": phrase.name, "score": phrase.score, "count": phrase.count}
                     for phrase in phrases] for phrases in best])
    else:
        _print_phrases(best)


@application.command("nearest")
@spread_parameters
def nearest_command(
    path: VectorsPath,
    reading: Reading,
    words: Annotated[list[str] | None, typer.Argument(
        metavar="[WORD]...", help="Words; - or none reads them from standard input, one a line."
    )] = None,
    top: Top = 10,
    restrict_vocab: RestrictVocab = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print the words most similar to each WORD.

    Words are looked up as they stand, then lower-cased, then capitalised. For those nearest to some
    words and far from others see `analogy --positive --negative`.
    """
    lines = not words or words == STANDARD_INPUT
    vectors = _load(path, reading, lines)

    def answer(word: str) -> dict[str, Any]:
        word = _spelled(vectors, word)
        found = vectors.most_similar(word, topn=top, restrict_vocab=restrict_vocab)
        return {"word": word, "nearest": _described(found)}

    def answer_line(asked: list[str]) -> dict[str, Any]:
        line = " ".join(asked)
        if len(asked) > 1 and vectors.find(line) is None:
            raise UserError(f"{line!r} has {counted(len(asked), 'word')}; give 1 a line.")
        return answer(line)

    if lines:
        _answer_lines("word", None, answer_line, _print_nearest, as_json)
        return
    answers = [answer(word) for word in words or []]
    if as_json:
        print_json(answers)
        return
    for i, block in enumerate(answers):
        if len(answers) > 1:
            print(f"{'' if i == 0 else chr(10)}{shown(block['word'], sys.stdout)}")
        _print_nearest(block)


@application.command("analogy")
@spread_parameters
def analogy_command(
    path: VectorsPath,
    reading: Reading,
    words: Annotated[list[str] | None, typer.Argument(
        metavar="[A B C]", help="Three words; - or none reads them from standard input, three a "
        f"line{BETWEEN_TABS}."
    )] = None,
    positive: Annotated[list[str] | None, typer.Option(
        metavar="WORD", help="In the place of A B C: a word to be near to; may be given several "
        "times.")] = None,
    negative: Annotated[list[str] | None, typer.Option(
        metavar="WORD", help="A word to be far from; may be given several times.")] = None,
    top: Top = 10,
    method: MethodOption = Method.ADD,
    restrict_vocab: RestrictVocab = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer: A is to B as C is to which word?

    A B C is short for --positive B --positive C --negative A.
    """
    lists = bool(positive or negative)
    lines = not lists and (not words or words == STANDARD_INPUT)
    if lists and words:
        raise UserError(f"{counted(len(words), 'word')} and --positive or --negative are given; "
                        "give one or the other.")
    if not lists and not lines:
        _require_words(words or [], 3, "three: A is to B as C is to ?")
    vectors = _load(path, reading, lines)
    ask = vectors.most_similar if method is Method.ADD else vectors.most_similar_cosmul

    def answers(attracting: list[str], repelling: list[str]) -> dict[str, Any]:
        found = ask(attracting, repelling, topn=top, restrict_vocab=restrict_vocab)
        return {"method": method.value, "answers": _described(found)}

    def answer(asked: list[str]) -> dict[str, Any]:
        a, b, c = (_spelled(vectors, word) for word in asked)
        return {"a": a, "b": b, "c": c, **answers([b, c], [a])}

    def answer_lists() -> dict[str, Any]:
        near, far = ([_spelled(vectors, word) for word in given or []]
                     for given in (positive, negative))
        return {"positive": near, "negative": far, **answers(near, far)}

    def show(found: dict[str, Any]) -> None:
        _print_scores(found["answers"])

    if lines:
        _answer_lines("a b c", 3, answer, show, as_json)
    else:
        _answer_once(answer_lists() if lists else answer(words or []), show, as_json)


@application.command("similarity")
@spread_parameters
def similarity_command(
    path: VectorsPath,
    reading: Reading,
    words: Annotated[list[str] | None, typer.Argument(
        metavar="[A B]", help="Two words; - or none reads them from standard input, two a line"
        f"{BETWEEN_TABS}."
    )] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print the cosine of two words, -1 to 1."""
    lines = not words or words == STANDARD_INPUT
    if not lines:
        _require_words(words or [], 2, "two.")
    vectors = _load(path, reading, lines)

    def answer(asked: list[str]) -> dict[str, Any]:
        a, b = (_spelled(vectors, word) for word in asked)
        return {"a": a, "b": b, "similarity": vectors.similarity(a, b)}

    def show(found: dict[str, Any]) -> None:
        print(f"{found['similarity']:.4f}")

    if lines:
        _answer_lines("a b", 2, answer, show, as_json, blank="")
    else:
        _answer_once(answer(words or []), show, as_json)


@application.command("odd-one-out")
@spread_parameters
def odd_one_out_command(
    path: VectorsPath,
    reading: Reading,
    words: Annotated[list[str] | None, typer.Argument(
        metavar="[WORD]...", help="Three words or more; - or none reads them from standard input, "
        f"a line each time{BETWEEN_TABS}."
    )] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print the word that fits the others least."""
    lines = not words or words == STANDARD_INPUT
    vectors = _load(path, reading, lines)

    def answer(asked: list[str]) -> dict[str, Any]:
        known = [_spelled(vectors, word) for word in asked]
        return {"words": known, "odd_one_out": vectors.doesnt_match(known)}

    def show(found: dict[str, Any]) -> None:
        print(shown(found["odd_one_out"], sys.stdout))

    if lines:
        _answer_lines("words", None, answer, show, as_json, blank="")
    else:
        _answer_once(answer(words or []), show, as_json)


@application.command("evaluate")
@spread_parameters
def evaluate_command(
    path: VectorsPath,
    reading: Reading,
    restrict_vocab: Annotated[int, typer.Option(
        min=1, help="Ask and answer analogies with so many of the most frequent words.")] = 30_000,
    questions: Annotated[list[str] | None, typer.Option(
        help="Analogy questions: a name of the catalogue or a file; may be given several times.",
        show_default="questions_words, msr")] = None,
    pairs: Annotated[list[str] | None, typer.Option(
        help="Judged word pairs: a name of the catalogue or a file; may be given several times.",
        show_default="wordsim353, simlex999, men, rarewords, rg65, mturk771")] = None,
    method: MethodOption = Method.ADD,
    unknown_words: Annotated[UnknownWords, typer.Option(
        help="Leave out what asks for an unknown word, or count it as wrong.")] = UnknownWords.SKIP,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score analogies by section, and agreement with people's judgements of word pairs."""
    from word2vec.evaluation.evaluation import EvaluateParameters, evaluate

    given = {"questions": questions, "word_pairs": pairs}
    sets: dict[str, Any] = {name: tuple(sources) for name, sources in given.items() if sources}
    parameters = EvaluateParameters(
        **sets, restrict_vocab=restrict_vocab, method=method.value,
        unknown_words=unknown_words.value)
    refuse_sharing_input([path, *parameters.questions, *parameters.word_pairs])
    evaluation = evaluate(_load(path, reading), parameters)
    if as_json:
        print_json({**evaluation.metrics(), "sections": evaluation.sections()})
    else:
        print("\n\n".join(_evaluation_texts(evaluation)))


@application.command("convert")
@spread_parameters
def convert_command(
    path: Annotated[Path, typer.Argument(
        metavar="IN", help="A folder of trained vectors, or a file of word vectors; - reads "
        "standard input.")],
    out: Annotated[str, typer.Argument(
        metavar="OUT", help="The file to write: .txt, .vec or .bin, any with .gz, .bz2, .xz or "
        ".zst behind it; .safetensors; .tsv for the Embedding Projector, with the words in a "
        "second file; without extension or with a slash at its end a folder, which opens at once "
        "however large it is.")],
    reading: Reading,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write word vectors in another format, told by the extension of OUT."""
    from word2vec.vectors.formats.vector_files import refuse_place, write_folder, write_vectors
    from word2vec.vectors.subword_vectors import warn_of_lost_subwords
    from word2vec.vectors.vectors import open_vectors

    as_file, place = refuse_place(out, [path]), Path(out)  # before anything is read
    vectors = open_vectors(path, reading)
    if as_file:
        warn_of_lost_subwords(place, vectors.subwords)
        write_vectors(place, vectors.index_to_key, vectors.vectors, vectors.counts)
    else:
        write_folder(place, vectors.index_to_key, vectors.vectors, vectors.counts,
                     {"converted_from": str(path)}, vectors.subwords)
    if as_json:
        print_json({"vectors": str(place), "words": len(vectors), "dim": vectors.vector_size})
    else:
        say(f"{counted(len(vectors), 'word')} of {counted(vectors.vector_size, 'value')} in "
            f"{place}")


def main() -> None:
    """Entry point of the console script."""
    run_application(with_version(application))


def _load(path: Path, reading: ReadOptions, lines: bool = False) -> "WordVectors":
    """The vectors to ask; `lines` tells whether the words are lines of standard input."""
    if lines and is_standard_input(path):
        raise UserError("standard input cannot give the vectors and the words too; give the words "
                        "behind it, or the path of a file.")
    # A question is one product at the speed of memory; more threads of OpenBLAS would gain little,
    # and lose much where another process wants the core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from word2vec.vectors.vectors import open_vectors

    return open_vectors(path, reading)


def _spelled(vectors: "WordVectors", word: str) -> str:
    """A word as the vectors spell it."""
    if not word.strip():
        raise UserError("one of the words is empty; give a word.")
    return vectors.spelling(word)


def _require_words(words: list[str], wanted: int, remedy: str) -> None:
    if len(words) != wanted:
        verb = "is" if len(words) == 1 else "are"
        raise UserError(f"{counted(len(words), 'word')} {verb} given; give {remedy}")


def _described(found: "Similar") -> list[dict[str, Any]]:
    if not found:
        raise UserError("no word is left to answer with, but those that are asked; give more words "
                        "to answer with, by --restrict-vocab or --limit.")
    return [{"word": word, "score": score} for word, score in found]


def _print_nearest(block: dict[str, Any]) -> None:
    _print_scores(block["nearest"])


def _print_scores(answers: list[dict[str, Any]]) -> None:
    """Words and scores in two columns."""
    if answers:
        print(table([[answer["word"], f"{answer['score']:.4f}"] for answer in answers],
                    sys.stdout, _plain))


def _plain(_row: int, _column: int) -> str:
    """The style of a table without a heading."""
    return ""


def _print_phrases(passes: "list[Pass]") -> None:
    """Phrases with score and count, each pass under its heading."""
    cells: list[list[str]] = []
    headings = set()
    for number, phrases in enumerate(passes, start=1):
        headings.add(len(cells))
        cells.append([f"pass {number}", "score", "count"])
        cells += [[phrase.name, f"{phrase.score:,.2f}", f"{phrase.count:,}"] for phrase in phrases]
    if cells:
        print(table(cells, sys.stdout, lambda row, _column: HEADING if row in headings else ""))


def _evaluation_texts(evaluation: "Evaluation") -> Iterator[str]:
    """Sections, totals and correlations as tables, each followed by its rules."""
    for number, (name, scores) in enumerate(evaluation.analogies.items()):
        yield _analogies_table("analogies" if number == 0 else name, scores, number == 0)
        yield _analogies_rules(scores)
    if evaluation.pairs:
        yield _pairs_table(evaluation.pairs)
        yield from _pairs_missing(evaluation.pairs)
        yield _pairs_rules(evaluation.pairs)


def _analogies_table(title: str, scores: "AnalogyScores", parts: bool) -> str:
    """A set section by section, and in all; `parts` tells semantic and syntactic apart."""
    totals = [scores.semantic, scores.syntactic, scores.overall] if parts else (
        [scores.overall] if len(scores.sections) > 1 else [])
    blank = [[""] * 5] if totals else []
    return table([[title, "accuracy", "correct", "of", "skipped"],
                  *map(_section_cells, scores.sections), *blank, *map(_section_cells, totals)],
                 sys.stdout)


def _section_cells(score: "SectionScore") -> list[str]:
    return [score.section, percent(score.accuracy), *(f"{count:,}" for count in (
        score.correct, score.total, score.skipped))]


def _analogies_rules(scores: "AnalogyScores") -> str:
    unknown = "left out" if scores.unknown_words == "skip" else "counted as wrong"
    return _lines(f"{scores.method} over the {scores.bound:,} most frequent words; coverage "
                  f"{percent(scores.overall.coverage)}: {scores.overall.known:,} of "
                  f"{counted(scores.overall.asked, 'question')}; unknown words: "
                  f"{scores.unknown_words}, those with one are {unknown}"
                  + _composed(scores.composed))


def _pairs_table(scores: "dict[str, PairScores]") -> str:
    cells = [["word pairs", "Spearman", "Pearson", "pairs", "coverage"]]
    cells += [[name, _correlation(pairs.spearman), _correlation(pairs.pearson),
               f"{pairs.known:,} of {pairs.asked:,}", percent(pairs.coverage)]
              for name, pairs in scores.items()]
    return table(cells, sys.stdout)


def _pairs_missing(scores: "dict[str, PairScores]") -> Iterator[str]:
    """What there is no number of, and why."""
    missing = [f"{name}: {'; '.join(dict.fromkeys(pairs.not_computed().values()))}"
               for name, pairs in scores.items() if pairs.not_computed()]
    if missing:
        yield "\n".join(map(_lines, missing))


def _pairs_rules(scores: "dict[str, PairScores]") -> str:
    rules = next(iter(scores.values()))
    made = ", ".join(f"{pairs.composed:,} of {name}" for name, pairs in scores.items()
                     if pairs.composed is not None)
    unknown = "left out" if rules.unknown_words == "skip" else "of similarity 0"
    return _lines(f"cosines over all {counted(rules.bound, 'word')}; unknown words: "
                  f"{rules.unknown_words}, pairs with one are {unknown}"
                  + (f"; words composed of n-grams: {made}" if made else ""))


def _composed(count: int | None) -> str:
    """How many words are known by their n-grams only."""
    return "" if count is None else f"; {counted(count, 'word')} composed of n-grams"


def _lines(sentence: str) -> str:
    """A sentence in as many lines as a terminal needs."""
    return "\n".join(wrapped(sentence, columns_of(sys.stdout), sys.stdout))


def _correlation(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _answer_once(answer: dict[str, Any], show: Show, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        show(answer)


def _answer_lines(
    prompt: str, words: int | None, answer: Answer, show: Show, as_json: bool, blank: str = "\n"
) -> None:
    """Answer the lines of standard input; what cannot be answered is said, and the next one read.

    Parameters
    ----------
    prompt : where someone types.
    words : how many a line must have; None leaves that to `answer`.
    answer, show : of the words of a line; with JSON each answer is one line.
    blank : what parts an answer that is shown from the next.

    Raises
    ------
    typer.Exit
        With the code of bad input, in the end, if a line could not be answered.
    """
    failed = False
    for line in _input_lines(f"{prompt}> "):
        asked = _words_of(line)
        try:
            if words is not None and len(asked) != words:
                raise UserError(f"{line.strip()!r} has {counted(len(asked), 'word')}; give {words} "
                                "a line.")
            found = answer(asked)
        except UserError as error:
            complain(str(error))
            failed = True
            continue
        if as_json:
            print_json(found, indent=None)
        else:
            show(found)
            print(end=blank, flush=True)
    if failed:
        raise typer.Exit(BAD_INPUT)


def _words_of(line: str) -> list[str]:
    """The words of a line: between its tabs if it has any, so that words may have blanks."""
    if "\t" not in line:
        return line.split()
    return [word.strip() for word in line.strip().split("\t")]


def _input_lines(prompt: str) -> Iterator[str]:
    """Lines of standard input that are not empty, after a prompt where someone types them."""
    if sys.stdin is None:
        raise UserError("standard input is closed; send words to it, or give them as arguments.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # what is no UTF-8 is an unknown word
    while True:
        if sys.stdin.isatty() and not is_quiet():
            print(prompt, end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line


if __name__ == "__main__":
    main()
