"""The head: standardised bottlenecks under a small network with a softmax, and its training."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from words_and_images.common.array_files import opened_arrays
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import read_json, write_json
from words_and_images.common.own_files import check, making
from words_and_images.common.paged import forget
from words_and_images.common.parameters import require, require_choice
from words_and_images.common.progress import progress, say
from words_and_images.common.workers import cores
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.calibration import fit_temperature
from words_and_images.neural.losses import balanced_class_weights
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.neural.softmax import softmax
from words_and_images.neural.training import (
    OnStep,
    TrainingRecord,
    TrainingSettings,
    kept_record,
    train,
)
from words_and_images.retraining.first_look import FOLDS, LEAST_EXAMPLES, enough_of
from words_and_images.retraining.folders import HEAD, HEAD_FILE, HISTORY_FILE, LABELS_FILE
from words_and_images.retraining.folds import deal_folds
from words_and_images.retraining.rows import Part, Rows
from words_and_images.retraining.split import TRAINING, VALIDATION, Split

CLASS_WEIGHTS = ("none", "balanced")
FORGOTTEN_AFTER = 1000  # examples that are answered


class Learning(NamedTuple):
    """What a head learns from, and what it is measured on along the way, if anything."""

    seen: Sequence[Part]
    unseen: Part | None = None


@dataclass(frozen=True)
class RetrainParameters:
    """How the head is trained; ranges as in `TrainingSettings`.

    Attributes
    ----------
    steps : int, 1 or more
        Updates, each on one batch.
    batch_size : int, 1 or more
        Rows an update; every look and every variant of what is learned from is a row.
    learning_rate : float, above 0
        Of the optimiser, before the schedule.
    optimiser : str
        "momentum", "nesterov" or "adam".
    momentum : float, from 0 to below 1
        Of gradient descent; Adam's beta_1.
    schedule : str
        "constant"; "cosine", down to 0 at the end; "step", a tenth after each third of the steps;
        "exponential", the same evenly, a thousandth at the end.
    warm_up : int, from 0 to below steps
        First steps over which the rate rises.
    l2 : float, 0 or more
        Weight decay.
    label_smoothing : float, from 0 to 1
        Share of each target that is spread over all classes.
    hidden : int, 0 or more
        Units of one hidden layer of ReLU; 0: none.
    dropout : float, from 0 to below 1
        Rate at which the last layer's inputs are dropped: hidden units, or bottlenecks.
    class_weights : str
        "balanced": a mistake costs as much more as its class has fewer to learn from; or
        "none".
    patience : int, 0 or more
        Training ends after so many records (one in ten steps) without a lower validation loss,
        and the head of the lowest is kept; 0: all steps, and the last head.
    temperature : bool
        Whether the probabilities are made as sure as the validation set allows.
    first_look : bool
        Whether the first look alone answers where it is sure enough: from the score on that
        cross-validation over training and validation set finds (first_look.py). Never of one
        look, or of few examples.
    refit : bool
        Whether the head that is kept is trained once more on training and validation set
        together, after the curves are drawn without the latter; never with a patience, which
        needs a set that is not learned from.
    seed : int, 0 or more
        Of the first weights, the order of the rows and the dropout.
    """

    steps: int = 500
    batch_size: int = 100
    learning_rate: float = 0.01
    optimiser: str = "momentum"
    momentum: float = 0.9
    schedule: str = "cosine"
    warm_up: int = 0
    l2: float = 0.05
    label_smoothing: float = 0.0
    hidden: int = 128
    dropout: float = 0.0
    class_weights: str = "none"
    patience: int = 0
    temperature: bool = False
    first_look: bool = True
    refit: bool = True
    seed: int = 1

    def __post_init__(self) -> None:
        require(self.seed >= 0, "seed", self.seed, "0 or more")
        require(self.hidden >= 0, "hidden", self.hidden, "0 or more")
        require(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")
        require_choice("class_weights", self.class_weights, CLASS_WEIGHTS)
        self.settings()

    def settings(self, class_weights: tuple[float, ...] | None = None) -> TrainingSettings:
        """The same for the trainer, which checks the values."""
        return TrainingSettings(
            steps=self.steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            optimiser=self.optimiser,
            momentum=self.momentum,
            l2=self.l2,
            label_smoothing=self.label_smoothing,
            class_weights=class_weights,
            input_dropout=0.0 if self.hidden else self.dropout,
            hidden_dropout=self.dropout if self.hidden else 0.0,
            schedule=self.schedule,
            warm_up=self.warm_up,
            patience=self.patience,
        )

    def weights_of(self, targets: IntegerArray, classes: int) -> tuple[float, ...] | None:
        """The class weights of training examples with these targets."""
        if self.class_weights == "none":
            return None
        return tuple(balanced_class_weights(targets, classes).tolist())

    def widths(self, features: int, classes: int) -> list[int]:
        """Of the network: bottlenecks, hidden units if any, classes."""
        return [features, *([self.hidden] if self.hidden else []), classes]


@dataclass(frozen=True, eq=False)
class Head:
    """From bottlenecks to probabilities: p = softmax(network((x - mean) / deviation) / T).

    Of an example seen in several looks, the network's outputs are averaged before the softmax. But
    where the best probability of the first look alone is `first_look` or more, it is the answer,
    and nobody needs the others (first_look.py).
    """

    labels: list[str]
    standardiser: Standardiser
    network: Network
    temperature: float = 1.0
    first_look: float = math.inf
    history: list[TrainingRecord] = field(default_factory=list, repr=False)

    def logits(
        self, bottlenecks: FloatArray, examples: IntegerArray | None = None
    ) -> NDArray[np.float32]:
        """The network's outputs for the first look, or means over all, before the temperature.

        Bottlenecks (examples, looks, features) or (examples, features), of all or of the `examples`
        of these numbers, to (examples, labels). Every example by itself: it must have the same bits
        alone as among others.
        """
        rows = [self._logits_of(example) for example in _each(bottlenecks, examples)]
        return np.stack(rows) if rows else self._nothing()

    def probabilities(
        self, bottlenecks: FloatArray, examples: IntegerArray | None = None
    ) -> NDArray[np.float32]:
        """Probabilities (examples, labels) of what `logits` takes; each row sums to 1."""
        rows = [self.probabilities_of(example) for example in _each(bottlenecks, examples)]
        return np.stack(rows) if rows else self._nothing()

    def probabilities_of(self, looks: Iterable[FloatArray]) -> NDArray[np.float32]:
        """Probabilities (labels,) of one example, of whose looks (features,) only some are taken.

        The same bits as those of `probabilities`, which has all of them.
        """
        return self._softmax(self._logits_of(looks))

    def is_sure(self, look: FloatArray) -> bool:
        """Whether the first look (features,) is enough."""
        return self._is_enough(self._outputs_of(look))

    def folded(self) -> list[tuple[FloatArray, FloatArray, str]]:
        """The network for raw bottlenecks as (weights, bias, activation) of each layer, for export.

        The scaling is in the first layer and the temperature in the last, so that softmax of what
        the last puts out is the probability for one look. Activations are names of
        `ACTIVATIONS`; the last is the identity.
        """
        first, *others = self.network.layers
        layers = [(layer.weights, layer.bias, layer.activation)
                  for layer in (self.standardiser.fold(first), *others)]
        weights, bias, activation = layers.pop()
        scale = np.asarray(1 / self.temperature, weights.dtype)
        return [*layers, (weights * scale, bias * scale, activation)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that `head_from` makes the same of, but for labels and history."""
        return {
            **self.network.arrays(),
            "mean": self.standardiser.mean,
            "deviation": self.standardiser.deviation,
            "temperature": np.array(self.temperature),
            "first_look": np.array(self.first_look),
        }

    def save(self, folder: Path) -> None:
        """Write a folder of its own, whole or not at all."""
        with making(folder, HEAD) as temporary:
            temporary.mkdir()
            self.write(temporary)

    def write(self, folder: Path) -> None:
        """Write head.npz, labels.json and history.json into a folder."""
        np.savez(folder / HEAD_FILE, **self.arrays())  # type: ignore[arg-type]
        write_json(folder / LABELS_FILE, self.labels)
        write_json(folder / HISTORY_FILE, history_rows(self.history))

    @classmethod
    def load(cls, folder: Path) -> "Head":
        """Read what `save` wrote; UserError for anything else, and for a part that is damaged."""
        try:
            labels = read_json(folder / LABELS_FILE)
            history = [TrainingRecord(**row) for row in read_json(folder / HISTORY_FILE)]
            with opened_arrays(folder / HEAD_FILE) as arrays:
                head = head_from(labels, arrays, history)
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"{folder} holds no trained head ({error}); train it again.") from None
        check(folder, HEAD)  # last: what is told above says more
        return head

    def _logits_of(self, looks: Iterable[FloatArray]) -> NDArray[np.float32]:
        outputs = []
        for look in looks:
            outputs.append(self._outputs_of(look))
            if len(outputs) == 1 and self._is_enough(outputs[0]):
                break
        return np.mean(outputs, axis=0, dtype=np.float32)

    def _outputs_of(self, look: FloatArray) -> FloatArray:
        return self.network.outputs_of_one(self.standardiser.apply(look[None])[0])

    def _is_enough(self, outputs: FloatArray) -> bool:
        return float(self._softmax(outputs).max()) >= self.first_look

    def _softmax(self, logits: FloatArray) -> NDArray[np.float32]:
        return softmax(logits / np.float32(self.temperature))

    def _nothing(self) -> NDArray[np.float32]:
        return np.zeros((0, len(self.labels)), np.float32)


