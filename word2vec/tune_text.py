"""The search for the parameters of word vectors: what `word2vec tune` does."""

import json
import math
import shutil
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from word2vec.train_text import Recipe, refuse_place_of, train_text  # isort: skip (before NumPy)

from word2vec.corpus.documents.sources import documents, origins, tell_corpus
from word2vec.corpus.documents.text import text_files
from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.encoding import encode
from word2vec.corpus.phrases import chosen_phrases
from word2vec.evaluation.held_out import HeldOut, hold_out
from word2vec.folders import ENCODED
from word2vec.measures import Likelihood, Measure, Trial, asked_of
from word2vec.parameters import (
    MODEL_PARAMETERS,
    EncodeParameters,
    MeasureParameters,
    OwnParameters,
    TrainParameters,
)
from word2vec.training.loop import train_by_epochs
from word2vec.training.tables import Tables
from words_and_images.common.errors import UserError
from words_and_images.common.extras import refuse_without
from words_and_images.common.files import megabytes, read_json
from words_and_images.common.own_files import LIST_KEY, refuse_among, refuse_input
from words_and_images.common.progress import WARNING, quietly, say
from words_and_images.common.running import running
from words_and_images.common.streams import is_standard_input, refuse_sharing_input
from words_and_images.common.workspaces import place_of, temporary_files
from words_and_images.tuning.beside import keep_study, refuse_other_study, study_folder
from words_and_images.tuning.on_workers import Workers
from words_and_images.tuning.parameters import SearchParameters
from words_and_images.tuning.space import Values, read_space, space_of, values_of, with_values
from words_and_images.tuning.study import Score, Search, Study

if TYPE_CHECKING:
    from words_and_images.common.cluster import Cluster

PARTS = 5  # of a training, after each of which it is scored
KEPT = 4  # encodings on disk
MIN_COUNTS = (2, 5, 10, 20)
LEAST_WORDS = 1_000  # that a larger min_count leaves, for it to be tried by default
HEADING = "Word vectors"
REST = "rest.npy"  # of a text, ids without what is held out
WITHOUT_EFFECT = ("seed", "threads")  # on which parameters are best


def tune_text(
    corpus: str, out: Path | str, recipe: Recipe, parameters: SearchParameters,
    measured: MeasureParameters, space: Path | None = None, join: bool = False,
) -> Study:
    """Search for the parameters that score best on a text, and write the vectors that they make.

    Parameters
    ----------
    corpus, out : as for `train_text`, but that the text is no pipe; the search is kept in a folder
        beside `out`, and the same call goes on with one that was cut off.
    recipe : the values otherwise.
    parameters : how long is searched, and how.
    measured : by what.
    space : a file that says which values are tried.
    join : try values for a search of another process, which writes the vectors.

    Raises
    ------
    UserError
        As `train_text`; and for a space, a study or questions that cannot be.
    """
    refuse_without("optuna")
    folder = study_folder(Path(out))
    _refuse_places(corpus, out, recipe, measured, space)
    refuse_other_study(folder, join)
    recipe = replace(recipe, encode=recipe.encode.for_corpus(origins(corpus)))
    tell_corpus(corpus)
    try:
        with running(recipe.engine) as cluster:
            study = search_text(corpus, recipe, parameters, measured, folder,
                                lambda study: keep_study(study, folder, HEADING, drawn=False),
                                space, join, cluster)
    except UserError as error:
        raise UserError(str(error).replace(
            "wait until it has ended", "help it with --join, wait until it has ended")) from None
    if not join:
        keep_study(study, folder, HEADING)
        say(f"training with {'the best parameters' if study.best else 'the defaults'}")
        train_text(corpus, out, with_chosen(recipe, study.best or {}))
    return study


def search_text(
    corpus: str, recipe: Recipe, parameters: SearchParameters, measured: MeasureParameters,
    folder: Path, keep: Callable[[Study], None], space: Path | None = None, join: bool = False,
    cluster: "Cluster | None" = None,
) -> Study:
    """The search alone.

    Parameters
    ----------
    corpus, recipe, parameters, measured, space, join : as for `tune_text`; the recipe says how the
        text is cut into words.
    folder : of the search, from where the next one goes on.
    keep : is given the study now and then, and in the end.
    cluster : whose workers try sets of values, one each; None: this process tries one at a time.
    """
    with temporary_files(None if join else folder) as temporary:
        search = _Searched(corpus, recipe, temporary, measured, space, cluster)
        return search.search_in(folder, parameters).run(keep, join)


def with_chosen(recipe: Recipe, values: Values) -> Recipe:
    """The recipe with the values of a trial."""
    groups = with_values(_groups(recipe), values)
    return replace(recipe, encode=groups["encode"], train=groups["train"],
                   own=OwnParameters(**asdict(groups[recipe.model])))


