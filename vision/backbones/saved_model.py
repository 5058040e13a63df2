"""Backbones of others: SavedModel folders and TF-Hub handles, taken by the TF-Hub contract.

The contract: images (batch, height, width, 3) in [0, 1] in, pooled features (batch, width) out.
"""

import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from common.errors import UserError
from common.fetching import cache_folder
from common.progress import say
from vision.backbones.record import OpenedBackbone
from vision.backbones.runtime import Network, Tensor, brief, load, tf

PIXEL_SCALING = "x, or what the SavedModel does itself"
SIGNATURES = ("serving_default", "default")


class Entry(NamedTuple):
    """How to call a SavedModel, and what it says of its images (None: nothing)."""

    call: Callable[[Tensor], Any]
    images: Any


def open_saved_model(folder: Path, image_size: int | None) -> OpenedBackbone:
    """A SavedModel that is called as a function, or that has a signature of one image batch.

    Raises
    ------
    UserError
        For a folder without a SavedModel, one that takes something else than images, and one
        that does not tell its image size where `image_size` does not either.
    """
    return _opened(folder, folder.resolve().name, str(folder), image_size)


def open_handle(handle: str, image_size: int | None) -> OpenedBackbone:
    """A model by its TF-Hub handle, downloaded by TensorFlow Hub and kept in the cache folder.

    Raises
    ------
    UserError
        When the handle cannot be reached or what it gives is no SavedModel; and as for a folder.
    """
    folder = Path(_download(handle))
    try:
        return _opened(folder, urlsplit(handle).path.strip("/") or handle, handle, image_size)
    except UserError as error:
        if not (folder / "saved_model.pb").exists():
            # TensorFlow Hub would hand out the same useless folder for ever.
            shutil.rmtree(folder, ignore_errors=True)
        raise UserError(str(error).replace(str(folder), handle)) from None


def _download(handle: str) -> str:
    os.environ.setdefault("TFHUB_CACHE_DIR", str(cache_folder() / "tensorflow_hub"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow_hub  # type: ignore[import-untyped]
    say(f"fetching {handle}")
    try:
        return tensorflow_hub.resolve(handle)
    except Exception as error:  # urllib's, tarfile's, TensorFlow's: the handle gave no archive.
        raise UserError(
            f"{handle} cannot be fetched as a TF-Hub module ({brief(error)}); connect to the "
            "network, mend the handle, or set backbone.source to efficientnet_lite2, a Keras "
            "weights file or a SavedModel folder."
        ) from None


def _opened(folder: Path, name: str, source: str, image_size: int | None) -> OpenedBackbone:
    model = load(folder)
    entry = _function(model) if callable(model) else _signature(model, source)
    height, width = _image_size(entry.images, image_size, source)
    return OpenedBackbone(_network(entry, source), height, width, name, source, PIXEL_SCALING)


def _function(model: Any) -> Entry:
    """The entry of a model in TF-Hub's style, which is a function itself."""
    def call(images: Tensor) -> Any:
        try:
            return model(images, training=False)
        except (TypeError, ValueError):
            # Most models have no such argument.
            return model(images)

    # The model holds its variables only as long as somebody holds the model: `call` does.
    traced = model.__call__.concrete_functions
    arguments = traced[0].structured_input_signature[0] if traced else ()
    return Entry(call, arguments[0] if arguments else None)


def _signature(model: Any, source: str) -> Entry:
    """The entry of a model in Keras' or TF-Serving's style, which has signatures."""
    signatures = dict(getattr(model, "signatures", {}))
    name = next((name for name in (*SIGNATURES, *signatures) if name in signatures), None)
    if name is None:
        raise UserError(f"{source} can neither be called nor has it a signature; export it with "
                        "a function of images.")
    signature = signatures[name]
    arguments = signature.structured_input_signature[1]
    if len(arguments) != 1:
        raise UserError(f"{source} takes {len(arguments)} inputs ({', '.join(arguments)}); a "
                        "backbone takes one batch of images.")
    (argument, images), = arguments.items()
    # The model stays referred to, so that its variables live as long as its signature.
    return Entry(lambda batch, _model=model: signature(**{argument: batch}), images)  # type: ignore[misc]


def _image_size(images: Any, image_size: int | None, source: str) -> tuple[int, int]:
    """Height and width from the model's own words, else as given."""
    shape = [None] * 4 if images is None or images.shape.rank is None else images.shape.as_list()
    if len(shape) != 4 or shape[3] not in (3, None):
        raise UserError(f"{source} takes inputs of shape {shape}; a backbone takes images "
                        "(batch, height, width, 3).")
    if images is not None and not images.dtype.is_floating:
        raise UserError(f"{source} takes {images.dtype.name}; a backbone takes floating-point "
                        "images in [0, 1].")
    height, width = shape[1] or image_size, shape[2] or image_size
    if height is None or width is None:
        raise UserError(f"{source} does not tell the size of its images; set backbone.image_size "
                        "to their height and width in pixels.")
    if image_size is not None and (height, width) != (image_size, image_size):
        raise UserError(f"backbone.image_size is {image_size}, but {source} takes {height} x "
                        f"{width} pixels; leave it out.")
    return height, width


def _network(entry: Entry, source: str) -> Network:
    """The entry with float32 images in, and its one tensor of features as float32 out."""
    dtype = tf.float32 if entry.images is None else entry.images.dtype
    return lambda images: tf.cast(_features(entry.call(tf.cast(images, dtype)), source), tf.float32)


def _features(outputs: Any, source: str) -> Tensor:
    """The features among a model's outputs: the only one, the default, or the only flat one."""
    if not isinstance(outputs, dict):
        return outputs
    flat = [tensor for tensor in outputs.values() if tensor.shape.rank == 2]
    if "default" in outputs:
        return outputs["default"]
    if len(outputs) == 1 or len(flat) == 1:
        return flat[0] if flat else next(iter(outputs.values()))
    raise UserError(f"{source} gives the outputs {', '.join(sorted(outputs))}; export it with its "
                    "features (batch, width) alone.")
