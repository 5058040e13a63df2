"""The whole image pipeline in one go, from a folder of images to a classifier."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vision import backbones
from vision.backbones.backbone import load_backbone, named_backbone, normalise_backbone
from vision.backbones.bottlenecks import (
    BottleneckParameters,
    FeatureExtractor,
    Features,
    extract_bottlenecks,
)
from vision.backbones.fine_tuning import FineTuneParameters, fine_tune_backbone
from vision.backbones.record import BackboneParameters
from vision.classifier.export import ExportParameters, export_classifier
from vision.folders import BACKBONE, CLASSIFIER
from vision.photos.dataset import ImagesParameters, collect_images
from vision.photos.distortions import distorted_looks
from vision.photos.image import PREPROCESSING
from vision.photos.looks import Look, prediction_looks
from vision.photos.split import PhotoSplitParameters, split_images
from vision.photos.variants import training_variants
from words_and_images.common.catalogue import MARK
from words_and_images.common.engine import EngineParameters
from words_and_images.common.extras import refuse_without
from words_and_images.common.fetching import cache_folder
from words_and_images.common.files import refuse_unwritable, refuse_without_room
from words_and_images.common.own_files import DamagedError, check, refuse_foreign, refuse_input
from words_and_images.common.progress import say
from words_and_images.common.running import running
from words_and_images.common.workspaces import temporary_files
from words_and_images.retraining.evaluation import ClassifyParameters, Evaluation, evaluate_head
from words_and_images.retraining.head import Head, RetrainParameters, retrain
from words_and_images.retraining.record import record_facts
from words_and_images.retraining.split import TRAINING, Split

if TYPE_CHECKING:
    from words_and_images.common.cluster import Cluster


@dataclass(frozen=True)
class Recipe:
    """What is made of which images: the parameters of all stages.

    `images` and `backbone` name their sources.
    """

    images: ImagesParameters
    backbone: BackboneParameters
    split: PhotoSplitParameters = field(default_factory=PhotoSplitParameters)
    fine_tune: FineTuneParameters = field(default_factory=FineTuneParameters)
    bottlenecks: BottleneckParameters = field(default_factory=BottleneckParameters)
    head: RetrainParameters = field(default_factory=RetrainParameters)
    classify: ClassifyParameters = field(default_factory=ClassifyParameters)
    export: ExportParameters = field(default_factory=ExportParameters)
    engine: EngineParameters = field(default_factory=EngineParameters)

    def __post_init__(self) -> None:
        # What cannot be is refused before any work.
        distorted_looks(self.images.distortions)

    def parameters(self) -> dict[str, Any]:
        """What the classifier's record says of them, a group a stage."""
        groups: dict[str, Any] = {"split": self.split, "fine_tune": self.fine_tune,
                                  "distortions": self.images.distortions, "retrain": self.head}
        return {name: asdict(group) for name, group in groups.items()}


@dataclass(frozen=True)
class Prepared:
    """What a classifier is made of: images in class folders, their split, and a backbone.

    Parameters
    ----------
    folder : of the images.
    source : where they are from, for the record.
    backbone_folder, backbone
    workers : images worked on at once; 0: one for each core.
    cluster : whose workers compute bottlenecks, if there is one.
    """

    folder: Path
    source: dict[str, str]
    split: Split
    backbone_folder: Path
    backbone: FeatureExtractor
    workers: int = 0
    cluster: "Cluster | None" = None

    def paths(self) -> list[Path]:
        """The files of the split's images."""
        return [self.folder / image.name for image in self.split.examples]

    def bottlenecks(self, rows: Sequence[int], looks: Sequence[Look]) -> Features:
        """Those of some of the images, from the user's cache where it has them."""
        paths, images = self.paths(), self.split.examples
        return extract_bottlenecks(
            [paths[row] for row in rows], [images[row].sha256 for row in rows], self.backbone,
            cache_folder() / "bottlenecks", looks, self.workers, self.cluster)


def retrain_classifier(recipe: Recipe, out: Path) -> tuple[Split, Evaluation]:
    """The stages one after the other, in a temporary folder; only classifier and caches stay.

    Parameters
    ----------
    recipe : Recipe
        With the sources of images and backbone.
    out : Path
        Receives the classifier, as `vision.classifier.export.export_classifier` writes it.

    Returns
    -------
    The split and the evaluation on its test images.
    """
    with (
        temporary_files(out) as workspace,
        running(recipe.engine) as cluster,
    ):
        prepared = prepare(recipe, workspace, out, cluster)
        return prepared.split, write_classifier(prepared, recipe, out)


