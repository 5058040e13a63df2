"""The search for the parameters that make the best classifier of some images.

A set of values is scored by cross-validation over the training and validation images: heads learn
from four parts of them and answer the fifth. Copies, near-duplicates and variants of an image are
in its part, and so is what its insets are shown in. The test images are looked at once, when the
search has chosen. Bottlenecks are computed once, for all that the space reaches, and a trial takes
those that its values ask for.
"""

import hashlib
import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from vision.photos.distortions import distorted_looks
from vision.photos.looks import Look, prediction_looks
from vision.photos.split import NOUN
from vision.photos.variants import insets_in_parts
from vision.retraining import Prepared, Recipe, prepare, refuse_occupied, write_classifier
from words_and_images.common.errors import counted
from words_and_images.common.extras import refuse_without
from words_and_images.common.paged import forget
from words_and_images.common.progress import say
from words_and_images.common.running import running
from words_and_images.common.workspaces import temporary_files
from words_and_images.neural.arrays import IntegerArray
from words_and_images.neural.metrics import log_loss
from words_and_images.neural.training import DivergedError
from words_and_images.retraining.cross_validation import heads_without
from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.folds import deal_folds, refuse_unseen
from words_and_images.retraining.head import FORGOTTEN_AFTER, Head, Part, RetrainParameters
from words_and_images.retraining.split import TRAINING, VALIDATION, Split
from words_and_images.tuning.beside import keep_study, refuse_other_study, study_folder
from words_and_images.tuning.on_workers import Workers
from words_and_images.tuning.parameters import SearchParameters
from words_and_images.tuning.space import (
    Groups,
    Space,
    Values,
    read_space,
    space_of,
    values_of,
    with_values,
)
from words_and_images.tuning.study import Score, Search, Study

FOLDS = 5
SIDE_BY_SIDE = 2  # trials at once
IN_MEMORY = 1 << 28  # bytes of bottlenecks up to which they leave their file: twice as fast
MEASURE = f"accuracy of {FOLDS}-fold cross-validation"
HEADING = "Classifier of images"
# What cross-validation does not see: there is no validation set, and all looks answer.
UNSEEN = ("patience", "temperature", "first_look", "refit", "seed")
LOOKS = "bottlenecks.looks"
VARIANTS, INSETS = "images.distortions.variants", "images.distortions.insets"
REACHED = (*(f"retrain.{field.name}" for field in fields(RetrainParameters)
             if field.name not in UNSEEN), LOOKS, VARIANTS, INSETS)
SPACE = {
    "retrain.hidden": [0, 32, 64, 128, 256],
    "retrain.l2": {"low": 0.005, "high": 1.0, "log": True},
    "retrain.steps": {"low": 100, "high": 1000, "step": 100},
    "retrain.learning_rate": {"low": 0.002, "high": 0.05, "log": True},
    "retrain.dropout": {"low": 0.0, "high": 0.5, "step": 0.1},
    "retrain.label_smoothing": {"low": 0.0, "high": 0.2, "step": 0.05},
    LOOKS: [["whole"], ["whole", "mirror"], ["whole", "square", "centre"],
            ["whole", "mirror", "square", "centre"]],
    VARIANTS: {"low": 0, "high": 2},
    INSETS: {"low": 0, "high": 2},
}


class Tuned(NamedTuple):
    """What a search has found, in how many seconds; and the classifier of that, if one was made."""

    study: Study
    seconds: float
    split: Split
    evaluation: Evaluation | None


def tune_classifier(
    recipe: Recipe, search: SearchParameters, out: Path, space_file: Path | None = None,
    joined: bool = False,
) -> Tuned:
    """Search, and make the classifier of what was found, or of the recipe where nothing is better.

    Parameters
    ----------
    recipe : Recipe
        Its values are the defaults of the search, and those of what is not searched.
    search : SearchParameters
    out : Path
        Receives the classifier; the study lies beside it (`study_folder`), from where a search that
        was cut off goes on.
    space_file : of a space other than `SPACE`.
    joined : whether another process leads the search: sets of values are tried, and no more.

    Raises
    ------
    UserError
        As `retrain_classifier`; without Optuna; for a space of what cannot be, and a study of
        something else.
    """
    refuse_without("optuna")
    groups, folder = groups_of(recipe), study_folder(out)
    space = read_space(space_file, groups, REACHED) if space_file else None
    if not joined:
        refuse_occupied(out, recipe)
    refuse_other_study(folder, joined)
    with (
        temporary_files(None if joined else out) as workspace,
        running(recipe.engine) as cluster,
    ):
        prepared = prepare(recipe, workspace, out, cluster)
        begun = time.monotonic()
        study = search_heads(
            prepared, groups, search, folder, lambda so_far: None if joined else keep_study(
                so_far, folder, HEADING, drawn=False), space, joined)
        if not joined:
            keep_study(study, folder, HEADING)
        seconds = time.monotonic() - begun
        if joined:
            return Tuned(study, seconds, prepared.split, None)
        chosen = recipe_with(recipe, study.best or {})
        evaluation = write_classifier(prepared, chosen, out, {"search": {
            "trials": len(study.tried), "space": study.space, "verdict": study.verdict,
            "values": study.best}})
    return Tuned(study, seconds, prepared.split, evaluation)


