"""TensorFlow itself: how it is imported, and what is done with every network."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.backbones.native_messages import native_messages_dropped, warnings_dropped
from words_and_images.common.errors import UserError
from words_and_images.common.files import megabytes
from words_and_images.common.memory import memory_limit

# Of addresses: with fewer it crashes, aborts, or waits for threads that it could not start.
LEAST_MEMORY = 1 << 32
if (memory_limit() or LEAST_MEMORY) < LEAST_MEMORY:
    raise MemoryError(f"TensorFlow needs {megabytes(LEAST_MEMORY)}")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow tells of its devices and instruction sets while it is imported and first used.
with native_messages_dropped():
    import tensorflow as tf  # type: ignore[import-untyped]
    from tensorflow.python.framework import (  # type: ignore[import-untyped]
        convert_to_constants,
    )

    tf.config.list_logical_devices()

NO_ROOM = os.strerror(errno.ENOSPC)
Tensor = Any
Network = Callable[[Tensor], Tensor]


def freeze(network: Network, height: int, width: int, batch: int | None = None) -> Any:
    """The network as one graph with its weights as constants: quicker, and free of Python.

    Parameters
    ----------
    network : images (batch, height, width, 3) in [0, 1] to features (batch, feature width).
    batch : images it takes at once; None: any number.

    Returns
    -------
    a ConcreteFunction.
    """
    signature = tf.TensorSpec((batch, height, width, 3), tf.float32, name="images")
    with warnings_dropped():  # without room for AutoGraph's temporary files, it does without them
        traced = tf.function(network).get_concrete_function(signature)
    return convert_to_constants.convert_variables_to_constants_v2(traced)


def fingerprint(frozen: Any, *essentials: str) -> str:
    """sha256 over what a frozen network computes with: its operations, settings and weights.

    Names are left out and the operations sorted, so that the order in which a process happened
    to build them does not matter.
    """
    digests = sorted(_node_digest(node) for node in _nodes(frozen))
    return hashlib.sha256("\n".join((*essentials, *digests)).encode()).hexdigest()


def operations(frozen: Any) -> set[str]:
    """The kinds of operations a frozen network is made of."""
    return {node.op for node in _nodes(frozen)}


def _nodes(frozen: Any) -> list[Any]:
    graph = frozen.graph.as_graph_def()
    return [*graph.node, *(node for part in graph.library.function for node in part.node_def)]


def _node_digest(node: Any) -> str:
    digest = hashlib.sha256(node.op.encode())
    for name, value in sorted(node.attr.items()):
        # A function is an attribute by name; its own nodes are in the library.
        if not name.startswith("_") and value.WhichOneof("value") != "func":
            digest.update(name.encode() + value.SerializeToString(deterministic=True))
    return digest.hexdigest()


def run(frozen: Any, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """The frozen network's output for a batch of images."""
    return frozen(tf.constant(images))[0].numpy()


def save(frozen: Any, folder: Path) -> None:
    """Write a SavedModel in TF-Hub's style: called as a function with images, gives features."""
    module = tf.Module()
    images = frozen.inputs[0]
    signature = [tf.TensorSpec(images.shape, images.dtype, name="images")]
    module.__call__ = tf.function(lambda images: frozen(images)[0], signature)
    write_saved_model(module, folder)
    # It holds a random number; without it the same network gives the same bytes.
    (folder / "fingerprint.pb").unlink(missing_ok=True)


def write_saved_model(module: Any, folder: Path, **options: Any) -> None:
    """Write a SavedModel; OSError where it cannot be, of which TensorFlow has own errors."""
    try:
        with warnings_dropped():  # as above
            tf.saved_model.save(module, str(folder), **options)
    except tf.errors.ResourceExhaustedError as error:
        number = errno.ENOSPC if NO_ROOM in error.message else errno.ENOMEM
        raise OSError(number, os.strerror(number), str(folder)) from None
    except tf.errors.OpError as error:
        raise OSError(errno.EIO, brief(error), str(folder)) from None


def load(folder: Path) -> Any:
    """A SavedModel folder's root object.

    Raises
    ------
    UserError
        For a folder that holds no SavedModel that TensorFlow can read, and for one whose graph does
        more than compute (`permitted_operations`).
    """
    from vision.backbones.permitted_operations import refuse_other_operations  # needs this module

    # Modules of TF-Hub's first format, which are loaded without a tag.
    tags: list[str] | None = [] if (folder / "tfhub_module.pb").exists() else None
    try:
        refuse_other_operations(folder)
        return tf.saved_model.load(str(folder), tags=tags)
    except (UserError, MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:  # TensorFlow meets broken models with errors of every kind.
        raise UserError(f"{folder} is no SavedModel that TensorFlow can read "
                        f"({brief(error)}); give the folder that holds saved_model.pb.") from None


def load_network(folder: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """The network of a backbone's folder, run by TensorFlow one image (height, width, 3) a call.

    Raises
    ------
    UserError
        As `load`.
    """
    model = load(folder)
    return lambda image: model(tf.constant(image[None])).numpy()[0]


def brief(error: Exception) -> str:
    """The first line of an error of TensorFlow's or Keras', which may be pages long."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".")[:200] if lines else type(error).__name__
