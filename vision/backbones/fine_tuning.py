"""The last block of a backbone, retrained together with a head: for those with more images."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vision.backbones.record import BackboneRecord, OpenedBackbone
from vision.folders import BACKBONE
from vision.photos.image import enough_for, open_image
from vision.photos.looks import View, prediction_looks
from words_and_images.common.array_files import new_array
from words_and_images.common.errors import UserError, counted, percent
from words_and_images.common.own_files import check, making, refuse_foreign, refuse_input
from words_and_images.common.parameters import require
from words_and_images.common.progress import progress, say
from words_and_images.common.workers import in_order
from words_and_images.common.workspaces import workspace
from words_and_images.retraining.head import Head, RetrainParameters, retrain
from words_and_images.retraining.split import TRAINING, VALIDATION, Split

if TYPE_CHECKING:
    from vision.backbones.block_training import BlockTrainer, Examples, Measure
    from vision.backbones.unfreezing import CutNetwork

LOWER_BATCH = 16
IN_FLOAT32 = 1 << 29  # bytes of activations above which they are kept in half of them


@dataclass(frozen=True)
class FineTuneParameters:
    """The group ``fine_tune``: whether and how the last block of the backbone learns again.

    Attributes
    ----------
    epochs : int
        Passes over the training images at most; 0: the backbone stays as it is.
    learning_rate : float
        Of Adam, for the block and the softmax layer on it.
    batch_size : int
        Images an update.
    l2 : float
        Strength of the pull back to the first weights.
    patience : int
        Epochs without a lower validation loss after which it ends; the best epoch is kept.
    mirrored : bool
        Whether the mirror image of every training image is learned from as well.
    blocks : int
        How many of the last blocks.
    seed : int
        Of the order of the images.
    """

    epochs: int = 0
    learning_rate: float = 1e-5
    batch_size: int = 32
    l2: float = 0.01
    patience: int = 3
    mirrored: bool = True
    blocks: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        require(self.epochs >= 0, "epochs", self.epochs, "0 or more")
        require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        require(self.l2 >= 0, "l2", self.l2, "0 or more")
        require(self.seed >= 0, "seed", self.seed, "0 or more")
        for name in ("batch_size", "patience", "blocks"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")


def fine_tune_backbone(
    backbone_folder: Path,
    folder: Path,
    images: Sequence[Path],
    split: Split,
    parameters: FineTuneParameters | None = None,
) -> BackboneRecord:
    """Retrain the last block of a backbone on the training images; write it as a new backbone.

    First a softmax layer is trained on the features as they are, then the block and the layer
    together, so that the block does not first follow a layer of random numbers: A. Kumar et al.,
    "Fine-tuning can distort pretrained features and underperform out-of-distribution", 2022. The
    layer is dropped; the backbone's new bottlenecks get a head of their own as any others do.

    Parameters
    ----------
    backbone_folder : what `normalise_backbone` wrote.
    folder : where to; what `normalise_backbone` would write. A copy, where `epochs` is 0 or no
        epoch lowers the validation loss.
    images : the image files, in the split's order; those of the test split are not read.
    split : which are learned from, and which tell when to stop.
    parameters : by default the backbone stays as it is.

    Raises
    ------
    UserError
        For a backbone without so many blocks, and training that diverges.
    """
    parameters = parameters or FineTuneParameters()
    refuse_input(folder, [backbone_folder])
    refuse_foreign(folder, BACKBONE)
    record = BackboneRecord.read(backbone_folder)
    if not parameters.epochs:
        return _copied(backbone_folder, folder)
    network = _cut(backbone_folder, record, parameters.blocks)
    with workspace(_parent(folder)) as scratch:
        training, validation = (
            _activations(network, record, images, split, name, parameters, scratch)
            for name in (TRAINING, VALIDATION))
        trainer, measures = _trained(network, split, training, validation, parameters)
        del training, validation  # they are files of the scratch folder
    best = min(measures, key=lambda measure: measure.loss)
    if best is measures[0]:
        say("no epoch lowers the validation loss; the backbone stays as it is.")
        return _copied(backbone_folder, folder)
    say(f"retrained: validation loss {measures[0].loss:.4f} before, {best.loss:.4f} after; "
        f"accuracy {percent(measures[0].accuracy)} before, {percent(best.accuracy)} after")
    return _write(network, trainer.kernels(), record, folder, parameters.blocks)


def _parent(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.parent


def _copied(source: Path, folder: Path) -> BackboneRecord:
    check(source, BACKBONE)  # a damaged file must not be listed as it is
    with making(folder, BACKBONE) as temporary:
        shutil.copytree(source, temporary)
    return BackboneRecord.read(folder)


def _cut(backbone_folder: Path, record: BackboneRecord, blocks: int) -> "CutNetwork":
    from vision.backbones import runtime
    from vision.backbones.unfreezing import cut_network

    model = runtime.load(backbone_folder)
    frozen = runtime.freeze(lambda batch: model(batch), record.height, record.width)
    network = cut_network(frozen, record.name, blocks)
    weights = sum(kernel.size for kernel in network.kernels.values())
    say(f"unfreezing {counted(blocks, 'block')} of {record.name}: {weights:,} weights above "
        f"{network.cut.rpartition('PartitionedCall/')[2]}")
    return network


def _activations(
    network: "CutNetwork",
    record: BackboneRecord,
    images: Sequence[Path],
    split: Split,
    name: str,
    parameters: FineTuneParameters,
    scratch: Path,
) -> "Examples":
    """What a split's images are at the cut, in a file: (images x looks, ...)."""
    from vision.backbones.block_training import Examples

    both = name == TRAINING and parameters.mirrored
    looks = prediction_looks(("whole", "mirror") if both else ("whole",))
    rows = split.rows(name)
    shape = (len(rows) * len(looks), *network.shape)
    kind = np.float32 if 4 * np.prod(shape, dtype=np.int64) <= IN_FLOAT32 else np.float16
    stored = new_array(scratch / f"{name}.npy", kind, shape)
    limit = np.finfo(kind).max
    pixels = _pixels([images[row] for row in rows], looks, record)
    with progress(f"{name} images up to the cut", len(stored), "looks") as counter:
        while batch := list(islice(pixels, LOWER_BATCH)):
            place = int(counter.done)
            values = network.lower(np.stack(batch))
            stored[place:place + len(batch)] = np.clip(values, -limit, limit)
            counter.advance(len(batch))
    return Examples(stored, np.repeat(split.targets[rows], len(looks)))


