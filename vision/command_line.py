"""The command `vision`: retrain a classifier on a folder of images, use it, evaluate it."""

import contextlib
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from common.commandline import BAD_INPUT, run_application
from common.errors import UserError, did_you_mean
from common.progress import say
from vision.head import RetrainParameters
from vision.split import SPLITS, TEST, Split, SplitParameters

if TYPE_CHECKING:
    from vision.backbones import Backbone
    from vision.classifier import Classifier
    from vision.dataset import LabelledFile
    from vision.evaluation import Evaluation

# Everything heavy (TensorFlow, Pillow, the catalogue) is imported by the commands that need it,
# so that --help and usage errors answer at once.
DEFAULT_BACKBONE = "efficientnet_lite2"

application = typer.Typer(
    help="Retrain image classifiers on your own photos, and use them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
ModelFolder = Annotated[Path, typer.Argument(
    metavar="MODEL", help="Folder of a classifier, as vision retrain writes it.")]


@dataclass(frozen=True)
class RetrainRequest:
    """What `vision retrain` was asked for."""

    images: str
    backbone: str
    image_size: int | None
    split: SplitParameters
    head: RetrainParameters


@application.command("retrain")
def retrain_command(
    images: Annotated[str, typer.Argument(
        metavar="IMAGES", help="A folder with a folder of images for each class, a zip or tar of "
        "one, or a name of the catalogue (drawings, hotdog_photos).")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the classifier.")],
    backbone: Annotated[str, typer.Option(
        help="A name of the catalogue (efficientnet_lite2, inception_v3), a Keras weights file, a "
        "SavedModel folder or a TF-Hub handle.")] = DEFAULT_BACKBONE,
    image_size: Annotated[int | None, typer.Option(
        help="Pixels a side, for a backbone that does not tell.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps.")] = RetrainParameters.steps,
    batch_size: Annotated[int, typer.Option(
        help="Images a step.")] = RetrainParameters.batch_size,
    learning_rate: Annotated[float, typer.Option(
        help="Length of a step.")] = RetrainParameters.learning_rate,
    momentum: Annotated[float, typer.Option(
        help="Share of a step that carries over to the next.")] = RetrainParameters.momentum,
    schedule: Annotated[str, typer.Option(
        help="Of the learning rate: constant or cosine.")] = RetrainParameters.schedule,
    l2: Annotated[float, typer.Option(help="Weight decay.")] = RetrainParameters.l2,
    label_smoothing: Annotated[float, typer.Option(
        help="Share of each target spread over all classes.")] = RetrainParameters.label_smoothing,
    validation: Annotated[float, typer.Option(
        help="Share of the images to watch the training by.")] = SplitParameters.validation,
    test: Annotated[float, typer.Option(
        help="Share of the images kept for the final test.")] = SplitParameters.test,
    seed: Annotated[int, typer.Option(
        help="Of everything random in the training.")] = RetrainParameters.seed,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a classifier on folders of images and test it on images kept aside."""
    head = RetrainParameters(steps=steps, batch_size=batch_size, learning_rate=learning_rate,
                             momentum=momentum, schedule=schedule, l2=l2,
                             label_smoothing=label_smoothing, seed=seed)
    from vision.backbones import BackboneParameters

    BackboneParameters(backbone, image_size)  # refuses what cannot be before any work
    request = RetrainRequest(images, backbone, image_size, SplitParameters(validation, test), head)
    refuse_occupied(out)
    with _silence() if quiet else contextlib.nullcontext():
        split, evaluation = retrain_classifier(request, out)
    if as_json:
        print_json({"classifier": str(out), "images": split.counts(), **evaluation.report()})
    elif not quiet:
        print(split_table(split))
        print(f"test accuracy {accuracy_text(evaluation)}")
        print(f"classifier in {out}")


@application.command("classify")
def classify_command(
    model: ModelFolder,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Image files.")],
    top: Annotated[int | None, typer.Option(
        min=1, help="Only the best so many labels; all if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the labels of images with their scores, best first."""
    from vision.classifier import Classifier
    from vision.image import UnreadableImageError

    classifier = Classifier.load(model)
    answers, failed = [], False
    for path, answer in zip(images, classifier.attempt(images), strict=True):
        if isinstance(answer, UnreadableImageError):
            say(str(answer))
            failed = True
            continue
        scores = classifier.top(answer, top)
        answers.append({"path": path, "label": scores[0][0], "scores": dict(scores)})
        if not as_json:
            print_scores(path if len(images) > 1 else None, scores)
    if as_json:
        print_json(answers)
    if failed:
        raise typer.Exit(BAD_INPUT)


@application.command("evaluate")
def evaluate_command(
    model: ModelFolder,
    images: Annotated[str, typer.Argument(
        metavar="IMAGES", help="A folder with a folder of images for each class, or a zip or tar "
        "of one; its labels are the classifier's.")],
    as_json: AsJson = False,
) -> None:
    """Print how good a classifier is on images whose labels are known."""
    from vision.classifier import Classifier, refuse_other_folder

    refuse_other_folder(model)
    with labelled_images(images) as files:
        classifier = Classifier.load(model)
        refuse_strange_labels(files, classifier.labels)
        evaluation = evaluate_classifier(classifier, files)
    if as_json:
        print_json(evaluation.report())
    else:
        print(evaluation_text(evaluation))


def retrain_classifier(request: RetrainRequest, out: Path) -> tuple[Split, "Evaluation"]:
    """The whole pipeline in a temporary folder; only the classifier and the caches stay."""
    from vision.backbones import load_backbone
    from vision.dataset import collect_images
    from vision.evaluation import Evaluation
    from vision.export import export_classifier, record_facts
    from vision.head import retrain
    from vision.split import split_images

    with tempfile.TemporaryDirectory(prefix="retrain-") as workspace:
        folder = Path(workspace) / "images"
        collected = collect_images(request.images, folder)
        split = split_images(folder, request.split)
        backbone_folder = cached_backbone(request.backbone, request.image_size)
        bottlenecks = _bottlenecks(folder, split, load_backbone(backbone_folder))
        head = retrain(bottlenecks, split, request.head)
        rows = split.rows(TEST)
        paths = [split.images[row].path for row in rows]
        evaluation = Evaluation(split.labels, paths, split.targets[rows],
                                head.probabilities(bottlenecks[rows]))
        parameters = {"split": asdict(request.split), "retrain": asdict(request.head)}
        facts = record_facts(collected.source, parameters, evaluation)
        export_classifier(backbone_folder, head, [folder / path for path in paths], facts, out)
    return split, evaluation


def cached_backbone(source: str, image_size: int | None) -> Path:
    """The normalised backbone of a source, made once and kept in the cache folder."""
    from common.fetching import cache_folder
    from vision import backbones
    from vision.image import PREPROCESSING

    # The code is part of it: another version may make another network of the same source.
    modules = sorted(Path(backbones.__file__).parent.glob("*.py"))
    code = [module.read_text(encoding="utf-8") for module in modules]
    identity = repr((source, image_size, PREPROCESSING, _state(Path(source)), code))
    key = hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder = cache_folder() / "backbones" / key
    if not folder.exists():
        say(f"preparing the backbone {source}")
        backbones.normalise_backbone(source, folder, image_size)
    return folder


def _state(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of a local source's files: what changes when it does."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    states = [(str(file.resolve()), file.stat()) for file in files if file.is_file()]
    return [(name, state.st_size, state.st_mtime_ns) for name, state in states]


def _bottlenecks(folder: Path, split: Split, backbone: "Backbone") -> Any:
    from common.fetching import cache_folder
    from vision.bottlenecks import BottleneckParameters, extract_bottlenecks

    paths = [folder / image.path for image in split.images]
    hashes = [image.sha256 for image in split.images]
    return extract_bottlenecks(paths, hashes, backbone, cache_folder() / "bottlenecks",
                               BottleneckParameters.batch_size)


@contextlib.contextmanager
def labelled_images(source: str) -> Iterator[list["LabelledFile"]]:
    """The image files of a folder or archive of class folders, as long as the block lasts."""
    from vision.dataset import find_images, opened_source

    with opened_source(source) as (folder, _about):
        files, _passed_over = find_images(folder, source)
        if not files:
            raise UserError(f"{source} holds no images; give a folder, zip or tar with a folder "
                            "of images for each class.")
        yield files


def refuse_strange_labels(files: list["LabelledFile"], labels: list[str]) -> None:
    """UserError for images of a class that the classifier does not know."""
    for label in sorted({file.label for file in files}):
        if label not in labels:
            raise UserError(f"the classifier knows no label {label!r}; "
                            f"{did_you_mean(label, labels)}")


def evaluate_classifier(classifier: "Classifier", files: list["LabelledFile"]) -> "Evaluation":
    """Classify images whose labels are known; a few unreadable ones are named and left out."""
    import numpy as np

    from vision.classifier import classify_files
    from vision.dataset import ImagesParameters, SkippedFile, refuse_unreadable
    from vision.evaluation import Evaluation
    from vision.image import UnreadableImageError

    answers = classify_files(classifier, [file.path for file in files])
    pairs = list(zip(files, answers, strict=True))
    unreadable = [SkippedFile(file.shown, answer.reason) for file, answer in pairs
                  if isinstance(answer, UnreadableImageError)]
    refuse_unreadable(files, unreadable, ImagesParameters.unreadable_share)
    for skipped in unreadable:
        say(f"warning: skipped {skipped.path} ({skipped.reason})")
    readable = [pair for pair in pairs if not isinstance(pair[1], UnreadableImageError)]
    targets = np.array([classifier.labels.index(file.label) for file, _ in readable])
    return Evaluation(classifier.labels, [file.shown for file, _ in readable], targets,
                      np.stack([answer for _, answer in readable]))


def refuse_occupied(out: Path) -> None:
    """UserError, before any work, where a classifier cannot be written or must not be.

    Writing replaces the whole folder, which must not hit anything but an older classifier.
    """
    from vision.classifier import NEEDED

    is_classifier = all((out / name).exists() for name in NEEDED)
    if out.exists() and not is_classifier and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists and is no classifier; give a new folder, or remove it.")
    above = next(parent for parent in out.absolute().parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UserError(f"{out} cannot be written, because {above} takes no new folder; give "
                        "another one.")


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Drop the lines about progress and the warnings; errors are raised, not printed here."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def print_json(value: Any) -> None:
    """Indented JSON on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_scores(path: str | None, scores: list[tuple[str, float]]) -> None:
    """Labels and scores as TensorFlow's label_image prints them, below the file's name if given."""
    if path is not None:
        print(path)
    for label, score in scores:
        print(f"{label} (score = {score:.5f})")


def split_table(split: Split) -> str:
    """Images by label and split."""
    counts = split.counts()
    rows = [(label, [counts[label][name] for name in SPLITS]) for label in split.labels]
    totals = [sum(column) for column in zip(*(row for _, row in rows), strict=True)]
    width = max(len(label) for label in [*split.labels, "all"])
    lines = [f"{'':{width}}" + "".join(f"{name:>12}" for name in SPLITS)]
    for label, row in [*rows, ("all", totals)]:
        lines.append(f"{label:{width}}" + "".join(f"{count:12,}" for count in row))
    return "\n".join(lines)


def accuracy_text(evaluation: "Evaluation") -> str:
    """An accuracy with its count and interval, in words."""
    low, high = evaluation.interval
    return (f"{100 * evaluation.accuracy:.1f} % ({evaluation.correct:,} of {evaluation.count:,}), "
            f"95 % interval {100 * low:.1f} to {100 * high:.1f} %")


def evaluation_text(evaluation: "Evaluation") -> str:
    """Accuracy, rates by label and confusion as a table."""
    labels, rates = evaluation.labels, evaluation.by_label()
    width = max(len(label) for label in [*labels, "true label"])
    columns = [max(len(label), 6) + 2 for label in labels]
    head = f"{'':{width}}{'images':>8}{'precision':>11}{'recall':>8}{'F1':>8}"
    lines = [f"accuracy {accuracy_text(evaluation)}", "", head]
    for label in labels:
        rate = rates[label]
        lines.append(f"{label:{width}}{rate['count']:8,}{rate['precision']:11.3f}"
                     f"{rate['recall']:8.3f}{rate['f1']:8.3f}")
    lines += ["", "true label, and how often it was taken for"]
    lines.append(" " * width + "".join(f"{label:>{c}}" for label, c in zip(labels, columns,
                                                                          strict=True)))
    for label, row in zip(labels, evaluation.confusion, strict=True):
        lines.append(f"{label:{width}}" + "".join(f"{n:{c},}" for n, c in zip(row, columns,
                                                                             strict=True)))
    return "\n".join(lines)


def main() -> None:
    """Entry point of the console script."""
    run_application(application)


if __name__ == "__main__":
    main()
