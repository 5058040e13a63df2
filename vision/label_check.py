"""Labels that may be wrong: what models that did not see a photo say against its label.

Photos are ordered by how much more probable another label is than their own: the normalised margin
of Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels",
2021.
"""

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vision.backbones.backbone import load_backbone
from vision.backbones.bottlenecks import BottleneckParameters, extract_bottlenecks
from vision.backbones.record import BackboneParameters
from vision.photos.dataset import ImagesParameters, LabelledFile, opened_source, readable_images
from vision.photos.looks import prediction_looks
from vision.photos.set_aside import refuse_taken, set_aside
from vision.photos.split import NOUN, PhotoSplitParameters, find_groups
from vision.retraining import cached_backbone
from vision.sheets.cards import RIGHT, WRONG, Card, draw_sheet
from vision.sheets.sheet_files import refuse_other_picture
from words_and_images.common.errors import UserError, counted
from words_and_images.common.extras import refuse_without
from words_and_images.common.fetching import cache_folder, refuse_unwritable_cache
from words_and_images.common.files import refuse_unwritable, refuse_unwritable_file, replacing
from words_and_images.common.own_files import refuse_among
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.retraining.cross_validation import cross_validate
from words_and_images.retraining.folds import deal_folds, refuse_unseen
from words_and_images.retraining.head import RetrainParameters
from words_and_images.retraining.split import GROUP_DIGITS, decisive_hashes

COLUMNS = ("rank", "path", "label", "answer", "score", "label_score", "contradicted",
           "group", "other_class")


@dataclass(frozen=True)
class CheckParameters:
    """How labels are checked.

    Attributes
    ----------
    folds : int, 2 or more
        Parts of the images: each is judged by a model that was trained on the others.
    first : int, 1 or more
        Photos on the sheet, and moved, at most: those whose label is contradicted most surely.
    """

    folds: int = 5
    first: int = 40

    def __post_init__(self) -> None:
        require(self.folds >= 2, "folds", self.folds, "2 or more")
        require(self.first >= 1, "first", self.first, "1 or more")


@dataclass(frozen=True)
class CheckRecipe:
    """What is checked and how; `images` and `backbone` name their sources."""

    images: ImagesParameters
    backbone: BackboneParameters
    check: CheckParameters = field(default_factory=CheckParameters)
    split: PhotoSplitParameters = field(default_factory=PhotoSplitParameters)
    bottlenecks: BottleneckParameters = field(default_factory=BottleneckParameters)
    head: RetrainParameters = field(default_factory=RetrainParameters)


@dataclass(frozen=True)
class Outputs:
    """Where the results go: a picture, a table, and a folder for what is on the picture, if any."""

    sheet: Path
    table: Path
    move: Path | None = None


@dataclass(frozen=True)
class Checked:
    """A photo, its label, and what a model that did not see it says.

    Attributes
    ----------
    rank : int
        From 1 on, the surest contradiction first.
    file : LabelledFile
    answer : str
        The most probable label other than its own.
    score, label_score : float
        Of the answer and of its own label.
    group : str or None
        The same for all that show the same.
    other_class : str or None
        An image of the group with another label.
    """

    rank: int
    file: LabelledFile
    answer: str
    score: float
    label_score: float
    group: str | None = None
    other_class: str | None = None

    @property
    def contradicted(self) -> bool:
        """Whether the answer is more probable than the label."""
        return self.score > self.label_score

    def row(self) -> tuple[Any, ...]:
        """As in the table, under `COLUMNS`."""
        return (self.rank, self.file.shown, self.file.label, self.answer, self.score,
                self.label_score, "yes" if self.contradicted else "no", self.group or "",
                self.other_class or "")


@dataclass(frozen=True)
class LabelCheck:
    """All photos, the surest contradiction of a label first."""

    labels: list[str]
    ranked: list[Checked] = field(repr=False)

    @property
    def contradicted(self) -> list[Checked]:
        """Those whose label is contradicted, in the same order."""
        return [each for each in self.ranked if each.contradicted]

    def across_classes(self) -> list[tuple[str, ...]]:
        """Copies and near-duplicates with different labels: of each group a photo a label."""
        groups: dict[str, dict[str, str]] = defaultdict(dict)
        for each in self.ranked:
            if each.group and each.other_class:
                groups[each.group].setdefault(each.file.label, each.file.shown)
        return sorted(tuple(paths[label] for label in sorted(paths)) for paths in groups.values())

    def to_json(self) -> dict[str, Any]:
        """Plain values: counts, contradicted labels, near-duplicates with different labels."""
        return {
            "images": len(self.ranked),
            "labels": {label: {"images": images, "contradicted": contradicted}
                       for label, (images, contradicted) in self.counts().items()},
            "contradicted": [dict(zip(COLUMNS, each.row(), strict=True))
                             for each in self.contradicted],
            "across_classes": [list(paths) for paths in self.across_classes()],
        }

    def counts(self) -> dict[str, tuple[int, int]]:
        """Images of each label, and how many of these labels are contradicted."""
        counts = {label: (0, 0) for label in self.labels}
        for each in self.ranked:
            images, contradicted = counts[each.file.label]
            counts[each.file.label] = images + 1, contradicted + each.contradicted
        return counts


