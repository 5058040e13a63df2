"""The head: standardised bottlenecks under a softmax layer, and its training."""

import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import read_json, replacing, write_json
from common.parameters import require
from common.progress import progress, say
from neural.arrays import FloatArray
from neural.scaling import Standardiser
from neural.softmax_regression import (
    SoftmaxRegression,
    TrainingRecord,
    TrainingSettings,
    train_softmax_regression,
)
from vision.split import TRAINING, VALIDATION, Split

HEAD_FILE, LABELS_FILE, HISTORY_FILE = "head.npz", "labels.json", "history.json"
ARRAYS = ("weights", "bias", "mean", "deviation")


@dataclass(frozen=True)
class RetrainParameters:
    """How the head is trained; ranges as in `neural.softmax_regression.TrainingSettings`.

    Attributes
    ----------
    steps : int
        Updates, each on one batch.
    batch_size : int
        Images an update.
    learning_rate, momentum, schedule
        Of gradient descent; the schedule is "constant" or "cosine" (down to 0 at the end).
    l2 : float
        Weight decay.
    label_smoothing : float
        Share of each target that is spread over all classes.
    seed : int
        Of the first weights and the order of the images.
    """

    steps: int = 500
    batch_size: int = 100
    learning_rate: float = 0.01
    momentum: float = 0.9
    schedule: str = "cosine"
    l2: float = 0.5
    label_smoothing: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        require(self.seed >= 0, "seed", self.seed, "0 or more")
        self.settings()

    def settings(self) -> TrainingSettings:
        """The same for the trainer, which checks the values."""
        values = asdict(self)
        del values["seed"]
        return TrainingSettings(**values)


@dataclass(frozen=True, eq=False)
class Head:
    """From bottlenecks to probabilities: p = softmax((x - mean) / deviation W + b)."""

    labels: list[str]
    standardiser: Standardiser
    layer: SoftmaxRegression
    history: list[TrainingRecord] = field(default_factory=list, repr=False)

    def probabilities(self, bottlenecks: FloatArray) -> FloatArray:
        """Probabilities (images, labels) of bottlenecks (images, features)."""
        standardised = self.standardiser.apply(bottlenecks)
        # Row by row: the bits of a product of matrices depend on how many rows it has, and an
        # image must have the same scores alone as among others.
        rows = [self.layer.probabilities(row) for row in standardised]
        return np.stack(rows) if rows else np.zeros((0, len(self.labels)), np.float32)

    def folded(self) -> SoftmaxRegression:
        """One layer that takes raw bottlenecks, for export."""
        return self.standardiser.fold(self.layer)

    def save(self, folder: Path) -> None:
        """Write head.npz, labels.json and history.json into a new folder, whole or not at all."""
        with replacing(folder) as temporary:
            temporary.mkdir()
            np.savez(temporary / HEAD_FILE, weights=self.layer.weights, bias=self.layer.bias,
                     mean=self.standardiser.mean, deviation=self.standardiser.deviation)
            write_json(temporary / LABELS_FILE, self.labels)
            write_json(temporary / HISTORY_FILE, history_rows(self.history))

    @classmethod
    def load(cls, folder: Path) -> "Head":
        """Read what `save` wrote."""
        path = folder / HEAD_FILE
        try:
            labels = read_json(folder / LABELS_FILE)
            with np.load(path, allow_pickle=False) as archive:
                weights, bias, mean, deviation = (archive[name] for name in ARRAYS)
            history = [TrainingRecord(**row) for row in read_json(folder / HISTORY_FILE)]
            layer = SoftmaxRegression(weights, bias)
            return cls(labels, Standardiser(mean, deviation), layer, history)
        except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(f"{folder} holds no trained head ({error}); train it again.") from None


def retrain(
    bottlenecks: NDArray[np.float32], split: Split, parameters: RetrainParameters | None = None
) -> Head:
    """Train a head on the training images' bottlenecks.

    Parameters
    ----------
    bottlenecks : (images, features)
        In the order of the split's images.
    split : Split
        Its training images are learned from, its validation images measured along the way; the
        test images are not looked at.
    parameters : RetrainParameters, optional

    Raises
    ------
    UserError
        For bottlenecks of other images than the split's, and a loss that diverges.
    """
    parameters = parameters or RetrainParameters()
    _refuse_mismatch(bottlenecks, split)
    targets = split.targets
    training, validation = split.rows(TRAINING), split.rows(VALIDATION)
    standardiser = Standardiser.fit(bottlenecks[training])
    with progress("training the head", parameters.steps, "steps") as counter:
        layer, history = train_softmax_regression(
            standardiser.apply(bottlenecks[training]),
            targets[training],
            (standardiser.apply(bottlenecks[validation]), targets[validation]),
            parameters.settings(),
            np.random.default_rng(parameters.seed),
            on_step=lambda _step, _record: counter.advance(),
        )
    _report(history[-1])
    return Head(split.labels, standardiser, layer, history)


def history_rows(history: Sequence[TrainingRecord]) -> list[dict[str, float | None]]:
    """The loss and accuracy curves as plain values, a row a record."""
    return [asdict(record) for record in history]


def _refuse_mismatch(bottlenecks: NDArray[np.float32], split: Split) -> None:
    if len(bottlenecks) != len(split.images):
        raise UserError(f"there are {len(bottlenecks)} bottlenecks for {len(split.images)} images; "
                        "extract them again.")


def _report(record: TrainingRecord) -> None:
    say(f"after {record.step} steps: training accuracy {record.training_accuracy:.3f}, "
        f"validation accuracy {record.validation_accuracy:.3f}")
