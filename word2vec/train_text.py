"""From a text to vectors in one call: what `word2vec train` does."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from word2vec.training.loop import Trained, train  # isort: skip (it comes before NumPy)

from word2vec.corpus.documents.sources import describe_source, documents, origins, tell_corpus
from word2vec.corpus.documents.text import text_files
from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.encoding import encode
from word2vec.corpus.phrases import Pass, chosen_phrases
from word2vec.corpus.reading import Reading
from word2vec.folders import CHECKPOINT
from word2vec.parameters import (
    EncodeParameters,
    OwnParameters,
    PhraseParameters,
    ReadingParameters,
    TrainParameters,
)
from word2vec.training.continuation import Earlier, go_on, warn_of_unknown_reading
from word2vec.training.pretrained import begin_with
from word2vec.vectors.formats.vector_files import refuse_place, write_vectors
from word2vec.vectors.subword_vectors import warn_of_lost_subwords
from words_and_images.common.engine import EngineParameters
from words_and_images.common.errors import UserError, counted
from words_and_images.common.own_files import refuse_among, refuse_foreign, refuse_input
from words_and_images.common.progress import say
from words_and_images.common.running import running
from words_and_images.common.streams import STANDARD_INPUT, refuse_sharing_input
from words_and_images.common.workspaces import temporary_files


@dataclass(frozen=True)
class Recipe:
    """How a text becomes vectors; the parameters are those of the pipeline.

    Parameters
    ----------
    model : skipgram or cbow.
    encode, train, own : parameters of the stages; `own` is what differs from the model's defaults.
    phrases : a number of passes to find phrases with, or a file of phrases; None joins none, or
        those of the earlier training.
    joined : how they are found, where they are.
    earlier : a folder of an earlier training to go on with.
    pretrained : vectors to begin with, of whatever maker.
    given : names of the parameters that someone has chosen. Of those that have to be as in the
        earlier training, or as in `pretrained`, the others are taken from there. None stands for
        all.
    reading : how files of text are read.
    engine : where this runs.
    """

    model: str
    encode: EncodeParameters
    train: TrainParameters
    own: OwnParameters
    phrases: str | None = None
    joined: PhraseParameters = PhraseParameters()
    earlier: Path | None = None
    pretrained: Path | None = None
    given: Collection[str] | None = None
    reading: ReadingParameters = ReadingParameters()
    engine: EngineParameters = EngineParameters()

    def __post_init__(self) -> None:
        if self.earlier and self.pretrained:
            raise UserError(f"pretrained is {self.pretrained} and continue_from is {self.earlier}, "
                            "whose vectors are those to begin with; give one of them.")
        if self.pretrained and self.train.subwords:
            raise UserError(f"pretrained is {self.pretrained}, whose vectors are of whole words, "
                            f"and subwords is {self.train.subwords}; leave one of them out.")

    @property
    def any_dim(self) -> bool:
        """Whether `train.dim` gives way to that of the vectors to begin with."""
        return self.given is not None and "dim" not in self.given

    def going_on(self, earlier: Earlier) -> "Recipe":
        """The same with what has to be as in the earlier training; UserError where it is not."""
        if self.train.subwords:
            raise UserError(f"subwords is {self.train.subwords} and {self.earlier} was trained "
                            "without; leave subwords out, or train with both texts anew.")
        values = earlier.agreed({
            "model": self.model, "dim": self.train.dim, "loss": self.train.loss,
            "tokens": self.encode.tokens, "turkish": self.encode.turkish}, self.given)
        encode = replace(self.encode, tokens=values["tokens"], turkish=values["turkish"])
        train = replace(self.train, dim=values["dim"], loss=values["loss"])
        return replace(self, model=values["model"], train=train, encode=encode)


def train_text(corpus: str, out: Path | str, recipe: Recipe) -> Trained:
    """Train on a text, write the vectors and return them.

    A training that is cut off leaves its last finished epoch in a folder beside `out`, and the
    next one goes on from there.

    Parameters
    ----------
    corpus : a path, or else a name of the catalogue, as the pipeline's ``corpus.source``.
    out : a folder to write, or a file whose extension names its format; a str may end in a slash.
    recipe : model and parameters.

    Raises
    ------
    UserError
        For a corpus that cannot be used, and a place that cannot be written to.
    """
    refuse_sharing_input([corpus, recipe.phrases, recipe.pretrained])
    as_file, out = refuse_place_of(out, corpus, recipe), Path(out)  # before minutes of training
    pretrained = recipe.pretrained
    if pretrained and pretrained != STANDARD_INPUT and not pretrained.exists():
        raise UserError(f"{pretrained} does not exist; give a folder of trained vectors or "
                        "a file of word vectors.")
    earlier = Earlier.load(recipe.earlier) if recipe.earlier else None
    recipe = recipe.going_on(earlier) if earlier else recipe
    own = recipe.own.of(recipe.model)
    parameters, phrases = _reading(corpus, recipe, earlier)
    tell_corpus(corpus)
    described = describe_source(corpus, recipe.reading)  # what a pipe came from may soon be gone
    with temporary_files(out) as folder, running(recipe.engine) as cluster:
        place = folder / "encoded"
        encode(documents(corpus, recipe.reading), place, parameters, phrases,
               earlier.vocabulary.index if earlier else (), cluster)
        encoded, reading, start = EncodedCorpus.load(place), Reading.load(place), None
        if earlier:
            encoded, start = go_on(earlier, encoded, recipe.train, folder)
        settings = recipe.train
        if pretrained:
            start, settings = begin_with(
                pretrained, encoded.vocabulary, settings, recipe.any_dim)
        trained = train(encoded, recipe.model, settings, own,
                        _checkpoint(out), start, cluster)
    if as_file:
        warn_of_lost_subwords(out, trained.subwords)
        write_vectors(out, trained.vocabulary.words, trained.tables.inputs,
                      trained.vocabulary.counts)
    else:
        trained.save(out, _record(described, earlier, pretrained), reading)
    say(f"{len(trained.vocabulary):,} vectors of {settings.dim} values in {out}")
    return trained


def _reading(
    corpus: str, recipe: Recipe, earlier: Earlier | None
) -> tuple[EncodeParameters, PhraseParameters | list[Pass]]:
    """How the text is read, and which phrases are joined: as before, where there is a before."""
    parameters = recipe.encode.for_corpus(origins(corpus))
    phrases = None if recipe.phrases is None else chosen_phrases(recipe.phrases, recipe.joined)
    if earlier is None:
        return parameters, phrases or []
    warn_of_unknown_reading(earlier, parameters)
    phrases = earlier.phrases(phrases, parameters)
    say(f"going on with {recipe.earlier}: {recipe.model}, dim {recipe.train.dim}, "
        f"{counted(len(earlier.vocabulary), 'word')} read with tokens {parameters.tokens}")
    return parameters, phrases


def _record(
    described: dict[str, Any], earlier: Earlier | None, pretrained: Path | None
) -> dict[str, Any]:
    record = {**described, "pretrained": str(pretrained)} if pretrained else described
    return {**record, "earlier": earlier.record["corpus"]} if earlier else record


def _checkpoint(out: Path) -> Path:
    return out.with_name(f"{out.name}.checkpoint")


def refuse_place_of(out: Path | str, corpus: str, recipe: Recipe) -> bool:
    """Refuse to write where something else stands, the text and vectors that are read among it.

    Returns whether `out` names a file.
    """
    given = (recipe.earlier, recipe.pretrained, recipe.phrases)
    inputs = [*text_files(corpus), *(each for each in given if each)]
    checkpoint = _checkpoint(Path(out))
    refuse_input(checkpoint, inputs)
    refuse_input(out, inputs)
    refuse_among(out, corpus)
    refuse_foreign(checkpoint, CHECKPOINT)
    return refuse_place(out, inputs)