def retrain(
    bottlenecks: NDArray[np.float32],
    split: Split,
    parameters: RetrainParameters | None = None,
    distorted: NDArray[np.float32] | None = None,
    on_record: Callable[[TrainingRecord], None] = lambda record: None,
) -> Head:
    """Train a head on the training examples' bottlenecks.

    Parameters
    ----------
    bottlenecks : (examples, looks, features) or (examples, features)
        In the order of the split's examples.
    split : Split
        Its training examples are learned from; its validation examples are measured along the way
        (each look a row), tell when to stop and how sure to be where the parameters ask for
        that, and are learned from at the end (`RetrainParameters.refit`); the test examples are not
        looked at.
    parameters : RetrainParameters, optional
    distorted : (training examples, variants, features), optional
        More rows to learn from, in the order of the training examples.
    on_record : function, optional
        Called with each record of the curves as it is made.

    Raises
    ------
    UserError
        For bottlenecks of other examples than the split's, and a loss that diverges.
    """
    parameters = parameters or RetrainParameters()
    looks = _with_looks(bottlenecks)
    _refuse_mismatch(looks, distorted, split)
    measured = split.rows(VALIDATION)
    training, validation = _parts(looks, split, distorted)
    _tell_of_few_steps(training, parameters, split.noun)
    examples = [Learning(training, validation)]
    refit = parameters.refit and not parameters.patience
    if refit:
        examples.append(Learning([*training, validation]))
    held = _held_out(looks, split, parameters)
    examples += [Learning([each.without(part) for each in (*training, validation)])
                 for part in held]
    with progress("training the head", parameters.steps, "steps") as counter:
        def on_step(_step: int, record: TrainingRecord | None) -> None:
            counter.advance()
            if record is not None:
                on_record(record)

        head, *others = fit_heads(examples, split.labels, parameters, on_step)
    settings = parameters.settings()
    if parameters.temperature:
        fitted = fit_temperature(head.logits(looks, measured), split.targets[measured])
        head = replace(head, temperature=float(fitted))
    kept = others.pop(0) if refit else head
    if held:
        others = [replace(other, temperature=head.temperature) for other in others]
        kept = replace(kept, first_look=_enough(others, looks, split.targets, held))
    kept = replace(kept, temperature=head.temperature, history=head.history)
    _report(kept_record(head.history, settings), kept)
    return kept