def check_labels(recipe: CheckRecipe, outputs: Outputs) -> LabelCheck:
    """Judge every photo by a model that did not see it, and write a sheet and a table.

    The photos are only read, unless `outputs.move` names a folder for those on the sheet.

    Raises
    ------
    UserError
        For photos that cannot be checked, and outputs that would replace what is not ours: before
        any work is done.
    """
    refuse_without("tensorflow")
    source = recipe.images.source or ""
    _refuse_outputs(outputs, Path(source).expanduser())
    refuse_unwritable_cache()
    with opened_source(source, recipe.images) as (opened, _about):
        if outputs.move and opened != Path(source).expanduser():
            raise UserError(f"move is {outputs.move} and {source} is no folder, so there are no "
                            "files to move; unpack it and give the folder, or do without --move.")
        files, _skipped = readable_images(opened, source, recipe.images)
        found = _judged(files, recipe)
        shown = found.contradicted[:recipe.check.first]
        moved = [(each.file.path, each.file.path.relative_to(opened)) for each in shown]
        if outputs.move:
            refuse_taken([path for _, path in moved], outputs.move)
        _draw(found, shown, outputs.sheet)
        _write_table(found, outputs.table)
        if outputs.move:
            set_aside(moved, outputs.move)
    return found


def _judged(files: Sequence[LabelledFile], recipe: CheckRecipe) -> LabelCheck:
    """The photos in the order of their contradiction."""
    paths, of_files = [file.path for file in files], [file.label for file in files]
    seen, company = find_groups(paths, of_files, recipe.split.near_duplicates)
    hashes = [image.sha256 for image in seen]
    decisive = decisive_hashes(hashes, company)
    folds = deal_folds(of_files, decisive, recipe.check.folds, NOUN)
    refuse_unseen(of_files, folds, NOUN)
    labels = sorted(set(of_files))
    numbers = {label: number for number, label in enumerate(labels)}
    targets = np.array([numbers[label] for label in of_files], np.intp)
    features = extract_bottlenecks(
        paths, hashes, load_backbone(cached_backbone(recipe.backbone)),
        cache_folder() / "bottlenecks", prediction_looks(recipe.bottlenecks.looks),
        recipe.bottlenecks.workers)
    probabilities = cross_validate(features, targets, folds, labels, recipe.head)
    groups = [decisive[row][:GROUP_DIGITS] if len(rows) > 1 else None
              for row, rows in enumerate(company)]
    return rank(files, labels, targets, probabilities, groups)


def rank(
    files: Sequence[LabelledFile], labels: list[str], targets: IntegerArray,
    probabilities: FloatArray, groups: Sequence[str | None],
) -> LabelCheck:
    """All photos by how much surer another label is than their own; equals by path.

    Parameters
    ----------
    files : the photos.
    labels : of all of them, in the order of the probabilities.
    targets : (images,), the numbers of the photos' labels.
    probabilities : (images, labels), by models that did not see them.
    groups : of each photo, None where nothing else shows the same.
    """
    rows = np.arange(len(files))
    own = probabilities[rows, targets]
    others = probabilities.copy()
    others[rows, targets] = -1
    answers = others.argmax(axis=1)
    scores = others[rows, answers]
    elsewhere = _other_classes(files, groups)
    order = sorted(rows.tolist(), key=lambda row: (own[row] - scores[row], files[row].shown))
    return LabelCheck(labels, [
        Checked(place, files[row], labels[answers[row]], float(scores[row]), float(own[row]),
                groups[row], elsewhere[row])
        for place, row in enumerate(order, start=1)
    ])


def _other_classes(
    files: Sequence[LabelledFile], groups: Sequence[str | None]
) -> list[str | None]:
    """For each photo, one of its group with another label; None where there is none."""
    first: dict[str, dict[str, str]] = defaultdict(dict)
    for file, group in zip(files, groups, strict=True):
        if group:
            first[group].setdefault(file.label, file.shown)
    return [next((path for label, path in first.get(group or "", {}).items()
                  if label != file.label), None)
            for file, group in zip(files, groups, strict=True)]


def _refuse_outputs(outputs: Outputs, source: Path) -> None:
    """UserError for outputs among the photos, and for files in their place that are not ours."""
    for path, option in ((outputs.sheet, "--sheet"), (outputs.table, "--csv")):
        refuse_among(path, source, f"name another place with {option}")
        refuse_unwritable_file(path)
    refuse_other_picture(outputs.sheet, "--sheet", [source])
    if outputs.table.resolve() == outputs.sheet.resolve():
        raise UserError(f"--sheet and --csv are both {outputs.table}; name two files.")
    if outputs.table.exists() and not _is_table(outputs.table):
        raise UserError(f"{outputs.table} exists and is no table of vision check; name another "
                        "file with --csv, or move it away.")
    if outputs.move:
        refuse_among(outputs.move, source, "name another place with --move")
        refuse_unwritable(outputs.move)
        if outputs.move.exists() and not outputs.move.is_dir():
            raise UserError(f"{outputs.move} is no folder; name another place with --move.")


def _is_table(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.readline().decode("utf-8", "replace").strip() == ",".join(COLUMNS)


def _draw(found: LabelCheck, shown: Sequence[Checked], path: Path) -> None:
    cards = [Card(each.file.path, f"{each.rank}  {each.file.shown}", (
                 ("label", each.file.label, each.label_score, WRONG),
                 ("model", each.answer, each.score, RIGHT)))
             for each in shown]
    wrong = len(found.contradicted)
    more = wrong - len(shown)
    title = f"{counted(wrong, 'contradicted label')} of {counted(len(found.ranked), 'image')}"
    draw_sheet(path, (title, "what a model that did not see the picture says against its label, "
                      "the surest first"), cards,
               f"and {more:,} more, less sure than these" if more else "")


def _write_table(found: LabelCheck, path: Path) -> None:
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(each.row() for each in found.ranked)
