"""The whole image pipeline in one go, from a folder of images to a classifier."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.fetching import cache_folder
from common.files import read_json, refuse_unwritable, write_json
from common.progress import say
from vision import backbones
from vision.backbones import BackboneParameters, load_backbone, normalise_backbone
from vision.bottlenecks import BottleneckParameters, FeatureExtractor, extract_bottlenecks
from vision.classifier import NEEDED
from vision.dataset import ImagesParameters, collect_images
from vision.distortions import distorted_looks
from vision.evaluation import ClassifyParameters, Evaluation, evaluate_head
from vision.export import ExportParameters, export_classifier, record_facts
from vision.fine_tuning import FineTuneParameters, fine_tune_backbone
from vision.head import Head, RetrainParameters, retrain
from vision.image import PREPROCESSING
from vision.looks import Look, prediction_looks
from vision.split import TRAINING, Split, SplitParameters, split_images
from vision.variants import training_variants


@dataclass(frozen=True)
class Recipe:
    """What is made of which images: the parameters of all stages.

    `images` and `backbone` name their sources.
    """

    images: ImagesParameters
    backbone: BackboneParameters
    split: SplitParameters = field(default_factory=SplitParameters)
    fine_tune: FineTuneParameters = field(default_factory=FineTuneParameters)
    bottlenecks: BottleneckParameters = field(default_factory=BottleneckParameters)
    head: RetrainParameters = field(default_factory=RetrainParameters)
    classify: ClassifyParameters = field(default_factory=ClassifyParameters)
    export: ExportParameters = field(default_factory=ExportParameters)

    def __post_init__(self) -> None:
        # What cannot be is refused before any work.
        distorted_looks(self.images.distortions)

    def parameters(self) -> dict[str, Any]:
        """What the classifier's record says of them, a group a stage."""
        groups: dict[str, Any] = {"split": self.split, "fine_tune": self.fine_tune,
                                  "distortions": self.images.distortions, "retrain": self.head}
        return {name: asdict(group) for name, group in groups.items()}


def retrain_classifier(recipe: Recipe, out: Path) -> tuple[Split, Evaluation]:
    """The stages one after the other, in a temporary folder; only classifier and caches stay.

    Parameters
    ----------
    recipe : Recipe
        With the sources of images and backbone.
    out : Path
        Receives the classifier, as `vision.export.export_classifier` writes it.

    Returns
    -------
    The split and the evaluation on its test images.
    """
    with tempfile.TemporaryDirectory(prefix="retrain-") as workspace:
        folder = Path(workspace) / "images"
        collected = collect_images(recipe.images.source or "", folder, recipe.images)
        split = split_images(folder, recipe.split)
        backbone_folder = _own_backbone(recipe, folder, split)
        head, evaluation = _trained(recipe, folder, split, load_backbone(backbone_folder))
        facts = {**record_facts(collected.source, recipe.parameters(), evaluation),
                 "looks": list(recipe.bottlenecks.looks), "not_sure": recipe.classify.not_sure}
        tested = [folder / path for path in evaluation.paths]
        export_classifier(backbone_folder, head, tested, facts, out, recipe.export)
    return split, evaluation


def _own_backbone(recipe: Recipe, folder: Path, split: Split) -> Path:
    """The backbone of the source, or what its last blocks have become beside the images."""
    backbone_folder = cached_backbone(recipe.backbone)
    if not recipe.fine_tune.epochs:
        return backbone_folder
    tuned = folder.with_name("backbone")
    paths = [folder / image.path for image in split.images]
    fine_tune_backbone(backbone_folder, tuned, paths, split, recipe.fine_tune)
    return tuned


def _trained(
    recipe: Recipe, folder: Path, split: Split, backbone: FeatureExtractor
) -> tuple[Head, Evaluation]:
    """The head, and how good it is on the test images."""
    files = [folder / image.path for image in split.images]

    def bottlenecks(rows: Sequence[int], looks: Sequence[Look]) -> Any:
        return extract_bottlenecks(
            [files[row] for row in rows], [split.images[row].sha256 for row in rows], backbone,
            cache_folder() / "bottlenecks", looks, recipe.bottlenecks.workers)

    variants = training_variants(recipe.images.distortions, split, files)
    features = bottlenecks(range(len(split.images)), prediction_looks(recipe.bottlenecks.looks))
    distorted = bottlenecks(split.rows(TRAINING).tolist(), variants) if variants else None
    head = retrain(features, split, recipe.head, distorted)
    return head, evaluate_head(head, features, split, recipe.classify)


def cached_backbone(parameters: BackboneParameters) -> Path:
    """The normalised backbone of a source, made once and kept in the cache folder.

    It is made again where it is not what was kept: damaged, or without its digests beside it.
    """
    source = parameters.source or ""
    # The code is part of it: another version may make another network of the same source.
    modules = sorted(Path(backbones.__file__).parent.glob("*.py"))
    code = [module.read_text(encoding="utf-8") for module in modules]
    identity = repr((parameters, PREPROCESSING, _state(Path(source)), code))
    key = hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder = cache_folder() / "backbones" / key
    digests = folder.with_name(f"{key}.json")
    if not _is_as_kept(folder, digests):
        say(f"preparing the backbone {source}")
        normalise_backbone(source, folder, parameters.image_size, parameters.inference)
        write_json(digests, _digests(folder))
    return folder


def _is_as_kept(folder: Path, digests: Path) -> bool:
    if not folder.exists():
        return False
    try:
        as_kept = read_json(digests) == _digests(folder)
    except (OSError, ValueError):
        as_kept = False
    if not as_kept:
        say(f"warning: {folder} is not as it was kept; it is made again")
    return as_kept


def _digests(folder: Path) -> dict[str, str]:
    """sha256 of each file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files}


def _state(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of a local source's files: what changes when it does."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    states = [(str(file.resolve()), file.stat()) for file in files if file.is_file()]
    return [(name, state.st_size, state.st_mtime_ns) for name, state in states]


def refuse_occupied(out: Path) -> None:
    """UserError, before any work, where a classifier cannot be written or must not be.

    Writing replaces the whole folder, which must not hit anything but an older classifier.
    """
    refuse_unwritable(out)
    is_classifier = all((out / name).exists() for name in NEEDED)
    if out.exists() and not is_classifier and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists and is no classifier; give a new folder, or remove it.")