class Encodings:
    """A text encoded in each way that is asked for, once; the last few are kept on disk."""

    def __init__(
        self, corpus: str, recipe: Recipe, folder: Path, cluster: "Cluster | None" = None
    ) -> None:
        self._corpus, self._recipe, self._folder, self._cluster = corpus, recipe, folder, cluster
        self._kept: OrderedDict[EncodeParameters, tuple[Path, EncodedCorpus]] = OrderedDict()
        self._made = 0

    def __iter__(self) -> Iterator[EncodeParameters]:
        return iter(self._kept)

    def of(self, parameters: EncodeParameters) -> tuple[Path, EncodedCorpus]:
        """The folder of the text as these parameters have it, and what is in it."""
        if parameters not in self._kept:
            if len(self._kept) == KEPT:
                _, (oldest, _) = self._kept.popitem(last=False)
                shutil.rmtree(oldest)
            self._kept[parameters] = self._encoded(parameters)
        self._kept.move_to_end(parameters)
        return self._kept[parameters]

    def _encoded(self, parameters: EncodeParameters) -> tuple[Path, EncodedCorpus]:
        recipe, self._made = self._recipe, self._made + 1
        folder = self._folder / f"encoded_{self._made}"
        phrases = None if recipe.phrases is None else chosen_phrases(recipe.phrases, recipe.joined)
        encode(documents(self._corpus, recipe.reading), folder, parameters, phrases or (),
               cluster=self._cluster)
        return folder, EncodedCorpus.load(folder)


@dataclass(frozen=True)
class Trainings:
    """Trains with sets of values on a text, and scores what they make.

    Parameters
    ----------
    text : as the values have it.
    model : skipgram or cbow.
    groups : the values otherwise, by their group in params.yaml.
    measure : what scores.
    """

    text: EncodedCorpus
    model: str
    groups: Mapping[str, Any]
    measure: Measure

    def scores(self, values: Values, seed: int) -> Generator[Score, None, None]:
        """The score after each fifth of a training.

        Scores are compared at the same share of trainings of different length, and not at the same
        epoch: the learning rate falls to the end, and with it the score rises, so that a long
        training would be given up while it is still at its beginning. A share that ends within an
        epoch is scored at the end of that.
        """
        groups = with_values(self.groups, values)
        train, own = replace(groups["train"], seed=seed), groups[self.model]
        with closing(_quiet(train_by_epochs(self.text, self.model, train, own))) as epochs:
            for epoch, tables in enumerate(epochs, start=1):
                reached = PARTS * epoch // train.epochs - PARTS * (epoch - 1) // train.epochs
                if reached:
                    score = self.measure.score(Trial(self.text.vocabulary, tables, train, own))
                    yield from [score] * reached

    def for_workers(self, threads: int) -> "Trainings":
        """The same without files, which other machines do not have.

        Parameters
        ----------
        threads : that a worker has, if nobody has chosen.
        """
        train = replace(self.groups["train"], threads=self.groups["train"].threads or threads)
        return replace(self, text=replace(self.text, ids=np.asarray(self.text.ids)),
                       groups={**self.groups, "train": train})