def _pixels(
    paths: Sequence[Path], looks: Sequence[View], record: BackboneRecord
) -> Iterator[NDArray[np.float32]]:
    """Every look at every image, (height, width, 3), decoded ahead of the network."""
    enough = enough_for(record.height, record.width)

    def seen(path: Path) -> list[NDArray[np.float32]]:
        picture = open_image(path, enough)
        return [look(picture, record.height, record.width) for look in looks]

    for rows in in_order(seen, paths):
        yield from rows


def _trained(
    network: "CutNetwork",
    split: Split,
    training: "Examples",
    validation: "Examples",
    parameters: FineTuneParameters,
) -> tuple["BlockTrainer", list["Measure"]]:
    """The block and a softmax layer, trained, and how they did before and after each epoch."""
    from vision.backbones.block_training import BlockTrainer, repeatable, train_block

    (weights, bias, _activation), = _first_head(network, split, training, validation).folded()
    trainer = BlockTrainer(network, weights, bias, parameters)
    generator = np.random.default_rng(parameters.seed)
    measures: list[Measure] = []
    description = "retraining the last block"
    with repeatable(), progress(description, parameters.epochs, "epochs") as counter:
        for measure in train_block(trainer, training, validation, generator):
            _refuse_divergence(measure, parameters)
            if measures:
                counter.advance(note=f"validation loss {measure.loss:.4f}, "
                                     f"accuracy {percent(measure.accuracy)}")
            measures.append(measure)
    return trainer, measures


def _first_head(
    network: "CutNetwork", split: Split, training: "Examples", validation: "Examples"
) -> Head:
    """A softmax layer on the features as they are."""
    from vision.backbones.block_training import features_of

    shown = []
    for name, examples in ((TRAINING, training), (VALIDATION, validation)):
        rows = split.rows(name)
        looks = len(examples.targets) // len(rows)
        shown += [split.examples[row] for row in np.repeat(rows, looks)]
    bottlenecks = np.concatenate([features_of(network, each.activations)
                                  for each in (training, validation)])
    # A single layer, and not of the validation images, which are to tell when to stop.
    parameters = RetrainParameters(hidden=0, l2=0.5, refit=False)
    return retrain(bottlenecks, Split(split.labels, shown, split.noun), parameters)


def _refuse_divergence(measure: "Measure", parameters: FineTuneParameters) -> None:
    if not np.isfinite(measure.loss):
        raise UserError(f"retraining the last block diverges at fine_tune.learning_rate "
                        f"{parameters.learning_rate:g}; lower it.")


def _write(
    network: "CutNetwork",
    kernels: dict[str, Any],
    record: BackboneRecord,
    folder: Path,
    blocks: int,
) -> BackboneRecord:
    """The whole network with its new kernels, as any other backbone."""
    from vision.backbones.backbone import write_backbone

    retrained = "last block" if blocks == 1 else f"last {blocks} blocks"
    opened = OpenedBackbone(
        network.with_kernels(kernels), record.height, record.width,
        f"{record.name} ({retrained} retrained)", record.source, record.pixel_scaling,
        record.licence, record.citation)
    return write_backbone(opened, folder, record.inference)