def _parts(
    looks: NDArray[np.float32], split: Split, distorted: NDArray[np.float32] | None
) -> tuple[list[Part], Part]:
    """What there is of the training examples, and of the validation examples."""
    targets, learned, measured = split.targets, split.rows(TRAINING), split.rows(VALIDATION)
    training = [Part(looks, learned, learned, targets[learned])]
    if distorted is not None:
        training.append(Part(distorted, np.arange(len(learned)), learned, targets[learned]))
    return training, Part(looks, measured, measured, targets[measured])


def _held_out(
    looks: NDArray[np.float32], split: Split, parameters: RetrainParameters
) -> list[IntegerArray]:
    """Parts to find by cross-validation whether the first look is enough, if any."""
    rows = np.concatenate([split.rows(TRAINING), split.rows(VALIDATION)])
    examples = [split.examples[row] for row in rows]
    groups = [example.group or example.sha256 for example in examples]
    wanted = parameters.first_look and looks.shape[1] > 1 and len(rows) >= LEAST_EXAMPLES
    if not wanted or len(set(groups)) < FOLDS:
        return []
    folds = deal_folds([example.label for example in examples], groups, FOLDS)
    return [rows[folds == fold] for fold in range(FOLDS)]


def _enough(
    heads: Sequence[Head], looks: NDArray[np.float32], targets: IntegerArray,
    held: Sequence[IntegerArray],
) -> float:
    """The score from which the first look is enough, by heads that did not see what they answer."""
    first, full = (
        np.concatenate([head.probabilities(looks[:, :count], part)
                        for head, part in zip(heads, held, strict=True)])
        for count in (1, looks.shape[1]))
    return enough_of(first, full, targets[np.concatenate(held)])