def groups_of(recipe: Recipe) -> Groups:
    """What a space may name, by the groups of params.yaml."""
    return {"retrain": recipe.head, "bottlenecks": recipe.bottlenecks,
            "images.distortions": recipe.images.distortions}


def recipe_with(recipe: Recipe, values: Values) -> Recipe:
    """The recipe with some values changed."""
    groups = with_values(groups_of(recipe), values)
    return replace(recipe, head=groups["retrain"], bottlenecks=groups["bottlenecks"],
                   images=replace(recipe.images, distortions=groups["images.distortions"]))


def default_space(groups: Groups, insets: bool) -> Space:
    """`SPACE` without what changes nothing of some images, and with the looks that are asked for.

    Parameters
    ----------
    insets : whether images are shown within others at all.
    """
    written: dict[str, Any] = dict(SPACE)
    if not insets:
        del written[INSETS]
    if groups["images.distortions"].changes_nothing():
        del written[VARIANTS]
    looks = list(groups["bottlenecks"].looks)
    if looks not in written[LOOKS]:
        written[LOOKS] = [*written[LOOKS], looks]
    return space_of(written, groups, REACHED, "the default space")


@dataclass(frozen=True)
class Parts:
    """The training and validation images, and the part of each.

    Parameters
    ----------
    rows : their places in the split, (images,).
    folds : (images,), from 0 on.
    """

    rows: NDArray[np.intp]
    folds: NDArray[np.intp]

    @classmethod
    def of(cls, split: Split) -> "Parts":
        """UserError for classes and images that are too few."""
        rows = np.sort(np.concatenate([split.rows(TRAINING), split.rows(VALIDATION)]))
        examples = [split.examples[row] for row in rows]
        labels = [example.label for example in examples]
        folds = deal_folds(labels, [each.group or each.sha256 for each in examples], FOLDS, NOUN)
        refuse_unseen(labels, folds, NOUN)
        return cls(rows, folds)

    def insets(self, groups: Groups, count: int, prepared: Prepared) -> list[Look]:
        """So many insets of each, within images of its own part."""
        distortions = replace(groups["images.distortions"], insets=count)
        return insets_in_parts(distortions, prepared.split, prepared.paths(), self.rows, self.folds)

    def digest(self, split: Split) -> str:
        """Of the images, their labels, and what stays together."""
        told = sorted((each.sha256, each.label, each.group or "")
                      for each in (split.examples[row] for row in self.rows))
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True)
class Reach:
    """What bottlenecks a search may ask for, a column each, in this order.

    Parameters
    ----------
    looks : names.
    variants, insets : how many.
    """

    looks: tuple[str, ...]
    variants: int
    insets: int

    @classmethod
    def of(cls, space: Space, groups: Groups) -> "Reach":
        """All that a space and the defaults reach."""
        looks = dict.fromkeys(groups["bottlenecks"].looks)
        for names in space[LOOKS].ends() if LOOKS in space else ():
            looks.update(dict.fromkeys(names))
        most = {name: max([getattr(groups["images.distortions"], name.rpartition(".")[2]),
                           *(space[name].ends() if name in space else ())])
                for name in (VARIANTS, INSETS)}
        return cls(tuple(looks), most[VARIANTS], most[INSETS])

    def answering(self, groups: Groups) -> list[int]:
        """The columns of the looks that answer."""
        return [self.looks.index(name) for name in groups["bottlenecks"].looks]

    def learned(self, groups: Groups) -> list[int]:
        """The columns that a head learns from, ascending."""
        distortions, variants = groups["images.distortions"], len(self.looks)
        insets = variants + self.variants
        return [*sorted(self.answering(groups)),
                *range(variants, variants + distortions.variants),
                *range(insets, insets + min(distortions.insets, self.insets))]


