"""Backbones: networks trained on ImageNet, made into folders that are all used alike.

TensorFlow is imported through `runtime`, and `runtime` only when a backbone is made, or run by
TensorFlow itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vision.backbones.handles import is_handle
from vision.backbones.record import (
    TENSORFLOW,
    BackboneRecord,
    OpenedBackbone,
)
from vision.folders import BACKBONE
from vision.photos.image import PREPROCESSING
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import check, making, refuse_foreign, refuse_input

if TYPE_CHECKING:
    from words_and_images.common import catalogue

KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


def normalise_backbone(
    source: str, folder: Path, image_size: int | None = None, inference: str | None = None,
    called: str | None = None,
) -> BackboneRecord:
    """Make any source into a folder of a SavedModel, a LiteRT network and their record.json.

    The SavedModel is in TF-Hub's style: called as a function with float32 images (batch, height,
    width, 3) in [0, 1] it returns pooled features (batch, feature_width); its weights are
    constants. network.tflite is the same for one image, with weights of 8 bits if so chosen.

    Parameters
    ----------
    source : a Keras weights file of Inception-v3, a TF-Hub handle (URL), a SavedModel folder, or
        else a name of the catalogue.
    folder : where to; replaced as a whole, or left as it was when something fails.
    image_size : height and width in pixels, where the model does not tell or takes any.
    inference : as in BackboneParameters.
    called : what the record calls the source, where that is another path to it.

    Raises
    ------
    UserError
        For a source that cannot be found, reached or read, that gives no pooled features, or
        that cannot be run as `inference` says; where something else stands at `folder`, and where
        the source lies there.
    """
    refuse_input(folder, [source])
    refuse_foreign(folder, BACKBONE)
    opened = _open(source, image_size)
    return write_backbone(replace(opened, source=called or opened.source), folder, inference)


def named_backbone(source: str) -> str:
    """The source, a name marked as the catalogue's; what it was taken for is said.

    Raises
    ------
    UserError
        For what is neither a handle, a path that exists nor a name of the catalogue.
    """
    from words_and_images.common import catalogue

    if is_handle(source) and not Path(source).exists():
        return source
    entry = catalogue.entry_of(source, Path(source).exists(), "backbone")
    catalogue.tell_taken("backbone", source, entry, "backbone")
    return catalogue.MARK + entry.name if entry else source


def write_backbone(
    opened: OpenedBackbone, folder: Path, inference: str | None = None
) -> BackboneRecord:
    """Write an opened network as `normalise_backbone` does, with the same errors."""
    from vision.backbones import conversion, litert, runtime

    frozen, feature_width = _freeze(opened)
    inference, network = conversion.convert(opened, inference)
    size = f"{opened.height} {opened.width}"
    record = BackboneRecord(
        name=opened.name, height=opened.height, width=opened.width, feature_width=feature_width,
        pixel_scaling=opened.pixel_scaling, source=opened.source, licence=opened.licence,
        citation=opened.citation, inference=inference,
        fingerprint=runtime.fingerprint(frozen, PREPROCESSING, size, inference),
    )
    with making(folder, BACKBONE) as temporary:
        runtime.save(frozen, temporary)
        if network is not None:
            (temporary / litert.NETWORK_FILE).write_bytes(network)
        record.write(temporary)
    return record


def _open(source: str, image_size: int | None) -> OpenedBackbone:
    """The source, by what it looks like."""
    from words_and_images.common import catalogue

    path = Path(source)
    if is_handle(source) and not path.exists():
        from vision.backbones.saved_model import open_handle
        return open_handle(source, image_size)
    if entry := catalogue.entry_of(source, path.exists(), "backbone"):
        return _open_entry(entry, image_size)
    if path.is_dir():
        from vision.backbones.saved_model import open_saved_model
        return open_saved_model(path, image_size)
    if path.is_file() and path.suffix.lower() in KERAS_SUFFIXES:
        from vision.backbones.inception import open_keras_weights
        return open_keras_weights(path, image_size)
    raise UserError(f"backbone.source is {source!r}, which is no Keras weights file (.h5, .keras); "
                    "give one, a SavedModel folder, a TF-Hub handle or a name.")


def _open_entry(entry: "catalogue.Source", image_size: int | None) -> OpenedBackbone:
    """The catalogue's entry: each names its own architecture."""
    if entry.name == "inception_v3":
        from vision.backbones.inception import open_inception
        return open_inception(entry, image_size)
    if entry.name == "efficientnet_lite2":
        from vision.backbones.efficientnet_lite import open_efficientnet_lite2
        return open_efficientnet_lite2(entry, image_size)
    raise UserError(f"the catalogue's backbone {entry.name} has no architecture in "
                    "vision/backbones; write it there.")


def _freeze(opened: OpenedBackbone) -> tuple[Any, int]:
    """The frozen network and the width of its features, found by a run."""
    from vision.backbones import runtime

    probe = np.full((2, opened.height, opened.width, 3), 0.5, np.float32)
    try:
        frozen = runtime.freeze(opened.network, opened.height, opened.width)
        features = runtime.run(frozen, probe)
    except (UserError, MemoryError, runtime.tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:  # Whatever goes wrong inside somebody else's network.
        raise UserError(
            f"{opened.source} cannot be run on images of {opened.height} x {opened.width} pixels "
            f"({runtime.brief(error)}); give a network of images (batch, height, width, 3)."
        ) from None
    if features.ndim != 2 or len(features) != 2:
        raise UserError(f"{opened.source} turns 2 images into an output of shape {features.shape}; "
                        "a backbone gives pooled features (images, width).")
    return frozen, features.shape[1]


@dataclass(frozen=True)
class Backbone:
    """A loaded backbone: its record, and what turns an image into features.

    `network` takes one image (height, width, 3) and gives (feature_width,). An image is always
    run alone, so that its features are the same bits whatever else is run beside it. `folder` is
    where it was loaded from.
    """

    record: BackboneRecord
    network: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    folder: Path

    def features(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pooled features of images; threads may call it at the same time.

        Parameters
        ----------
        images : float32 (batch, height, width, 3) in [0, 1], as `read_image` gives them.

        Returns
        -------
        float32 (batch, feature_width).
        """
        expected = (self.record.height, self.record.width, 3)
        if images.ndim != 4 or images.shape[1:] != expected:
            raise ValueError(f"images of shape {images.shape} given to {self.record.name}, which "
                             f"takes (batch, {', '.join(map(str, expected))}).")
        features = np.empty((len(images), self.record.feature_width), np.float32)
        for number, image in enumerate(images.astype(np.float32, copy=False)):
            features[number] = self.network(image)
        return features


def load_backbone(folder: Path) -> Backbone:
    """Load a folder that `normalise_backbone` wrote.

    Raises
    ------
    UserError
        For a folder without a backbone or with a broken one.
    """
    folder = Path(folder)
    check(folder, BACKBONE, BackboneRecord.read(folder).is_used)
    return open_backbone(folder)


def open_backbone(folder: Path) -> Backbone:
    """The same of a folder whose files have been checked."""
    record = BackboneRecord.read(folder)
    if record.inference == TENSORFLOW:
        from vision.backbones import runtime
        return Backbone(record, runtime.load_network(folder), folder)
    from vision.backbones import litert
    return Backbone(record, litert.load(folder, record), folder)
