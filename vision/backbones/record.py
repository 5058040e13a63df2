"""What is known of a backbone: its parameters, its record, and a source once it is opened."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vision.folders import BACKBONE
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, write_json
from words_and_images.common.own_files import LIST_KEY, DamagedError, remedy_for
from words_and_images.common.parameters import build, require, require_choice

RECORD_FILE, NETWORK_FILE = "record.json", "network.tflite"
SMALLEST_IMAGE = 32
LARGEST_IMAGE, MOST_FEATURES = 10_000, 1_000_000  # a side, and an image
UNSTATED = "not stated by the source"
# What runs a network: LiteRT with weights of 8 bits or as they are, or TensorFlow.
INT8, FLOAT32 = "int8", "float32"
TENSORFLOW = "tensorflow"
"""The inference of a record whose network TensorFlow runs."""
INFERENCES = (INT8, FLOAT32, TENSORFLOW)


@dataclass(frozen=True)
class BackboneParameters:
    """The group ``backbone``.

    Parameters
    ----------
    source : a name of the catalogue, an Inception-v3 weights file of Keras, a TF-Hub handle (URL)
        or a SavedModel folder; None: what the profile says.
    image_size : height and width in pixels, where the model does not tell or takes any.
    inference : what runs the network: int8 (LiteRT with weights of 8 bits, but for those of
        depthwise convolutions), float32 (LiteRT) or tensorflow (the SavedModel, as exact as
        float32 and the slowest); if not given, the first of these that gives nearly the
        network's own features.
    """

    source: str | None = None
    image_size: int | None = None
    inference: str | None = None

    def __post_init__(self) -> None:
        require(self.source != "", "source", self.source, "a name, a path, a URL or nothing")
        require(self.image_size is None or self.image_size >= SMALLEST_IMAGE, "image_size",
                self.image_size, f"at least {SMALLEST_IMAGE} pixels or nothing")
        if self.inference is not None:
            require_choice("inference", self.inference, INFERENCES)


@dataclass(frozen=True)
class BackboneRecord:
    """What the rest of the pipeline knows of a backbone.

    Parameters
    ----------
    name : what to call it.
    height, width : of its images, in pixels.
    feature_width : features an image.
    pixel_scaling : what the network does to x in [0, 1] first.
    source, licence, citation : where the weights are from, and their terms.
    fingerprint : sha256 over image size, preprocessing, operations, weights and inference; the
        same for backbones that compute the same.
    inference : what runs it, one of INFERENCES.
    """

    name: str
    height: int
    width: int
    feature_width: int
    pixel_scaling: str
    source: str
    licence: str
    citation: str
    fingerprint: str
    inference: str = TENSORFLOW

    def __post_init__(self) -> None:
        require_choice("inference", self.inference, INFERENCES)
        for name in ("height", "width"):
            value = getattr(self, name)
            require(1 <= value <= LARGEST_IMAGE, name, value, f"from 1 to {LARGEST_IMAGE:,}")
        require(1 <= self.feature_width <= MOST_FEATURES, "feature_width", self.feature_width,
                f"from 1 to {MOST_FEATURES:,}")

    def write(self, folder: Path) -> None:
        """Write record.json into the backbone's folder."""
        write_json(folder / RECORD_FILE, asdict(self))

    def is_used(self, name: str) -> bool:
        """Whether a file of the folder is used to run it: LiteRT does without the SavedModel."""
        return self.inference == TENSORFLOW or name in (RECORD_FILE, NETWORK_FILE)

    @classmethod
    def read(cls, folder: Path) -> "BackboneRecord":
        """Read record.json of a backbone's folder.

        Raises
        ------
        UserError
            For a folder without a record, or with a broken one.
        """
        path = folder / RECORD_FILE
        try:
            content = read_json(path)
            if isinstance(content, dict):
                content.pop(LIST_KEY, None)
            return build(cls, content, str(path))
        except FileNotFoundError:
            raise DamagedError(f"{folder} holds no backbone (no {RECORD_FILE})",
                               BACKBONE.remedy) from None
        except (OSError, ValueError, TypeError, UserError) as error:
            raise DamagedError(f"{path} is broken ({error})",
                               remedy_for(folder, BACKBONE)) from None


@dataclass(frozen=True)
class OpenedBackbone:
    """A source once it is opened: the network and what the source tells of it.

    `network` takes images (batch, height, width, 3) in [0, 1] and gives pooled features
    (batch, feature width), both TensorFlow tensors.
    """

    network: Callable[[Any], Any]
    height: int
    width: int
    name: str
    source: str
    pixel_scaling: str
    licence: str = UNSTATED
    citation: str = ""
