"""EfficientNet-Lite2: the architecture, written as TensorFlow operations over given weights.

M. Tan and Q. V. Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,
ICML 2019, in its Lite form: no squeeze-and-excitation, ReLU6 for swish, and a stem, a first, a
last stage and a head that are not scaled.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vision.backbones.pytorch_weights import read_pytorch_weights
from vision.backbones.record import OpenedBackbone
from vision.backbones.runtime import Network, Tensor, tf
from words_and_images.common.catalogue import Source, wanted_files
from words_and_images.common.errors import UserError

IMAGE_SIZE = 260
PIXEL_SCALING = "(255 x - 127) / 128"
WIDTH = 1.1
DEPTH = 1.2
CHANNEL_MULTIPLE = 8
EPSILON = 1e-3

Weights = dict[str, NDArray]


class Stage(NamedTuple):
    """A row of EfficientNet-B0's table: blocks of one kind, before scaling."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class Block(NamedTuple):
    """One inverted residual block of the scaled network."""

    kernel: int
    stride: int
    expansion: int
    inputs: int
    outputs: int


def scaled_channels(channels: int) -> int:
    """Channels times the width, to the nearest multiple of 8, at most a tenth below the product."""
    scaled = channels * WIDTH
    rounded = max(CHANNEL_MULTIPLE,
                  int(scaled + CHANNEL_MULTIPLE / 2) // CHANNEL_MULTIPLE * CHANNEL_MULTIPLE)
    return rounded if rounded >= 0.9 * scaled else rounded + CHANNEL_MULTIPLE


def scaled_blocks() -> list[Block]:
    """The blocks from the stem (32 channels) to the head."""
    blocks = []
    inputs = 32
    for stage in STAGES:
        outputs = scaled_channels(stage.channels)
        fixed = stage in (STAGES[0], STAGES[-1])
        for repeat in range(stage.repeats if fixed else ceil(stage.repeats * DEPTH)):
            stride = stage.stride if repeat == 0 else 1
            blocks.append(Block(stage.kernel, stride, stage.expansion, inputs, outputs))
            inputs = outputs
    return blocks


@dataclass(frozen=True)
class Convolution:
    """Kernel (height, width, inputs, outputs) and bias, batch normalisation folded in."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __call__(self, images: Tensor, stride: int = 1) -> Tensor:
        convolved = tf.nn.conv2d(images, self.kernel, stride, "SAME")
        return tf.nn.bias_add(convolved, self.bias)

    def depthwise(self, images: Tensor, stride: int) -> Tensor:
        """Each channel by its own kernel (height, width, channels, 1)."""
        steps = (1, stride, stride, 1)
        convolved = tf.nn.depthwise_conv2d(images, self.kernel, steps, "SAME")
        return tf.nn.bias_add(convolved, self.bias)


def fold(weights: Weights, convolution: str, normalisation: str, axes: tuple) -> Convolution:
    """A convolution followed by batch normalisation as one convolution with a bias.

    y = gamma (w x - mean) / sqrt(variance + epsilon) + beta (Ioffe and Szegedy 2015, algorithm 2).
    """
    gamma, beta, mean, variance = (
        weights[f"{normalisation}.{part}"].astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    kernel = weights[f"{convolution}.weight"] * scale[:, None, None, None]
    bias = beta - mean * scale
    return Convolution(kernel.transpose(axes).astype(np.float32), bias.astype(np.float32))


# PyTorch keeps (outputs, inputs, height, width), and a depthwise kernel as (channels, 1, ...).
FULL = (2, 3, 1, 0)
DEPTHWISE = (2, 3, 0, 1)


def efficientnet_lite2(weights: Weights) -> Network:
    """The network up to its pooled features.

    Parameters
    ----------
    weights : arrays by PyTorch's names (``_conv_stem.weight``, ``_blocks.0._bn1.bias``, ...).

    Returns
    -------
    a function of images (batch, height, width, 3) in [0, 1] to features (batch, 1280).

    Raises
    ------
    UserError
        When the weights are those of another network.
    """
    try:
        stem = fold(weights, "_conv_stem", "_bn0", FULL)
        bodies = [_block(weights, f"_blocks.{number}", block)
                  for number, block in enumerate(scaled_blocks())]
        head = fold(weights, "_conv_head", "_bn1", FULL)
    except (KeyError, ValueError) as error:
        raise UserError(
            f"the weights are not EfficientNet-Lite2's ({error}); give its own."
        ) from None

    def features(images: Tensor) -> Tensor:
        activations = tf.nn.relu6(stem((images * 255 - 127) / 128, stride=2))
        for body in bodies:
            activations = body(activations)
        return tf.reduce_mean(tf.nn.relu6(head(activations)), axis=(1, 2))

    return features


def _block(weights: Weights, name: str, block: Block) -> Network:
    """Expand, convolve each channel by itself, project; the input is added where shapes allow."""
    expand = None
    if block.expansion != 1:
        expand = fold(weights, f"{name}._expand_conv", f"{name}._bn0", FULL)
    depthwise = fold(weights, f"{name}._depthwise_conv", f"{name}._bn1", DEPTHWISE)
    project = fold(weights, f"{name}._project_conv", f"{name}._bn2", FULL)
    expected = (1, 1, block.inputs * block.expansion, block.outputs)
    if project.kernel.shape != expected or depthwise.kernel.shape[0] != block.kernel:
        raise ValueError(f"{name} has the shape {project.kernel.shape}, not {expected}")

    def body(inputs: Tensor) -> Tensor:
        expanded = tf.nn.relu6(expand(inputs)) if expand else inputs
        outputs = project(tf.nn.relu6(depthwise.depthwise(expanded, block.stride)))
        return inputs + outputs if block.stride == 1 and block.inputs == block.outputs else outputs

    return body


def open_efficientnet_lite2(source: Source, image_size: int | None) -> OpenedBackbone:
    """EfficientNet-Lite2 with the ImageNet weights of the catalogue's package.

    Raises
    ------
    UserError
        When the package cannot be reached or holds other weights.
    """
    (name, content), = wanted_files(source)
    network = efficientnet_lite2(read_pytorch_weights(content, name))
    size = image_size or IMAGE_SIZE
    return OpenedBackbone(network, size, size, source.name, source.name, PIXEL_SCALING,
                          source.licence, source.citation)
