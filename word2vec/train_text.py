"""From a text to vectors in one call: what `word2vec train` does."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from word2vec.training import Trained, train  # isort: skip (it comes before NumPy)

from common.errors import UserError
from common.progress import say
from word2vec.continuation import Earlier, go_on
from word2vec.corpus import documents, origins
from word2vec.encoded_corpus import EncodedCorpus
from word2vec.encoding import encode
from word2vec.formats import refuse_place, write_vectors
from word2vec.parameters import (
    EncodeParameters,
    PhraseParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.phrases import chosen_phrases
from word2vec.pretrained import begin_with
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
    pretrained : vectors to begin with, of whatever maker.
    any_dim : whether `train.dim` gives way to that of `pretrained`.
    """

    model: str
    encode: EncodeParameters
    train: TrainParameters
    own: SkipgramParameters
    phrases: str = "0"
    joined: PhraseParameters = PhraseParameters()
    earlier: Path | None = None
    pretrained: Path | None = None
    any_dim: bool = False

    def __post_init__(self) -> None:
        if self.earlier and self.pretrained:
            raise UserError(f"pretrained is {self.pretrained} and continue_from is {self.earlier}, "
                            "whose vectors are those to begin with; give one of them.")


def train_text(corpus: str, out: Path | str, recipe: Recipe) -> Trained:
    """Train on a text, write the vectors and return them.

    A training that is cut off leaves its last finished epoch in a folder beside `out`, and the
    next one goes on from there.

    Parameters
    ----------
    corpus : a path or a name of the catalogue, as the pipeline's ``corpus.source``.
    out : a folder to write, or a file whose extension names its format; a str may end in a slash.
    recipe : model and parameters.

    Raises
    ------
    UserError
        For a corpus that cannot be used, and a place that cannot be written to.
    """
    as_file, out = _refuse_place(out, corpus), Path(out)  # before minutes of training
    if recipe.pretrained and not recipe.pretrained.exists():
        raise UserError(f"{recipe.pretrained} does not exist; give a folder of trained vectors or "
                        "a file of word vectors.")
    joined = chosen_phrases(recipe.phrases, recipe.joined)
    earlier = Earlier.load(recipe.earlier) if recipe.earlier else None
    with tempfile.TemporaryDirectory() as folder:
        encode(documents(corpus), Path(folder) / "encoded", recipe.encode, joined)
        encoded, start = EncodedCorpus.load(Path(folder) / "encoded"), None
        if earlier:
            encoded, start = go_on(earlier, encoded, recipe.model, recipe.train, Path(folder))
        parameters = recipe.train
        if recipe.pretrained:
            start, parameters = begin_with(
                recipe.pretrained, encoded.vocabulary, parameters, recipe.any_dim)
        trained = train(encoded, recipe.model, parameters, recipe.own,
                        out.with_name(f"{out.name}.checkpoint"), start)
    if as_file:
        write_vectors(out, trained.vocabulary.words, trained.tables.inputs,
                      trained.vocabulary.counts)
    else:
        trained.save(out, _record(corpus, earlier, recipe.pretrained))
    say(f"{len(trained.vocabulary):,} vectors of {parameters.dim} values in {out}")
    return trained


def _record(corpus: str, earlier: Earlier | None, pretrained: Path | None) -> dict[str, Any]:
    record = {"source": corpus, "origins": [origin.describe() for origin in origins(corpus)]}
    if pretrained:
        record["pretrained"] = str(pretrained)
    return {**record, "earlier": earlier.record["corpus"]} if earlier else record


def _refuse_place(out: Path | str, corpus: str) -> bool:
    """Refuse to write where something else stands; return whether `out` names a file."""
    place = Path(out)
    if place.is_file() and place.resolve() in {path.resolve() for path in text_files(corpus)}:
        raise UserError(f"{out} is part of the corpus; name another place for the vectors.")
    return refuse_place(out)
