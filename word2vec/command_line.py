"""The command `word2vec`: ask word vectors, evaluate them, convert their files."""

import json
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from common.commandline import BAD_INPUT, run_application
from common.errors import UserError
from common.progress import say
from word2vec.parameters import MODEL_PARAMETERS, EncodeParameters, TrainParameters

if TYPE_CHECKING:
    from word2vec.vectors import Similar, WordVectors

# NumPy, the catalogue and the rest are imported by the commands that need them, so that --help
# and usage errors answer at once.
application = typer.Typer(
    help="Train word vectors, ask them and evaluate them.",
    no_args_is_help=True,
    add_completion=False,
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


class ModelName(str, Enum):  # noqa: UP042
    """The models."""

    SKIPGRAM = "skipgram"
    CBOW = "cbow"


TRAIN, ENCODE = TrainParameters(), EncodeParameters()


def _of_each(name: str) -> str:
    """A default that differs from model to model, for --help."""
    return ", ".join(f"{getattr(own(), name):g} for {model}"
                     for model, own in MODEL_PARAMETERS.items())


VectorsPath = Annotated[Path, typer.Argument(
    metavar="VECTORS", help="A folder of trained vectors, or a file: word2vec text or binary, "
    "GloVe text, plain or .gz.")]
Top = Annotated[int, typer.Option(min=1, help="How many answers.")]
MethodOption = Annotated[Method, typer.Option(
    help="3cosadd: largest cos(d, b - a + c). 3cosmul: largest cos(d, b) cos(d, c) / cos(d, a), "
    "of cosines moved to 0..1.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]


@application.command("train")
def train_command(
    corpus: Annotated[str, typer.Argument(
        metavar="CORPUS", help="Text: a file, plain, .gz or .bz2, one document a line; a folder of "
        "them, a glob, or a corpus of the catalogue.")],
    out: Annotated[Path, typer.Argument(
        metavar="OUT", help="The folder to write; or a file of word2vec's: .txt, .vec or .bin, any "
        "with .gz.")],
    model: Annotated[ModelName, typer.Option(help="Which model.")] = ModelName.SKIPGRAM,
    dim: Annotated[int, typer.Option(help="Length of a vector.")] = TRAIN.dim,
    window: Annotated[int, typer.Option(help="Largest distance of a context.")] = TRAIN.window,
    negative: Annotated[int, typer.Option(help="Negatives a positive.")] = TRAIN.negative,
    sample: Annotated[float | None, typer.Option(
        help="Threshold of subsampling.", show_default=_of_each("sample"))] = None,
    learning_rate: Annotated[float | None, typer.Option(
        help="At the beginning.", show_default=_of_each("learning_rate"))] = None,
    min_count: Annotated[int, typer.Option(
        help="Leave out words that occur less often.")] = ENCODE.min_count,
    tokens: Annotated[str, typer.Option(
        help="letters (a to z, lower-cased), words (any alphabet) or whitespace (as it stands)."
    )] = ENCODE.tokens,
    epochs: Annotated[int, typer.Option(help="Passes over the corpus.")] = TRAIN.epochs,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = TRAIN.seed,
    threads: Annotated[int, typer.Option(
        help="Threads, 0 for one a core; the result does not depend on them.")] = TRAIN.threads,
) -> None:
    """Train word vectors on the text CORPUS and write them to OUT."""
    train_parameters = TrainParameters(
        dim=dim, window=window, negative=negative, epochs=epochs, seed=seed, threads=threads)
    given = {"sample": sample, "learning_rate": learning_rate}
    own = MODEL_PARAMETERS[model.value](
        **{name: value for name, value in given.items() if value is not None})
    encode_parameters = EncodeParameters(tokens=tokens, min_count=min_count, seed=seed)
    from word2vec.train_text import train_text

    train_text(corpus, out, model.value, encode_parameters, train_parameters, own)


@application.command("nearest")
def nearest_command(
    path: VectorsPath,
    words: Annotated[list[str] | None, typer.Argument(
        metavar="[WORD]...", help="Words; none reads them from standard input, one a line."
    )] = None,
    top: Top = 10,
    as_json: AsJson = False,
) -> None:
    """Print the words most similar to each WORD.

    Words are looked up as they stand, then lower-cased, then capitalised.
    """
    vectors = _load(path)

    def answer(word: str) -> dict[str, Any]:
        word = vectors.spelling(word)
        return {"word": word, "nearest": _described(vectors.most_similar(word, topn=top))}

    if not words:
        _answer_lines("word", 1, lambda asked: answer(*asked), _print_nearest, as_json)
        return
    answers = [answer(word) for word in words]
    if as_json:
        print_json(answers)
        return
    for i, block in enumerate(answers):
        if len(answers) > 1:
            print(f"{'' if i == 0 else chr(10)}{block['word']}")
        _print_nearest(block)


@application.command("analogy")
def analogy_command(
    path: VectorsPath,
    words: Annotated[list[str] | None, typer.Argument(
        metavar="[A B C]", help="Three words; none reads them from standard input, three a line."
    )] = None,
    top: Top = 10,
    method: MethodOption = Method.ADD,
    as_json: AsJson = False,
) -> None:
    """Answer: A is to B as C is to which word?"""
    if words and len(words) != 3:
        raise UserError(f"{len(words)} words are given; give three: A is to B as C is to ?")
    vectors = _load(path)
    ask = vectors.most_similar if method is Method.ADD else vectors.most_similar_cosmul

    def answer(asked: list[str]) -> dict[str, Any]:
        a, b, c = (vectors.spelling(word) for word in asked)
        return {"a": a, "b": b, "c": c, "method": method.value,
                "answers": _described(ask(positive=[b, c], negative=[a], topn=top))}

    def show(found: dict[str, Any]) -> None:
        _print_scores(found["answers"])

    if not words:
        _answer_lines("a b c", 3, answer, show, as_json)
    elif as_json:
        print_json(answer(words))
    else:
        show(answer(words))


@application.command("similarity")
def similarity_command(
    path: VectorsPath,
    a: Annotated[str, typer.Argument(metavar="A", help="A word.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another word.")],
    as_json: AsJson = False,
) -> None:
    """Print the cosine of two words, -1 to 1."""
    vectors = _load(path)
    a, b = vectors.spelling(a), vectors.spelling(b)
    similarity = vectors.similarity(a, b)
    if as_json:
        print_json({"a": a, "b": b, "similarity": similarity})
    else:
        print(f"{similarity:.4f}")


@application.command("odd-one-out")
def odd_one_out_command(
    path: VectorsPath,
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Three words or more.")],
    as_json: AsJson = False,
) -> None:
    """Print the word that fits the others least."""
    vectors = _load(path)
    known = [vectors.spelling(word) for word in words]
    odd = vectors.doesnt_match(known)
    if as_json:
        print_json({"words": known, "odd_one_out": odd})
    else:
        print(odd)


@application.command("evaluate")
def evaluate_command(
    path: VectorsPath,
    restrict_vocab: Annotated[int, typer.Option(
        min=1, help="Ask and answer analogies with so many of the most frequent words.")] = 30_000,
    questions: Annotated[str, typer.Option(
        help="Analogy questions: a name of the catalogue or a file.")] = "questions_words",
    pairs: Annotated[list[str], typer.Option(
        help="Judged word pairs: a name of the catalogue or a file; may be given several times."
    )] = ["wordsim353", "simlex999"],  # noqa: B006 (typer copies it)
    method: MethodOption = Method.ADD,
    unknown_words: Annotated[UnknownWords, typer.Option(
        help="Leave out what asks for an unknown word, or count it as wrong.")] = UnknownWords.SKIP,
    as_json: AsJson = False,
) -> None:
    """Score analogies by section, and agreement with people's judgements of word pairs."""
    from word2vec.evaluation import EvaluateParameters, evaluate

    parameters = EvaluateParameters(
        questions, tuple(pairs), restrict_vocab, method.value, unknown_words.value)
    evaluation = evaluate(_load(path), parameters)
    if as_json:
        print_json({**evaluation.metrics(), "sections": evaluation.sections()})
    else:
        print(evaluation.text())


@application.command("convert")
def convert_command(
    path: Annotated[Path, typer.Argument(
        metavar="IN", help="A folder of trained vectors, or a file of word vectors.")],
    out: Annotated[Path, typer.Argument(
        metavar="OUT", help="The file to write: .txt or .bin, either with .gz behind it; .tsv for "
        "the Embedding Projector, with the words in a second file.")],
    limit: Annotated[int | None, typer.Option(
        min=1, help="Only so many words from the beginning.")] = None,
) -> None:
    """Write word vectors in another format, told by the extension of OUT."""
    from word2vec.formats import write_vectors, writer_of

    writer_of(out)  # refuse the name before anything is read
    if out.resolve() == path.resolve():
        raise UserError(f"{out} is the file to be converted; name another one to write.")
    vectors = _load(path)
    write_vectors(out, vectors.index_to_key[:limit], vectors.vectors[:limit])
    say(f"{min(limit or len(vectors), len(vectors)):,} words of {vectors.vector_size} values "
        f"in {out}")


def print_json(value: Any) -> None:
    """Indented JSON on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def main() -> None:
    """Entry point of the console script."""
    run_application(application)


def _load(path: Path) -> "WordVectors":
    from word2vec.vectors import load_vectors

    return load_vectors(path)


def _described(found: "Similar") -> list[dict[str, Any]]:
    return [{"word": word, "score": score} for word, score in found]


def _print_nearest(block: dict[str, Any]) -> None:
    _print_scores(block["nearest"])


def _print_scores(answers: list[dict[str, Any]]) -> None:
    """Words and scores in two columns."""
    width = max((len(answer["word"]) for answer in answers), default=0)
    for answer in answers:
        print(f"{answer['word']:{width}}  {answer['score']:.4f}")


def _answer_lines(  # type: ignore[no-untyped-def]
    prompt: str, words: int, answer, show, as_json: bool
) -> None:
    """Answer the lines of standard input; what cannot be answered is said, and the next one read.

    With JSON each answer is one line.
    """
    failed = False
    for line in _input_lines(f"{prompt}> "):
        asked = line.split()
        try:
            if len(asked) != words:
                raise UserError(f"{line.strip()!r} has {len(asked)} words; give {words} a line.")
            found = answer(asked)
        except UserError as error:
            say(str(error))
            failed = True
            continue
        if as_json:
            print(json.dumps(found, ensure_ascii=False, allow_nan=False), flush=True)
        else:
            show(found)
            print(flush=True)
    if failed:
        raise typer.Exit(BAD_INPUT)


def _input_lines(prompt: str) -> Iterator[str]:
    """Lines of standard input that are not empty, after a prompt where someone types them."""
    while True:
        if sys.stdin.isatty():
            print(prompt, end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line


if __name__ == "__main__":
    main()