def _tell_of_few_steps(
    training: Sequence[Part], parameters: RetrainParameters, noun: str
) -> None:
    """Say where the training ends before every row was seen once, as of many examples it does."""
    rows = sum(len(part.examples) * part.bottlenecks.shape[1] for part in training)
    steps, size = parameters.steps, parameters.batch_size
    if steps * size < rows:
        say(f"{counted(steps, 'step')} of {counted(size, 'row')} see less than the "
            f"{rows:,} rows of the training {noun}s once; {math.ceil(rows / size):,} steps or more "
            "make a better classifier")


def fit_heads(
    examples: Sequence[Learning], labels: list[str], parameters: RetrainParameters,
    on_step: OnStep = lambda step, record: None,
) -> list[Head]:
    """A head for each, of which none needs another, in threads: as many as there are cores.

    One BLAS thread each, because products this small gain nothing from more, which on a busy
    machine wait for each other; and one gives the same head on any number of cores.

    Parameters
    ----------
    examples : what each head learns from.
    labels : of all of them.
    parameters : RetrainParameters
    on_step : called after each step of the first, in its thread.
    """
    ended = Event()

    def on_any_step(_step: int, _record: TrainingRecord | None) -> None:
        if ended.is_set():
            raise CancelledError

    def on_first_step(step: int, record: TrainingRecord | None) -> None:
        on_any_step(step, record)
        on_step(step, record)

    with (
        threadpool_limits(limits=1, user_api="blas"),
        ThreadPoolExecutor(min(len(examples), max(2, cores()))) as pool,
    ):
        try:
            fits = [pool.submit(_fitted, each, labels, parameters,
                                on_any_step if number else on_first_step)
                    for number, each in enumerate(examples)]
            return [fit.result() for fit in fits]
        finally:  # after an error or Ctrl-C the pool would wait for all steps of the others
            ended.set()


def _fitted(
    learning: Learning, labels: list[str], parameters: RetrainParameters,
    on_step: OnStep,
) -> Head:
    """A head trained on rows, and measured on those that were set apart, if any."""
    rows = Rows(learning.seen)
    standardiser = Standardiser.of_blocks(rows.blocks)
    generator = np.random.default_rng(parameters.seed)
    network = Network.of_widths(generator, parameters.widths(rows.shape[1], len(labels)))
    settings = parameters.settings(parameters.weights_of(rows.targets, len(labels)))
    unseen = None
    if learning.unseen is None:  # a curve of what is learned from alone tells nothing
        settings = replace(settings, evaluate_every=settings.steps)
    else:
        measured = Rows([learning.unseen], standardiser)
        unseen = measured[np.arange(len(measured))], measured.targets
    history = train(network, (rows.standardised(standardiser), rows.targets), unseen, settings,
                    generator, on_step)
    return Head(labels, standardiser, network, history=history)


