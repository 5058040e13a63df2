"""Speed, memory and accuracy on photos beside Keras and scikit-learn, as a user would join them.

Each measurement is a process of its own on the same photos and the same cores; all take turns, and
medians over the rounds are compared. Run it from the project's folder with
``python -m benchmarks.images``.
"""

import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import images_contenders, images_picture, images_tables
from benchmarks.images_contenders import SAVED_MODEL, Contenders, Photos, work
from benchmarks.measuring import ONE_THREAD
from benchmarks.words import machine
from vision.backbones import TENSORFLOW, BottleneckParameters
from vision.backbones.record import FLOAT32, INT8
from vision.photos import collect_images, split_images
from vision.photos.image_files import images_below
from words_and_images.common import catalogue
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError
from words_and_images.common.files import replacing, write_json
from words_and_images.common.memory import memory_method
from words_and_images.common.parameters import require
from words_and_images.common.progress import say
from words_and_images.retraining import SPLITS

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
DRAWINGS = "drawings"
EFFICIENTNET, INCEPTION = "efficientnet_lite2", "inception_v3"


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often.

    Parameters
    ----------
    photos, heldout : folders or archives of class folders; what is trained on and what never is.
    weights : Keras' file of Inception-v3, or a name of the catalogue; None: not that backbone.
    rounds : of each extraction and each retraining.
    count : photos of an extraction that is timed.
    starts : cold ones of each classifier.
    many : photos in the folder that is classified.
    """

    photos: str
    heldout: str | None
    weights: str | None
    rounds: int
    count: int
    starts: int
    many: int

    def __post_init__(self) -> None:
        for name in ("rounds", "count", "starts", "many"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("photos", "heldout"):
            source = getattr(self, name)
            if source not in (None, DRAWINGS) and not Path(source).exists():
                raise UserError(f"{name} is {source}, which is not there; give a folder with a "
                                "folder of photos for each class, or an archive of one.")
        named = self.weights == INCEPTION and not Path(INCEPTION).exists()
        if self.weights and not named and not Path(self.weights).is_file():
            raise UserError(f"weights is {self.weights}, which is no file; give Keras' weights of "
                            f"Inception-v3 without its top, or {INCEPTION} to fetch them.")


@application.command()
def compare(
    photos: Annotated[str | None, typer.Option(
        help="folder or archive of class folders to train on; drawings if not given")] = None,
    heldout: Annotated[str | None, typer.Option(
        help="photos of the same classes that nothing is trained on")] = None,
    weights: Annotated[str | None, typer.Option(
        help=f"Keras' weights file of Inception-v3, or {INCEPTION} to fetch it; without it, only "
        "EfficientNet-Lite2")] = None,
    rounds: Annotated[int, typer.Option(help="of each extraction and each retraining")] = 3,
    count: Annotated[int, typer.Option(help="photos of each timed extraction")] = 200,
    starts: Annotated[int, typer.Option(help="cold starts of each classifier")] = 5,
    many: Annotated[int, typer.Option(help="photos in the folder that is classified")] = 1000,
    output: Annotated[Path, typer.Option(
        help="where the figures go as JSON, and beside it as a picture")]
    = Path("results/benchmarks/images.json"),
) -> None:
    """Extract, retrain and classify by each, in turn, and print medians and ratios."""
    os.environ.update(ONE_THREAD)
    plan = Plan(photos or DRAWINGS, heldout, weights, rounds, count, starts, many)
    require(output.suffix == ".json", "output", str(output), "a name that ends in .json")
    if not photos:
        say("no photos are given, so these figures are of this project's drawings, which are much "
            "easier; give some: make bench-images PHOTOS=folder")
    if not weights:
        say("no weights of Inception-v3 are given, so only EfficientNet-Lite2 is measured; give "
            f"them: make bench-images WEIGHTS=file.h5, or {INCEPTION}")
    # Where nothing can be written is found out before all the work, not after it.
    with (replacing(output) as temporary,
          tempfile.TemporaryDirectory(prefix="bench-images-") as folder):
        figures = measure(plan, Path(folder))
        write_json(temporary, figures)
    images_tables.show(figures)
    images_picture.draw(figures, output.with_suffix(".png"))


def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """All figures of a run, for JSON."""
    photos = collect(plan, folder)
    parts = {part: len(photos.split.rows(part)) for part in SPLITS}
    figures: dict[str, Any] = {
        "photos": Path(plan.photos).name, "labels": photos.split.labels, "split": parts,
        "heldout": Path(plan.heldout).name if plan.heldout else None,
        "heldout_photos": len(photos.targets), "rounds": plan.rounds, "starts": plan.starts,
        "memory": memory_method(), "machine": {**machine(), **versions()}, "backbones": {}}
    for contenders in prepare(plan, folder):
        figures["backbones"][contenders.name] = images_contenders.measure(
            contenders, photos, plan.rounds, plan.count, plan.starts, plan.many)
    return figures


def versions() -> dict[str, str]:
    """Of what takes part."""
    return {package: version(package)
            for package in ("tensorflow", "keras", "ai-edge-litert", "scikit-learn", "pillow")}


def collect(plan: Plan, folder: Path) -> Photos:
    """Collect and split the photos."""
    collect_images(plan.photos, folder / "photos")
    split = split_images(folder / "photos")
    paths = [folder / "photos" / image.name for image in split.examples]
    others: list[Path] = []
    if plan.heldout:
        collect_images(plan.heldout, folder / "heldout")
        others = list(images_below(folder / "heldout"))
    for other in others:
        if other.parent.name not in split.labels:
            raise UserError(f"heldout has photos of {other.parent.name}, and photos has "
                            f"{', '.join(split.labels)}; give photos of the same classes.")
    targets = [split.labels.index(other.parent.name) for other in others]
    return Photos(split, [*paths, *others], targets)


def prepare(plan: Plan, folder: Path) -> list[Contenders]:
    """The backbones that are measured, ready to run in every way."""
    backbones = [contenders(EFFICIENTNET, None, folder)]
    if plan.weights:
        file = Path(plan.weights)
        if not file.exists():
            file = catalogue.fetch(catalogue.find(INCEPTION, "backbone"))
        backbones.insert(0, contenders(plan.weights, file, folder))
    return backbones


def contenders(source: str, weights: Path | None, folder: Path) -> Contenders:
    """A backbone in each inference, the default first."""
    say(f"preparing the backbone {source}")
    default = work("prepare_backbone", source=source, inference=None)
    record = default["record"]
    folders = {record["inference"]: Path(default["folder"])}
    for inference in (INT8, FLOAT32, *([] if weights else [TENSORFLOW])):
        if inference not in folders:
            prepared = work("prepare_backbone", source=source, inference=inference)
            folders[inference] = Path(prepared["folder"])
    if not weights:
        folders[SAVED_MODEL] = folders.pop(TENSORFLOW)
    own = folder / record["name"]
    own.mkdir()
    return Contenders(record["name"], folders, weights, (record["height"], record["width"]),
                      BottleneckParameters().looks, own)


if __name__ == "__main__":
    run_application(application)
