"""Backbones of others: SavedModel folders and handles, taken by the TF-Hub contract.

The contract: images (batch, height, width, 3) in [0, 1] in, pooled features (batch, width) out.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from vision.backbones import handles, hub_cache
from vision.backbones.record import OpenedBackbone
from vision.backbones.runtime import Network, Tensor, load, tf
from words_and_images.common.archives import NoRoomError, unpack
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import (
    MIRROR_VARIABLE,
    ChecksumError,
    UnreachableError,
    fetch_url,
)

PIXEL_SCALING = "x, or what the SavedModel does itself"
SIGNATURES = ("serving_default", "default")
CHECKSUM = "#sha256="  # as pip writes it behind a URL
PAGE_BYTES = 256  # enough to tell a web page from an archive


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
    return _opened(load(folder), folder.resolve().name, str(folder), image_size)


def open_handle(handle: str, image_size: int | None) -> OpenedBackbone:
    """A model by its handle on TF-Hub or Kaggle, or by the address of any archive of a SavedModel.

    It is taken from TFHUB_CACHE_DIR, where that is set and holds it; else it is fetched as an
    archive, which stays in the cache folder, and unpacked into TFHUB_CACHE_DIR too.

    Parameters
    ----------
    handle : a URL, or OWNER/MODEL/FRAMEWORK/VARIATION/VERSION of Kaggle; a checksum of its archive
        may follow, as ``#sha256=<hexadecimal>``. With one, TFHUB_CACHE_DIR is left alone, as what
        is unpacked can no longer be checked.

    Raises
    ------
    UserError
        When the handle cannot be reached or what it gives is no SavedModel; and as for a folder.
    """
    handle, _, sha256 = handle.partition(CHECKSUM)
    address = handles.address_of(handle)
    name = handles.name_of(address)
    kept = None if sha256 else hub_cache.kept_model(address)
    model = _kept(kept, address) if kept else _fetched(address, sha256)
    return _opened(model, name, handle, image_size)


def _kept(folder: Path, address: str) -> Any:
    try:
        return load(folder)
    except UserError as error:
        reason = str(error).removeprefix(f"{folder} ").rpartition(";")[0]
        raise UserError(f"{folder}, kept for {address} in {hub_cache.CACHE_VARIABLE}, {reason}; "
                        "remove it, and it is fetched again.") from None


def _fetched(address: str, sha256: str) -> Any:
    """The model from its archive; put into TFHUB_CACHE_DIR unless the archive's checksum counts."""
    archive = _fetch(address, sha256)
    with tempfile.TemporaryDirectory() as workspace:
        folder = Path(workspace) / "model"  # one that others may read, as the copy will be
        folder.mkdir()
        unpacked, model = _unpacked(archive, folder, address)
        if not sha256:
            hub_cache.keep_model(address, unpacked)
    return model


def _fetch(address: str, sha256: str) -> Path:
    """The archive of a model, from the cache, the mirror folder or the network."""
    try:
        return fetch_url(handles.downloads_of(address), sha256.lower() or None)
    except UnreachableError as error:
        raise UserError(
            f"{address} cannot be fetched as a TF-Hub module ({error.reason}); connect to the "
            f"network, mend the handle, set {MIRROR_VARIABLE} to a folder that holds the file, or "
            "set backbone.source to efficientnet_lite2, a Keras weights file or a SavedModel "
            "folder."
        ) from None
    except ChecksumError as error:
        raise ChecksumError(error.address, f"sha256:{sha256}", "backbone.source") from None


def _unpacked(archive: Path, folder: Path, handle: str) -> tuple[Path, Any]:
    """The model in an archive, its folder and loaded.

    An archive of something else does not stay in the cache.
    """
    try:
        unpack(archive, folder)
        # At the top by TF-Hub's rule, but who packs a model by hand packs its folder.
        inside = [path.parent for path in sorted(folder.rglob("saved_model.pb"))]
        found = inside[0] if inside else folder
        return found, load(found)
    except NoRoomError:
        raise
    except UserError as error:
        reason = _why_not(archive, folder, error)
        archive.unlink(missing_ok=True)
        raise UserError(
            f"{handle} gives no SavedModel ({reason}); give the address of a TF-Hub module or of "
            "an archive of a SavedModel folder."
        ) from None


def _why_not(archive: Path, folder: Path, error: UserError) -> str:
    """What was wrong with an archive, in words that name none of our own files."""
    if archive.read_bytes()[:PAGE_BYTES].lstrip().startswith(b"<"):
        return "a web page came"
    files = [path for path in folder.rglob("*") if path.is_file()]
    if files and not any(path.name == "saved_model.pb" for path in files):
        return "the archive holds no saved_model.pb"
    reason = str(error).rpartition(";")[0]
    return reason.replace(str(archive), "the archive").replace(str(folder), "it")


def _opened(model: Any, name: str, source: str, image_size: int | None) -> OpenedBackbone:
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