def prepare(
    recipe: Recipe, workspace: Path, out: Path, cluster: "Cluster | None" = None
) -> Prepared:
    """Collect and divide the images, and make the backbone ready.

    Parameters
    ----------
    workspace : receives the images.
    out : see `write_classifier`; without room for it nothing further is begun.
    """
    refuse_without("tensorflow")
    folder = workspace / "images"
    collected = collect_images(recipe.images.source or "", folder, recipe.images)
    split = split_images(folder, recipe.split)
    backbone_folder = _own_backbone(recipe, folder, split)
    _refuse_without_room(out, backbone_folder, recipe.export)
    return Prepared(folder, collected.source, split, backbone_folder,
                    load_backbone(backbone_folder), recipe.bottlenecks.workers, cluster)


def write_classifier(
    prepared: Prepared, recipe: Recipe, out: Path, more: Mapping[str, Any] | None = None
) -> Evaluation:
    """Train the head, test it once on the test images, and write the classifier.

    Parameters
    ----------
    recipe : Recipe
        With the same images, backbone and split as what was prepared.
    out : Path
        See `retrain_classifier`.
    more : what its record tells besides.
    """
    head, evaluation = _trained(prepared, recipe)
    facts = {"images": prepared.source, **record_facts(recipe.parameters(), evaluation),
             "looks": list(recipe.bottlenecks.looks), "not_sure": recipe.classify.not_sure,
             **(more or {})}
    tested = [prepared.folder / path for path in evaluation.names]
    export_classifier(prepared.backbone_folder, head, tested, facts, out, recipe.export)
    return evaluation


def _refuse_without_room(out: Path, backbone_folder: Path, export: ExportParameters) -> None:
    """The backbone is copied, and its weights are in each exported file of 32-bit floats too."""
    sizes = [(path.suffix, path.stat().st_size) for path in backbone_folder.rglob("*")]
    floats = sum(size for suffix, size in sizes if suffix != ".tflite")
    refuse_without_room(
        out, sum(size for _, size in sizes) + floats * (2 if export.lite else 1))


def _own_backbone(recipe: Recipe, folder: Path, split: Split) -> Path:
    """The backbone of the source, or what its last blocks have become beside the images."""
    backbone_folder = cached_backbone(recipe.backbone)
    if not recipe.fine_tune.epochs:
        return backbone_folder
    tuned = folder.with_name("backbone")
    paths = [folder / image.name for image in split.examples]
    fine_tune_backbone(backbone_folder, tuned, paths, split, recipe.fine_tune)
    return tuned


def _trained(prepared: Prepared, recipe: Recipe) -> tuple[Head, Evaluation]:
    """The head, and how good it is on the test images."""
    split = prepared.split
    variants = training_variants(recipe.images.distortions, split, prepared.paths())
    features = prepared.bottlenecks(range(len(split.examples)),
                                    prediction_looks(recipe.bottlenecks.looks))
    distorted = (prepared.bottlenecks(split.rows(TRAINING).tolist(), variants) if variants
                 else None)
    head = retrain(features, split, recipe.head, distorted)
    return head, evaluate_head(head, features, split, recipe.classify)


def cached_backbone(parameters: BackboneParameters) -> Path:
    """The normalised backbone of a source, made once and kept in the cache folder.

    It is made again where it is damaged.
    """
    source = named_backbone(parameters.source or "")
    parameters = replace(parameters, source=source)
    # The code is part of it: another version may make another network of the same source.
    modules = sorted(Path(backbones.__file__).parent.glob("*.py"))
    code = [module.read_text(encoding="utf-8") for module in modules]
    identity = repr((parameters, PREPROCESSING, _state(Path(source)), code))
    key = hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder = cache_folder() / "backbones" / key
    if not _is_whole(folder):
        say(f"preparing the backbone {Path(source.removeprefix(MARK)).name}")
        normalise_backbone(source, folder, parameters.image_size, parameters.inference)
    return folder


def _is_whole(folder: Path) -> bool:
    if not folder.exists():
        return False
    try:
        return check(folder, BACKBONE)
    except DamagedError as error:
        say(f"warning: {error.reason}; it is made again")
        return False


def _state(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of a local source's files: what changes when it does."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    states = [(str(file.resolve()), file.stat()) for file in files if file.is_file()]
    return [(name, state.st_size, state.st_mtime_ns) for name, state in states]


def refuse_occupied(out: Path, recipe: Recipe) -> None:
    """UserError, before any work, where a classifier cannot be written or must not be.

    Writing replaces the whole folder, which must not hit anything but an older classifier, nor
    what the new one is made of.
    """
    refuse_unwritable(out)
    sources = (recipe.images.source or "", recipe.backbone.source or "")
    refuse_input(out, [Path(source).expanduser() for source in sources if source])
    refuse_foreign(out, CLASSIFIER)