def history_rows(history: Sequence[TrainingRecord]) -> list[dict[str, float | None]]:
    """The loss and accuracy curves as plain values, a row a record."""
    return [asdict(record) for record in history]


def _with_looks(bottlenecks: FloatArray) -> NDArray[np.float32]:
    """Bottlenecks (examples, looks, features), also where a single look has no axis of its own."""
    array = np.asarray(bottlenecks, dtype=np.float32)
    if array.ndim not in (2, 3):
        raise ValueError("bottlenecks must have the shape (examples, looks, features) or "
                         f"(examples, features), not {array.shape}.")
    return array[:, np.newaxis] if array.ndim == 2 else array


def _each(
    bottlenecks: FloatArray, examples: IntegerArray | None
) -> Iterator[NDArray[np.float32]]:
    """Of each example, or of each of these, the looks (looks, features)."""
    looks = _with_looks(bottlenecks)
    for number, example in enumerate(range(len(looks)) if examples is None else examples):
        yield looks[example]
        if number % FORGOTTEN_AFTER == 0:
            forget(looks)


def _refuse_mismatch(
    looks: NDArray[np.float32], distorted: NDArray[np.float32] | None, split: Split
) -> None:
    if len(looks) != len(split.examples):
        raise UserError(f"there are {len(looks)} bottlenecks for {len(split.examples)} "
                        f"{split.noun}s; extract them again.")
    wanted = (len(split.rows(TRAINING)), looks.shape[2])
    if distorted is None:
        return
    if distorted.ndim != 3 or (len(distorted), distorted.shape[2]) != wanted:
        raise UserError(f"the distorted bottlenecks have the shape {distorted.shape} for "
                        f"{wanted[0]} training {split.noun}s of {wanted[1]} features; extract them "
                        "again.")


def head_from(
    labels: Any, arrays: Mapping[str, NDArray[Any]], history: list[TrainingRecord]
) -> Head:
    """A head of the content of its files; KeyError or ValueError where they do not fit."""
    network = Network.from_arrays(arrays)
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("its labels are no list of names")
    if len(labels) != network.classes or network.loss_name != "cross_entropy":
        raise ValueError(f"{len(labels)} labels for a network of {network.classes} outputs "
                         f"trained by {network.loss_name}")
    mean, deviation = arrays["mean"], arrays["deviation"]
    for array in (mean, deviation):
        if array.dtype.kind != "f" or array.shape != network.layers[0].weights.shape[:1]:
            raise ValueError(f"a scaling of {array.dtype} {array.shape}")
    if not np.isfinite(mean).all() or not (np.isfinite(deviation) & (deviation > 0)).all():
        raise ValueError("a scaling that is no number or not above 0")
    temperature = float(arrays["temperature"].item())
    if not 0 < temperature < math.inf:
        raise ValueError(f"a temperature of {temperature}")
    # Heads of earlier versions have none: all looks are always taken.
    first_look = float(arrays["first_look"].item()) if "first_look" in arrays else math.inf
    if not first_look >= 0:
        raise ValueError(f"a score of {first_look} from which the first look answers")
    return Head(labels, Standardiser(mean, deviation), network, temperature, first_look, history)


def _report(record: TrainingRecord, head: Head) -> None:
    fitted = "" if head.temperature == 1 else f", temperature {head.temperature:.2f}"
    if math.isfinite(head.first_look):
        fitted += f"; the first look alone answers from a score of {head.first_look:.3f} on"
    say(f"after {record.step} steps: training accuracy {record.training_accuracy:.3f}, "
        f"validation accuracy {record.validation_accuracy:.3f}{fitted}")
