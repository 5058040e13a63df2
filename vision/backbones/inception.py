"""Inception-v3 from Keras weights: a file, or what Keras Applications downloads."""

import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from common.catalogue import Source
from common.errors import UserError
from vision.backbones.record import OpenedBackbone
from vision.backbones.runtime import brief, tf

NAME = "inception_v3"
IMAGE_SIZE = 299
SMALLEST_IMAGE = 75
PIXEL_SCALING = "2 x - 1"
CITATION = "C. Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016"


def open_inception(source: Source, image_size: int | None) -> OpenedBackbone:
    """Inception-v3 with the ImageNet weights that Keras Applications downloads and checks.

    Raises
    ------
    UserError
        When they cannot be reached.
    """
    size = _image_size(image_size)
    try:
        with redirect_stdout(sys.stderr):  # Keras tells of the download among the answers
            model = tf.keras.applications.InceptionV3(
                include_top=False, weights="imagenet", pooling="avg", input_shape=(size, size, 3))
    except Exception as error:  # Keras wraps every failure of a download in a bare Exception.
        raise UserError(
            f"Keras' weights of Inception-v3 cannot be fetched ({brief(error)}); connect to the "
            "network, or set backbone.source to a Keras weights file of Inception-v3, to "
            "efficientnet_lite2, a SavedModel folder or a TF-Hub handle."
        ) from None
    return OpenedBackbone(_network(model), size, size, NAME, NAME, PIXEL_SCALING,
                          source.licence, source.citation)


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
        _load_all(model, path)
    except Exception as error:  # Another network, another format, no HDF5: each in its own way.
        raise UserError(
            f"{path} does not hold the weights of Inception-v3 without its top ({brief(error)}); "
            "give Keras Applications' no-top file, or the network as a SavedModel folder."
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