class _Searched:
    """What the trials of a search have in common.

    Parameters
    ----------
    folder : for what is made meanwhile.
    cluster : whose workers try sets of values, if they do.
    """

    def __init__(
        self, corpus: str, recipe: Recipe, folder: Path, measured: MeasureParameters,
        space: Path | None, cluster: "Cluster | None",
    ) -> None:
        self._recipe, self._groups = recipe, _groups(recipe)
        reached = tuple(_reached(recipe.model, measured))
        given = read_space(space, self._groups, reached) if space else None  # before any work
        self._cluster = cluster
        self._workers = None if cluster is None else Workers(cluster)
        self._trainings: dict[EncodeParameters, Trainings] = {}
        self._lock = Lock()
        self._encodings = Encodings(corpus, recipe, folder, cluster)
        place, text = self._encodings.of(recipe.encode)
        taken = sum(path.stat().st_size for path in place.iterdir())
        self._text = {name: entry["sha256"] for name, entry in read_json(
            place / ENCODED.record)[LIST_KEY]["files"].items()}
        self._space = given or space_of(default_space(recipe, text), self._groups, reached,
                                        "the default space")
        self._defaults = values_of(self._groups, self._space)
        self._held: HeldOut | None = None
        self._measure: Measure = asked_of(measured, text.vocabulary) or self._likelihood()
        say(f"the score is the {self._measure.name}; meanwhile up to {KEPT} encodings of about "
            f"{megabytes(taken)} are kept in {place_of(folder)}")

    def search_in(self, folder: Path, parameters: SearchParameters) -> Search:
        """The search in a folder."""
        identity = {
            "text": self._text, "model": self._recipe.model, "questions": self._measure.digest,
            "parameters": {f"{name}.{field}": value for name, group in self._groups.items()
                           for field, value in asdict(group).items()
                           if f"{name}.{field}" not in self._space
                           and field not in WITHOUT_EFFECT}}
        return Search(self._evaluate, self._space, self._defaults, parameters, folder,
                      self._measure.name, identity, workers=self._workers)

    def _evaluate(self, values: Values, seed: int) -> Generator[Score, None, None]:
        try:
            trainings = self._trainings_with(values)
            scored = (trainings.scores(values, seed) if self._workers is None
                      else self._workers.scores(trainings, values, seed))
            with closing(scored):
                yield from scored
        except UserError as error:
            if values == self._defaults:
                raise
            say(f"{WARNING}{json.dumps(values)} cannot be scored: {error}")
            yield Score(math.nan)

    def _trainings_with(self, values: Values) -> Trainings:
        """On the text as these values have it."""
        encode = with_values(self._groups, values)["encode"]
        with self._lock, quietly():
            folder, text = self._encodings.of(encode)
            if encode not in self._trainings:
                rest = self._held.rest_of(text, folder / REST) if self._held else text
                trainings = Trainings(rest, self._recipe.model, self._groups, self._measure)
                if self._cluster is not None:
                    trainings = trainings.for_workers(self._cluster.threads())
                kept = {**self._trainings, encode: trainings}
                self._trainings = {each: kept[each] for each in self._encodings if each in kept}
            return self._trainings[encode]

    def _likelihood(self) -> Likelihood:
        """Text that is held out, of the words that all trials know."""
        if self._recipe.train.loss != "negative_sampling":
            raise UserError(f"loss is {self._recipe.train.loss!r}, and held-out text is scored by "
                            "negative_sampling; give that, or --questions or --pairs.")
        least = self._recipe.encode
        counts = self._values("encode.min_count", least.min_count)
        most = [value for value in self._values("encode.max_words", least.max_words) if value]
        _, text = self._encodings.of(replace(least, min_count=max(counts),
                                             max_words=min(most, default=None)))
        self._held = hold_out(text)
        return Likelihood(self._held, self._recipe.model == "cbow")

    def _values(self, name: str, default: Any) -> list[Any]:
        """The ends of what a parameter may be, and what it is otherwise."""
        return [default, *(self._space[name].ends() if name in self._space else ())]


def default_space(recipe: Recipe, text: EncodedCorpus) -> dict[str, Any]:
    """The values that are tried, as they are written in a file.

    Parameters
    ----------
    recipe : whose own values are tried too, where they may be.
    text : as the recipe has it.
    """
    own, counts = MODEL_PARAMETERS[recipe.model](), text.vocabulary.counts
    usual = [least for least in MIN_COUNTS if (counts >= least).sum() >= LEAST_WORDS]
    space = {
        "train.dim": {"low": 50, "high": 200, "step": 50},
        "train.window": {"low": 2, "high": 15},
        "train.negative": {"low": 2, "high": 10},
        f"{recipe.model}.sample": {"low": own.sample / 10, "high": own.sample * 10, "log": True},
        f"{recipe.model}.learning_rate": {
            "low": _rounded(own.learning_rate / 3), "high": own.learning_rate * 2, "log": True},
        "train.epochs": {"low": 3, "high": 10},
        "encode.min_count": sorted({*usual, recipe.encode.min_count}),
    }
    if recipe.train.loss != "negative_sampling":
        del space["train.negative"]
    return space


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _groups(recipe: Recipe) -> dict[str, Any]:
    """The parameters by their group in params.yaml."""
    return {"encode": recipe.encode, "train": recipe.train,
            recipe.model: recipe.own.of(recipe.model)}


def _reached(model: str, measured: MeasureParameters) -> Iterator[str]:
    """The parameters that can be searched."""
    yield from ("encode.min_count", "encode.max_words", f"{model}.")
    for field in fields(TrainParameters):
        if field.name not in WITHOUT_EFFECT:
            yield f"train.{field.name}"


def _quiet(epochs: Generator[Tables, None, Any]) -> Generator[Tables, None, None]:
    """The same while nothing is told of each."""
    with closing(epochs):
        while True:
            with quietly():
                tables = next(epochs, None)
            if tables is None:
                return
            yield tables


def _refuse_places(
    corpus: str, out: Path | str, recipe: Recipe, measured: MeasureParameters, space: Path | None
) -> None:
    """See that the text can be read again and again, and that nothing that is read is replaced."""
    asked = [*measured.questions, *measured.pairs]
    refuse_sharing_input([corpus, recipe.phrases, *asked])
    for path in text_files(corpus):
        if is_standard_input(path) or not path.is_file():
            raise UserError(f"{corpus} can be read once and a search reads it several times; save "
                            "the text to a file and give that.")
    refuse_place_of(out, corpus, recipe)
    folder = study_folder(Path(out))
    refuse_input(folder, [*text_files(corpus), *asked, *([space] if space else [])])
    refuse_among(folder, corpus)