@dataclass(frozen=True)
class CrossValidation:
    """Scores sets of values on bottlenecks that are there.

    Parameters
    ----------
    features : (images, columns, feature_width)
    reach : the columns.
    targets : (images,), the numbers of the images' labels.
    folds : (images,)
    labels : all of them.
    groups : with the values of what is not searched.
    """

    features: NDArray[np.float32]
    reach: Reach
    targets: IntegerArray
    folds: IntegerArray
    labels: list[str]
    groups: Groups

    def scores(self, values: Values, seed: int) -> Generator[Score, None, None]:
        """The share of the images that are answered rightly, of those so far, after each fold."""
        groups = with_values(self.groups, values)
        answering = self.reach.answering(groups)
        probabilities = np.zeros((len(self.targets), len(self.labels)), np.float32)
        seen = np.zeros(len(self.targets), bool)
        heads = heads_without(self._parts(self.reach.learned(groups)), self.folds, self.labels,
                              replace(groups["retrain"], seed=seed), 1)
        try:
            for held, head in heads:
                probabilities[held] = self._answers(head, held, answering)
                seen[held] = True
                yield self._score(probabilities, seen)
        except DivergedError:
            yield Score(np.nan)

    def _parts(self, columns: Sequence[int]) -> list[Part]:
        """Columns that follow each other are one part: each costs some time at every step."""
        rows = np.arange(len(self.targets))
        ends = np.flatnonzero(np.diff(columns) != 1) + 1
        return [Part(self.features[:, run[0] : run[-1] + 1], rows, rows, self.targets)
                for run in np.split(np.array(columns), ends)]

    def _answers(
        self, head: Head, held: IntegerArray, answering: Sequence[int]
    ) -> NDArray[np.float32]:
        answers = []
        for number, image in enumerate(held):
            answers.append(head.probabilities_of(self.features[image, answering]))
            if number % FORGOTTEN_AFTER == 0:
                forget(self.features)
        return np.stack(answers)

    def _score(self, probabilities: NDArray[np.float32], seen: NDArray[np.bool_]) -> Score:
        right = probabilities.argmax(axis=1) == self.targets
        outcomes = right[seen].astype(np.float32)
        return Score(float(outcomes.mean()),
                     {"log_loss": log_loss(self.targets[seen], probabilities[seen])},
                     outcomes if seen.all() else None)


def search_heads(
    prepared: Prepared, groups: Groups, parameters: SearchParameters, folder: Path,
    keep: Callable[[Study], None], space: Space | None = None, joined: bool = False,
) -> Study:
    """Search on images that have a split and a backbone, the test images aside.

    Parameters
    ----------
    prepared : Prepared
    groups : the values otherwise, by the groups of params.yaml: retrain, bottlenecks,
        images.distortions.
    parameters : SearchParameters
    folder : of the search, from where the next one goes on.
    keep : is given the study now and then, and in the end.
    space : the default one, if not given.
    joined : whether another process leads the search.

    Raises
    ------
    UserError
        For classes and images that are too few, and a search of something else in the folder.
    """
    split, parts = prepared.split, Parts.of(prepared.split)
    space = space or default_space(groups, bool(parts.insets(groups, 1, prepared)))
    reach = Reach.of(space, groups)
    distortions = replace(groups["images.distortions"], variants=reach.variants)
    looks: list[Look] = [*prediction_looks(reach.looks), *distorted_looks(distortions)]
    insets = parts.insets(groups, reach.insets, prepared)
    reach = replace(reach, insets=len(insets))

    workers = None if prepared.cluster is None else Workers(prepared.cluster)

    def scores(values: Values, seed: int) -> Generator[Score, None, None]:
        yield from (validation.scores(values, seed) if workers is None
                    else workers.scores(validation, values, seed))

    # Before the bottlenecks: a study of something else is told at once.
    search = Search(
        scores, space, values_of(groups, space), parameters, folder, MEASURE,
        {"images": parts.digest(split), "backbone": prepared.backbone.record.fingerprint,
         "parameters": _others(groups, space)}, SIDE_BY_SIDE, workers)
    say(f"cross-validation of {counted(len(parts.rows), NOUN)} for training and validation")
    features = prepared.bottlenecks(parts.rows.tolist(), [*looks, *insets])
    if features.nbytes <= IN_MEMORY:
        features = np.array(features)
    # A file's array would be copied as such to workers, which do not have the file.
    validation = CrossValidation(np.asarray(features), reach, split.targets[parts.rows],
                                 parts.folds, split.labels, groups)
    # For all trials, because their limits are those of the process, whichever ends first.
    with threadpool_limits(limits=1, user_api="blas"):
        return search.run(keep, joined)


def _others(groups: Groups, space: Space) -> Mapping[str, Any]:
    """The values of what is not searched, and decides scores."""
    unseen = {"retrain.seed", "bottlenecks.workers", *(f"retrain.{name}" for name in UNSEEN)}
    values = {f"{group}.{name}": value for group, fields_of in groups.items()
              for name, value in asdict(fields_of).items()}
    return {name: value for name, value in values.items() if name not in {*space, *unseen}}
