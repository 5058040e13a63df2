"""Images: what workers of a cluster cost beside this machine's processes, and many small ones.

Bottlenecks of the same photos by as many processes of this machine and by as many workers of a
Dask cluster on it, in turn. Then `vision retrain` on several numbers of small images that are made
up: time and the memory of all processes, step by step.
"""

import json
import shutil
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import images_contenders, scale_once
from benchmarks.images import DRAWINGS
from benchmarks.measuring import run
from vision.drawings.drawing import SUBJECTS
from vision.photos import ImagesParameters, collect_images
from vision.photos.image_files import images_below
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say

ENGINES = ("local", "dask")
SIDE = 32  # pixels, of an image that is made up
PATCHES = 8  # a side, of its ground, each of another brightness: or all would look alike
COLOURS = {"red": (200, 60, 50), "green": (60, 170, 80), "blue": (60, 90, 200),
           "yellow": (210, 190, 60), "grey": (130, 130, 130)}
SHAPES = ("round", "square")
QUALITY = 90
MADE_AT_ONCE = 1000
COPIES = 50  # one image in so many is another one of its label, a little brighter
LEAST = 200  # images: of fewer, a class may have too few to divide

Figures = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often.

    Parameters
    ----------
    photos : a folder or archive of class folders; None: drawings.
    backbone : of the extractions.
    count : photos of each.
    counts : of the small images that are retrained on.
    processes : 1 to so many of them extract.
    rounds : of each extraction.
    """

    photos: str | None
    backbone: str
    count: int
    counts: Sequence[int]
    processes: int
    rounds: int

    def __post_init__(self) -> None:
        if self.photos is not None and not Path(self.photos).exists():
            raise UserError(f"photos is {self.photos}, which is not there; give a folder with a "
                            "folder of photos for each class, or an archive of one.")


def measure(plan: Plan, folder: Path) -> Figures:
    """All figures of images, for JSON."""
    collect_images(plan.photos or DRAWINGS, folder / "photos",
                   ImagesParameters(drawings=-(-plan.count // len(SUBJECTS))))
    photos = images_below(folder / "photos")
    chosen = [photos[place * len(photos) // plan.count] for place in range(plan.count)]
    if plan.count > len(photos):
        raise UserError(f"images is {plan.count:,}, and {plan.photos or DRAWINGS} has "
                        f"{len(photos):,}; give a lower number.")
    say(f"preparing the backbone {plan.backbone}")
    prepared = images_contenders.work("prepare_backbone", source=plan.backbone, inference=None)
    return {"photos": Path(plan.photos).name if plan.photos else DRAWINGS, "count": plan.count,
            "backbone": prepared["record"]["name"],
            "engines": measure_engines(chosen, prepared["folder"], plan.processes, plan.rounds),
            "counts": measure_counts(plan.counts, folder)}


def measure_engines(
    photos: Sequence[Path], backbone: str, processes: int, rounds: int
) -> list[Figures]:
    """Extractions by both engines in turn, by 1 to so many processes: a row for each number."""
    ways = [(count, engine) for count in range(1, processes + 1) for engine in ENGINES]
    runs: dict[tuple[int, str], list[Figures]] = {way: [] for way in ways}
    for number in range(rounds):
        for count, engine in ways:
            say(f"{counted(len(photos), 'photo')}, round {number + 1} of {rounds}: {engine}, "
                f"{counted(count, 'process')}")
            runs[count, engine].append(work("extract", photos=[str(photo) for photo in photos],
                                            backbone=backbone, engine=engine, processes=count))
    return [_row(count, *(runs[count, engine] for engine in ENGINES))
            for count in range(1, processes + 1)]


def _row(count: int, local: list[Figures], dask: list[Figures]) -> Figures:
    here, there = (statistics.median(each["seconds"] for each in runs) for runs in (local, dask))
    photos = local[0]["photos"]
    moved = statistics.median(each["moved_bytes"] for each in dask)
    return {"workers": count, "local": photos / here, "dask": photos / there,
            "all_local": [photos / each["seconds"] for each in local],
            "all_dask": [photos / each["seconds"] for each in dask],
            "cost": there / here - 1, "moved_bytes_a_photo": moved / photos,
            "same": len({each["sha256"] for each in (*local, *dask)}) == 1}


def measure_counts(counts: Sequence[int], folder: Path) -> list[Figures]:
    """`vision retrain` on so many small images, with a network of a few sums: a row for each."""
    cache, stand_in = folder / "cache", folder / "stand_in"
    work("write_stand_in", folder=str(stand_in))
    rows = []
    # The first run makes the network ready, which all that count find in the cache.
    for number, count in enumerate((LEAST, *counts)):
        images = folder / f"images {number}"
        say(f"making up {counted(count, 'image')}, and retraining on them")
        make_up(images, count)
        command = [str(images), str(folder / "classifier"), "--backbone", str(stand_in)]
        rows.append({"images": count,
                     **work("retrain_in_steps", command=command, cache=str(cache))})
        shutil.rmtree(images)
        shutil.rmtree(cache / "bottlenecks")
    return rows[1:]


def work(name: str, **arguments: Any) -> Figures:
    """A piece of work of `scale_once` in a process of its own: what it took, what it says."""
    taken = run([sys.executable, "-m", scale_once.__name__, name, json.dumps(arguments)])
    return {"seconds": taken.seconds, "peak_memory_mb": taken.peak_memory_mb,
            **json.loads(taken.output.splitlines()[-1])}


def make_up(folder: Path, count: int) -> None:
    """Write so many images, in turn into a folder for each colour and shape."""
    generator = np.random.default_rng(count)
    labels = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    folders = [folder / "_".join(label) for label in labels]
    for each in folders:
        each.mkdir(parents=True)
    for start in range(0, count, MADE_AT_ONCE):
        numbers = np.arange(start, min(start + MADE_AT_ONCE, count))
        pixels = _pixels(generator, [labels[number % len(labels)] for number in numbers])
        copies = np.flatnonzero(numbers % COPIES == COPIES - 1)
        pixels[copies] = np.minimum(1.1 * pixels[copies - len(labels)], 255)
        for number, picture in zip(numbers, pixels.astype(np.uint8), strict=True):
            path = folders[number % len(labels)] / f"{number:06}.jpg"
            Image.fromarray(picture).save(path, quality=QUALITY)


def _pixels(
    generator: np.random.Generator, labels: Sequence[tuple[str, str]]
) -> NDArray[np.float32]:
    """A shape on a ground of patches, under noise, for each: (images, SIDE, SIDE, 3) in 0 .. 255.

    Without a ground of its own, each would be a near-duplicate of all others of its shape.
    """
    count = len(labels)
    ground = generator.uniform(40, 215, (count, PATCHES, PATCHES, 1))
    pixels = ground.repeat(SIDE // PATCHES, axis=1).repeat(SIDE // PATCHES, axis=2)
    radii = generator.uniform(0.2, 0.35, (count, 1, 1)) * SIDE
    places = generator.uniform(0.4, 0.6, (2, count, 1, 1)) * SIDE
    down, right = (np.abs(axis - place) for axis, place in
                   zip(np.ogrid[:SIDE, :SIDE], places, strict=True))
    is_round = np.array([shape == "round" for _, shape in labels])[:, None, None]
    inside = np.where(is_round, np.hypot(down, right), np.maximum(down, right)) < radii
    colours = np.array([COLOURS[colour] for colour, _ in labels], float)[:, None, None]
    pixels = np.where(inside[..., None], colours, pixels)
    pixels += generator.normal(0, 12, pixels.shape)
    return pixels.clip(0, 255)
