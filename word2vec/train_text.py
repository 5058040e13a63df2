"""From a text to vectors in one call: what `word2vec train` does."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from word2vec.training import Trained, train  # isort: skip (it comes before NumPy)

from common.errors import UserError
from common.progress import say
from word2vec.continuation import Earlier, go_on
from word2vec.corpus import describe_source, documents
from word2vec.encoded_corpus import EncodedCorpus
from word2vec.encoding import encode
from word2vec.formats import refuse_place, write_vectors
from word2vec.parameters import (
    EncodeParameters,
    PhraseParameters,
    ReadingParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.phrases import chosen_phrases
from word2vec.text import text_files


@dataclass(frozen=True)
class Recipe:
    """How a text becomes vectors; the parameters are those of the pipeline.

    Parameters
    ----------
    model : skipgram or cbow.
    encode, train, own : parameters of the stages.
    phrases : a number of passes to find phrases with, or a file of phrases.
    joined : how they are found, where they are.
    earlier : a folder of an earlier training to go on with.
    reading : how files of text are read.
    """

    model: str
    encode: EncodeParameters
    train: TrainParameters
    own: SkipgramParameters
    phrases: str = "0"
    joined: PhraseParameters = PhraseParameters()
    earlier: Path | None = None
    reading: ReadingParameters = ReadingParameters()


def train_text(corpus: str, out: Path, recipe: Recipe) -> Trained:
    """Train on a text, write the vectors and return them.

    A training that is cut off leaves its last finished epoch in a folder beside `out`, and the
    next one goes on from there.

    Parameters
    ----------
    corpus : a path or a name of the catalogue, as the pipeline's ``corpus.source``; or ``-`` for
        standard input.
    out : a folder to write, or a file whose extension names a word2vec format.
    recipe : model and parameters.

    Raises
    ------
    UserError
        For a corpus that cannot be used, and a place that cannot be written to.
    """
    as_file = _refuse_place(out, corpus)  # before minutes of training
    joined = chosen_phrases(recipe.phrases, recipe.joined)
    earlier = Earlier.load(recipe.earlier) if recipe.earlier else None
    described = describe_source(corpus, recipe.reading)  # what a pipe came from may soon be gone
    with tempfile.TemporaryDirectory() as folder:
        encode(documents(corpus, recipe.reading), Path(folder) / "encoded", recipe.encode, joined)
        encoded, start = EncodedCorpus.load(Path(folder) / "encoded"), None
        if earlier:
            encoded, start = go_on(earlier, encoded, recipe.model, recipe.train, Path(folder))
        trained = train(encoded, recipe.model, recipe.train, recipe.own,
                        out.with_name(f"{out.name}.checkpoint"), start)
    if as_file:
        write_vectors(out, trained.vocabulary.words, trained.tables.inputs)
    else:
        trained.save(out, _record(described, earlier))
    say(f"{len(trained.vocabulary):,} vectors of {recipe.train.dim} values in {out}")
    return trained


def _record(described: dict[str, Any], earlier: Earlier | None) -> dict[str, Any]:
    return {**described, "earlier": earlier.record["corpus"]} if earlier else described


def _refuse_place(out: Path, corpus: str) -> bool:
    """Refuse to write where something else stands; return whether `out` names a file."""
    if out.is_file() and out.resolve() in {path.resolve() for path in text_files(corpus)}:
        raise UserError(f"{out} is part of the corpus; name another place for the vectors.")
    return refuse_place(out)
