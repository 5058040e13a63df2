"""Variants of the training photos: distorted ones, and insets where a class is "none of these".

A classifier that has only seen its subject fill the picture misses it when it is small. Where a
class holds photos that show none of the others, such as not_hot_dog beside hot_dog, a photo can be
shown small within one of them and keep its label: the cut and paste of D. Dwibedi, I. Misra and
M. Hebert, "Cut, paste and learn: surprisingly easy synthesis for instance detection", 2017.
"""

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.photos.distortions import (
    HEX_DIGITS,
    LARGEST_INSET,
    DistortionParameters,
    distorted_looks,
    relit,
)
from vision.photos.image import ImageFile, Pixels, enough_for, open_image
from vision.photos.looks import Look
from words_and_images.retraining.split import TRAINING, Split

NEGATIONS = ("not", "no", "non")
NEGATIVE_LABELS = ("background", "negative", "negatives", "neither", "none", "nothing", "other",
                   "others")
NARROWEST = 0.6  # of each side of the photo around it, that is seen
STREAM = 1  # begins the seed, or an inset would draw the numbers of the distortion beside it


def training_variants(
    parameters: DistortionParameters, split: Split, paths: Sequence[Path]
) -> list[Look]:
    """The looks that give each training photo its variants.

    Parameters
    ----------
    parameters : DistortionParameters
    split : Split
        Whose training photos of the negative class are what insets are shown in.
    paths : of the files, in the order of the split's images.

    Raises
    ------
    UserError
        For variants that would all be the photo itself.
    """
    rows = split.rows(TRAINING)
    return [*distorted_looks(parameters),
            *insets_in_parts(parameters, split, paths, rows, np.zeros(len(rows), np.intp))]


def insets_in_parts(
    parameters: DistortionParameters, split: Split, paths: Sequence[Path],
    rows: NDArray[np.intp], parts: NDArray[np.intp],
) -> "list[Look]":
    """The insets of some of a split's photos within others of the same part.

    Parameters
    ----------
    parameters : say how many, and how.
    split, paths : see `training_variants`.
    rows : places of those photos in the split.
    parts : the part of each of them, from 0 on.

    Returns
    -------
    None where a part has fewer than two photos of a negative class.
    """
    negative = negative_label(split.labels)
    surroundings: list[dict[str, Path]] = [{} for _ in range(int(parts.max(initial=0)) + 1)]
    own = {}
    for row, part in zip(rows.tolist(), parts.tolist(), strict=True):
        example = split.examples[row]
        own[example.sha256] = part
        if example.label == negative:
            surroundings[part][example.sha256] = paths[row]
    if min(map(len, surroundings)) < 2:  # one that is not the photo itself
        return []
    insets = [[Inset(number, parameters, dict(sorted(each.items()))) for each in surroundings]
              for number in range(parameters.insets)]
    return [each[0] if len(each) == 1 else InsetInPart(each, own) for each in insets]


