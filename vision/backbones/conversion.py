"""From TensorFlow to LiteRT: a network converted, and held against the one it was made from."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.backbones import runtime
from vision.backbones.depthwise import with_float_depthwise
from vision.backbones.litert import LiteNetwork
from vision.backbones.native_messages import native_messages_dropped, warnings_dropped
from vision.backbones.record import FLOAT32, INT8, TENSORFLOW, OpenedBackbone
from vision.backbones.runtime import brief, tf
from words_and_images.common.errors import UserError
from words_and_images.common.progress import say

DEPTHWISE = "DepthwiseConv2dNative"
# Of the features' length, on PROBES pictures: 8-bit weights move them by about a tenth, which no
# accuracy has been seen to suffer from; float32 differs by the order of its sums alone.
TOLERANCES = {INT8: 0.25, FLOAT32: 1e-3}
PROBES = 4
PATCHES = 8  # a side, of a probe


class UnconvertibleError(Exception):
    """Why a network cannot be run by LiteRT, in a few words."""


def convert(opened: OpenedBackbone, inference: str | None) -> tuple[str, bytes | None]:
    """What is to run a network, and its .tflite file (None for TensorFlow).

    Parameters
    ----------
    opened : the network.
    inference : "int8", "float32" or "tensorflow"; None: the first of them that can run the
        network and gives nearly its features.

    Raises
    ------
    UserError
        Where LiteRT cannot run the network as it was asked to by name.
    """
    if inference == TENSORFLOW:
        return TENSORFLOW, None
    frozen = runtime.freeze(opened.network, opened.height, opened.width, batch=1)
    reason = ""
    for kind in (inference,) if inference else (INT8, FLOAT32):
        try:
            return kind, _checked(frozen, kind)
        except UnconvertibleError as error:
            reason = str(error)
    if inference:
        raise UserError(f"backbone.inference is {inference!r}, but LiteRT cannot run "
                        f"{opened.source} so ({reason}); leave it out.")
    say(f"LiteRT cannot run {opened.name} ({reason}); TensorFlow runs it, more slowly.")
    return TENSORFLOW, None


def _checked(frozen: Any, kind: str) -> bytes:
    """The network's .tflite, once it was seen to give the network's own features."""
    content = converted(frozen, kind)
    try:
        network = LiteNetwork(content)
        distances = [_distance(network(image), runtime.run(frozen, image[None])[0])
                     for image in probes(*frozen.inputs[0].shape[1:3])]
    except (ValueError, RuntimeError) as error:
        raise UnconvertibleError(brief(error)) from None
    if not max(distances) <= TOLERANCES[kind]:
        raise UnconvertibleError(f"its features in {kind} are {max(distances):.2g} of their "
                                 "length away")
    return content


def converted(frozen: Any, kind: str) -> bytes:
    """The .tflite file of a frozen network; UnconvertibleError where there is none."""
    if kind == FLOAT32 or DEPTHWISE not in runtime.operations(frozen):
        return _tflite(frozen, kind)
    return with_float_depthwise(_tflite(frozen, INT8), _tflite(frozen, FLOAT32))


def _tflite(frozen: Any, kind: str) -> bytes:
    """The converter's own answer: weights of 8 bits, or as they are."""
    try:
        with native_messages_dropped(), warnings_dropped():
            # Without the object that holds the variables, of which a frozen network has none.
            converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
            if kind == INT8:
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            return converter.convert()
    except MemoryError:
        raise
    except Exception as error:  # The converter's own kinds, and TensorFlow's.
        raise UnconvertibleError(brief(error)) from None


def probes(height: int, width: int) -> list[NDArray[np.float32]]:
    """Pictures (height, width, 3) of soft patches of colour, always the same.

    Nearer to photos than noise is, for which networks have no features.
    """
    generator = np.random.default_rng(1)
    colours = generator.integers(0, 256, (PROBES, PATCHES, PATCHES, 3), np.uint8)
    pictures = [Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)
                for patches in colours]
    return [np.asarray(picture, np.float32) / np.float32(255) for picture in pictures]


def _distance(features: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The distance of two vectors as a share of the second's length."""
    length = np.linalg.norm(expected)
    return float(np.linalg.norm(features - expected) / max(length, np.finfo(np.float32).tiny))
