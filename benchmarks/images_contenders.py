"""A backbone in all the ways that are compared, and what each of them takes."""

import itertools
import json
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import images_once
from benchmarks.measuring import Measured, run
from vision.photos import write_split
from words_and_images.common.errors import UserError
from words_and_images.common.files import write_json
from words_and_images.common.progress import say
from words_and_images.retraining import TEST, Split

PEER = "peer"
WHOLE = ["whole"]
KERAS, SAVED_MODEL = "Keras", "TensorFlow"

Figures = dict[str, Any]
Ways = dict[str, Callable[[], Figures]]


@dataclass(frozen=True)
class Photos:
    """The photos of a run: those that are split, and those that nothing is trained on.

    Parameters
    ----------
    split : of the first.
    paths : of the first, in the split's order, then of the others.
    targets : numbers of the others' labels.
    """

    split: Split
    paths: list[Path] = field(repr=False)
    targets: list[int] = field(repr=False)

    def some(self, count: int) -> list[Path]:
        """So many photos that are split, evenly out of them, or all where there are fewer."""
        images = len(self.split.examples)
        count = min(count, images)
        return [self.paths[place * images // count] for place in range(count)]


@dataclass(frozen=True)
class Contenders:
    """A backbone here, as its inference goes, and what a user would take instead.

    Parameters
    ----------
    name : of the backbone.
    folders : of the backbone by inference, the default first.
    weights : the peer's file for keras.applications; None where the peer is TensorFlow with this
        project's SavedModel, whose folder is then one of `folders`.
    size : height and width of its images.
    looks : the default ones.
    folder : gets everything that is made.
    """

    name: str
    folders: dict[str, Path]
    weights: Path | None
    size: tuple[int, int]
    looks: tuple[str, ...]
    folder: Path

    @property
    def peer(self) -> str:
        """What the peer is."""
        return KERAS if self.weights else SAVED_MODEL

    @property
    def default(self) -> str:
        """The inference that a user gets."""
        return self.here[0]

    @property
    def here(self) -> list[str]:
        """Inferences of this project that are compared."""
        return [name for name in self.folders if name != SAVED_MODEL]

    def extract(
        self, contender: str, photos: str, looks: Sequence[str] = WHOLE, output: str | None = None
    ) -> Figures:
        """Extract by one of `here` or by the peer, which sees the whole of each photo."""
        if contender == PEER and self.weights:
            return work("extract_keras", photos=photos, weights=str(self.weights), output=output)
        folder = self.folders[SAVED_MODEL if contender == PEER else contender]
        return work("extract_here", photos=photos, backbone=str(folder), looks=list(looks),
                    output=output)

    def features(self, contender: str) -> Path:
        """Where its features of all photos go."""
        return self.folder / f"features {contender}.npy"

    def variants(self, contender: str) -> Path:
        """Where its features of the distorted training photos go."""
        return self.folder / f"variants {contender}.npy"

    def distort(self, contender: str, photos: str) -> Figures:
        """Extract the distorted training photos by one of `here`."""
        return work("extract_variants", photos=photos, split=str(self.folder / "split.json"),
                    backbone=str(self.folders[contender]), output=str(self.variants(contender)))

    def retrain(self, contender: str) -> Figures:
        """A head on those features."""
        trainer = "retrain_sklearn" if contender == PEER else "retrain_here"
        more = {} if contender == PEER else {"variants": str(self.variants(contender))}
        return work(trainer, features=str(self.features(contender)), **more,
                    split=str(self.folder / "split.json"),
                    heldout=str(self.folder / "heldout.json"), output=str(self.head(contender)))

    def head(self, contender: str) -> Path:
        """Where its head goes."""
        return self.folder / (f"head {contender}.npz" if contender == PEER else f"head {contender}")

    @property
    def classifier(self) -> Path:
        """Where the classifier of the default goes."""
        return self.folder / "classifier"

    @property
    def keras_model(self) -> Path:
        """Where the peer's whole model goes."""
        return self.folder / "classifier.keras"

    def classify(self, *images: str) -> Measured:
        """`vision classify`, the whole process."""
        return run([sys.executable, "-m", "vision.command_line", "classify", str(self.classifier),
                    *images])


def measure(contenders: Contenders, photos: Photos, rounds: int, count: int, starts: int,
            many: int) -> Figures:
    """All figures of a backbone; parameters as those of `images.Plan`."""
    figures: Figures = {"default": contenders.default, "peer": contenders.peer,
                        "looks": list(contenders.looks)}
    figures["extraction"] = measure_extraction(contenders, photos.some(count), rounds)
    figures["retraining"] = measure_retraining(contenders, photos, rounds)
    export(contenders, photos)
    figures["cold_start"] = measure_cold_start(contenders, photos.some(1)[0], starts)
    figures["folder"] = measure_folder(contenders, photos, many)
    return figures


def measure_extraction(contenders: Contenders, paths: list[Path], rounds: int) -> Figures:
    """Bottlenecks of some photos by each in turn, and with the default looks."""
    photos = listed(paths, contenders.folder / "some.json")
    names = [*contenders.here, PEER]
    ways: Ways = {name: partial(contenders.extract, name, photos) for name in names}
    ways["looks"] = partial(contenders.extract, contenders.default, photos, contenders.looks)
    runs = in_turn(f"{contenders.name}, {len(paths)} photos", ways, rounds)
    return {name: speeds(taken) for name, taken in runs.items()}


def measure_retraining(contenders: Contenders, photos: Photos, rounds: int) -> Figures:
    """Heads on the features of all photos: seconds, and what they get right."""
    everything = listed(photos.paths, contenders.folder / "all.json")
    write_split(photos.split, contenders.folder / "split.json")
    write_json(contenders.folder / "heldout.json", photos.targets)
    names = [*contenders.here, PEER]
    extracted = {}
    for name in names:
        say(f"{contenders.name}, all photos: {name}")
        extracted[name] = contenders.extract(name, everything, contenders.looks if name != PEER
                                             else WHOLE, str(contenders.features(name)))
        if name != PEER:
            contenders.distort(name, everything)
    ways: Ways = {name: partial(contenders.retrain, name) for name in names}
    runs = in_turn(f"{contenders.name}, retraining", ways, rounds)
    return {name: {**medians(taken), "test": taken[0]["test"], "heldout": taken[0]["heldout"],
                   "extraction": speeds([extracted[name]])} for name, taken in runs.items()}


def export(contenders: Contenders, photos: Photos) -> None:
    """The default as a classifier, and the peer's as a model of Keras."""
    test = [photos.paths[row] for row in photos.split.rows(TEST)]
    work("export_here", backbone=str(contenders.folders[contenders.default]),
         head=str(contenders.head(contenders.default)), looks=list(contenders.looks),
         photos=listed(test, contenders.folder / "test.json"), output=str(contenders.classifier))
    if contenders.weights:
        work("save_keras", weights=str(contenders.weights),
             dense_layer=str(contenders.head(PEER)), output=str(contenders.keras_model))


def measure_cold_start(contenders: Contenders, photo: Path, starts: int) -> Figures:
    """One photo, by processes from nothing."""
    shown, saved_model = str(photo), str(contenders.classifier / "saved_model")
    ways: Ways = {"here": lambda: whole(contenders.classify(shown)),
                  SAVED_MODEL: partial(work, "classify_saved_model", model=saved_model,
                                       photo=shown, size=contenders.size)}
    if contenders.weights:
        ways[KERAS] = partial(
            work, "classify_keras", model=str(contenders.keras_model), photo=shown)
    runs = in_turn(f"{contenders.name}, cold start", ways, starts)
    figures = {name: {"seconds": statistics.median(each["process_seconds"] for each in taken),
                      "all_seconds": [each["process_seconds"] for each in taken],
                      "peak_memory_mb": max(each["peak_memory_mb"] for each in taken),
                      "tensorflow": taken[0].get("tensorflow")} for name, taken in runs.items()}
    # Seen in a run that does not count, so that nothing stands between the command and its user.
    seen = work("classify_here", model=str(contenders.classifier), photo=shown)
    figures["here"]["tensorflow"] = seen["tensorflow"]
    return figures


def measure_folder(contenders: Contenders, photos: Photos, many: int) -> Figures:
    """`vision classify` of a folder, the start included, beside the extraction of its photos."""
    paths = fill(contenders.folder / "many", photos.paths, many)
    shown = listed(paths, contenders.folder / "many.json")
    say(f"{contenders.name}, a folder of {many:,}: extraction, then vision classify")
    extracted = contenders.extract(contenders.default, shown, contenders.looks)
    classified = contenders.classify(str(contenders.folder / "many"), "--csv")
    rows = len(classified.output.splitlines()) - 1  # less the one of titles
    if rows != many:
        raise UserError(f"vision classify has answered {rows:,} of {many:,} photos; see whether "
                        "it classifies a folder of these photos.")
    return {"photos": many, "classify": speeds([{**whole(classified), "photos": many}]),
            "extraction": speeds([extracted])}


def fill(folder: Path, photos: list[Path], many: int) -> list[Path]:
    """A folder with so many files: the photos, each as often as it takes, under new names."""
    folder.mkdir()
    paths = []
    for number, photo in enumerate(itertools.islice(itertools.cycle(photos), many)):
        path = folder / f"{number:06}{photo.suffix}"
        try:
            os.link(photo, path)
        except OSError:  # a file system without hard links
            shutil.copyfile(photo, path)
        paths.append(path)
    return paths


def listed(paths: list[Path], file: Path) -> str:
    """A file that lists photos for a process that works on them."""
    write_json(file, [str(path) for path in paths])
    return str(file)


def work(name: str, **arguments: Any) -> Figures:
    """A piece of work of `images_once` in a process of its own: what it says, what it took."""
    measured = run([sys.executable, "-m", images_once.__name__, name, json.dumps(arguments)])
    return {**whole(measured), **json.loads(measured.output.splitlines()[-1])}


def whole(measured: Measured) -> Figures:
    """A process from its start to its end."""
    return {"seconds": measured.seconds, "cpu_seconds": measured.cpu_seconds,
            "process_seconds": measured.seconds, "peak_memory_mb": measured.peak_memory_mb}


def in_turn(what: str, ways: Ways, rounds: int) -> dict[str, list[Figures]]:
    """Each way's figures, a round after the other."""
    runs: dict[str, list[Figures]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            taken = way()
            runs[name].append(taken)
            say(f"{what}, round {number + 1} of {rounds}: {name}, {taken['seconds']:.2f} s")
    return runs


def medians(runs: list[Figures]) -> Figures:
    """Medians of some rounds, and the rounds."""
    times = {key: [taken[key] for taken in runs] for key in ("seconds", "cpu_seconds")}
    return {**{key: statistics.median(values) for key, values in times.items()},
            **{f"all_{key}": values for key, values in times.items()},
            "peak_memory_mb": max(taken["peak_memory_mb"] for taken in runs)}


def speeds(runs: list[Figures]) -> Figures:
    """The same, with photos a second."""
    taken, photos = medians(runs), runs[0]["photos"]
    return {"photos_a_second": photos / taken["seconds"],
            "photos_a_cpu_second": photos / taken["cpu_seconds"], "photos": photos, **taken}