def negative_label(labels: Sequence[str]) -> str | None:
    """The label that means "none of the others" by its name, if there is exactly one.

    not_hot_dog or "No hot dog" beside hotdog; or "other", "none", "background" and the like.
    """
    plain = {label: re.sub(r"[\W_]", "", label.casefold()) for label in labels}
    negations = {negation + name for name in plain.values() for negation in NEGATIONS}
    found = [label for label, name in plain.items()
             if name in NEGATIVE_LABELS or name in negations]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Inset:
    """The photo, small, within another of the negative class: a look, see `vision.photos.looks`.

    `surroundings` are the other photos' files by their sha256, two or more of them.
    """

    number: int
    parameters: DistortionParameters = field(repr=False)
    surroundings: dict[str, Path] = field(repr=False)

    @property
    def name(self) -> str:
        """Number, ranges and surroundings: all that the pixels depend on besides the photo."""
        ranges = {name: getattr(self.parameters, name)
                  for name in ("inset_size", "flip", "brightness", "colour", "seed")}
        digest = hashlib.sha256("".join(self.surroundings).encode()).hexdigest()
        return f"inset {self.number} {json.dumps(ranges)} {digest}"

    def __call__(self, picture: Image.Image, height: int, width: int, sha256: str) -> Pixels:
        return self.of(sha256)(picture, height, width, sha256)

    def of(self, sha256: str) -> "InsetOfOne":
        """The inset of the photo of that sha256 alone."""
        keys = self._keys
        own = bisect_left(keys, sha256)
        is_there = own < len(keys) and keys[own] == sha256
        among = len(keys) - is_there  # not the photo itself: where it stands, the next ones do
        drawn = int(_generator(self.parameters, self.number, sha256).integers(among))
        around = keys[drawn + (is_there and drawn >= own)]
        path = self.surroundings[around]
        return InsetOfOne(self.number, self.parameters, among, ImageFile(str(path), around, path))

    @cached_property
    def _keys(self) -> list[str]:
        """The hashes, ascending; once, because every inset draws among all of them."""
        return sorted(self.surroundings)


@dataclass(frozen=True)
class InsetInPart:
    """An inset whose photo and surroundings are of the same part of the photos.

    So that what is held out of a training with its part is not seen around other photos.

    Parameters
    ----------
    insets : of that number, one a part.
    parts : the part of each photo by its sha256.
    """

    insets: Sequence[Inset]
    parts: Mapping[str, int] = field(repr=False)

    @property
    def name(self) -> str:
        """The insets, and the part of each photo."""
        parts = "".join(f"{sha256} {part}\n" for sha256, part in sorted(self.parts.items()))
        told = "; ".join(inset.name for inset in self.insets)
        return f"{told}; {hashlib.sha256(parts.encode()).hexdigest()}"

    def __call__(self, picture: Image.Image, height: int, width: int, sha256: str) -> Pixels:
        return self.of(sha256)(picture, height, width, sha256)

    def of(self, sha256: str) -> "InsetOfOne":
        """The inset of the photo of that sha256 alone."""
        return self.insets[self.parts[sha256]].of(sha256)


@dataclass(frozen=True)
class InsetOfOne:
    """The inset of one photo: a look that knows the one file it needs besides.

    `around` is that file, and was drawn from so many (`among`).
    """

    number: int
    parameters: DistortionParameters = field(repr=False)
    among: int
    around: ImageFile

    @property
    def name(self) -> str:
        """What is shown within what."""
        return f"inset {self.number} within {self.around.sha256}"

    def __call__(self, picture: Image.Image, height: int, width: int, sha256: str) -> Pixels:
        ranges = self.parameters
        generator = _generator(ranges, self.number, sha256)
        generator.integers(self.among)  # which is `around`
        scene = open_image(self.around.source, enough_for(height, width), self.around.name)
        seen = generator.uniform(NARROWEST, 1)
        left, top = generator.random(2) * (1 - seen)
        box = (left * scene.width, top * scene.height,
               (left + seen) * scene.width, (top + seen) * scene.height)
        scene = scene.resize((width, height), Image.Resampling.BILINEAR, box)
        # The longer side of the photo takes the share that is drawn, and it keeps its shape.
        share = generator.uniform(ranges.inset_size, LARGEST_INSET) / max(picture.size)
        size = (max(1, round(width * share * picture.width)),
                max(1, round(height * share * picture.height)))
        place = (int(generator.integers(width - size[0] + 1)),
                 int(generator.integers(height - size[1] + 1)))
        scene.paste(picture.resize(size, Image.Resampling.BILINEAR), place)
        return relit(np.asarray(scene), ranges, generator)


def _generator(
    parameters: DistortionParameters, number: int, sha256: str
) -> np.random.Generator:
    """Draws for the inset of that number of a photo: first among its surroundings."""
    return np.random.default_rng((STREAM, parameters.seed, number, int(sha256[:HEX_DIGITS], 16)))
