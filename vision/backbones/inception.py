"""Inception-v3 from Keras weights: a file of one's own, or the one of Keras Applications."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vision.backbones.keras_files import refuse_unsound
from vision.backbones.record import OpenedBackbone
from vision.backbones.runtime import brief, tf
from words_and_images.common.catalogue import Source, fetch
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import MIRROR_VARIABLE, UnreachableError

NAME = "inception_v3"
IMAGE_SIZE = 299
SMALLEST_IMAGE = 75
PIXEL_SCALING = "2 x - 1"
CITATION = "C. Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016"


def open_inception(source: Source, image_size: int | None) -> OpenedBackbone:
    """Inception-v3 with Keras Applications' ImageNet weights.

    Their file is fetched like every other source, and not by Keras: a broken download goes on
    where it stopped, and a mirror folder can stand in for the network.

    Raises
    ------
    UserError
        When the file cannot be reached, or is another than Keras publishes.
    """
    _image_size(image_size)
    try:
        weights = fetch(source)
    except UnreachableError as error:
        raise UserError(
            f"Keras' weights of Inception-v3 cannot be fetched from {' and '.join(source.urls)} "
            f"({error.reason}); connect to the network, set {MIRROR_VARIABLE} to a folder that "
            "holds the file, or set backbone.source to a Keras weights file of Inception-v3, to "
            "efficientnet_lite2, a SavedModel folder or a TF-Hub handle."
        ) from None
    opened = open_keras_weights(weights, image_size)
    return replace(opened, source=source.name, licence=source.licence, citation=source.citation)


def open_keras_weights(path: Path, image_size: int | None) -> OpenedBackbone:
    """Inception-v3 with the weights of a file, in the layout of Keras Applications' no-top file.

    Raises
    ------
    UserError
        When the file holds the weights of another network, or none.
    """
    size = _image_size(image_size)
    model = tf.keras.applications.InceptionV3(
        include_top=False, weights=None, pooling="avg", input_shape=(size, size, 3))
    try:
        refuse_unsound(path, model.count_params())
        _load_all(model, path)
    except Exception as error:  # Another network, another format, no HDF5: each in its own way.
        reason = brief(error).partition(". ")[0]
        raise UserError(
            f"{path} does not hold the weights of Inception-v3 without its top ({reason}); give "
            "Keras Applications' no-top file, or the network as a SavedModel folder."
        ) from None
    return OpenedBackbone(_network(model), size, size, NAME, str(path), PIXEL_SCALING,
                          citation=CITATION)


def _load_all(model: Any, path: Path) -> None:
    """Load the weights, and make sure that none was left out.

    Keras passes over what a file lacks with a warning, and leaves random numbers there.
    """
    for variable in model.weights:
        variable.assign(np.full(variable.shape, np.nan, np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.load_weights(str(path))
    missing = [variable.path for variable in model.weights if np.isnan(variable.numpy()).any()]
    if missing:
        raise ValueError(f"it lacks {len(missing)} of {len(model.weights)} arrays")


def _image_size(image_size: int | None) -> int:
    if image_size is not None and image_size < SMALLEST_IMAGE:
        raise UserError(f"backbone.image_size is {image_size}; Inception-v3 needs at least "
                        f"{SMALLEST_IMAGE} pixels, and is best at {IMAGE_SIZE}.")
    return image_size or IMAGE_SIZE


def _network(model: Any) -> Any:
    """The model on images in [0, 1], its batch normalisation as in prediction."""
    return lambda images: model(images * 2 - 1, training=False)
