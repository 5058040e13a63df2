"""The network of the digits in Keras on TensorFlow, to compare with: no figure rests on it."""

import time
from collections.abc import Sequence

import numpy as np

# First of all, because it keeps the messages of TensorFlow's start away.
import vision.backbones.runtime  # noqa: F401  isort: skip
import keras

from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.training import TrainingSettings


def train_keras(
    widths: Sequence[int], inputs: FloatArray, labels: IntegerArray, test: FloatArray, seed: int,
    settings: TrainingSettings,
) -> tuple[FloatArray, float]:
    """Train the same layers, from first weights of the same kind, with the same settings.

    Parameters
    ----------
    widths : inputs, hidden ReLUs, classes.
    inputs : (digits, features)
    labels : (digits,)
    test : (test digits, features)

    Returns
    -------
    Probabilities (test digits, classes), and the seconds of the training.
    """
    keras.utils.set_random_seed(seed)
    model = _compiled(widths, settings)
    batch = settings.batch_size
    # It is compiled before the clock runs, for a whole batch and for the smaller one of an epoch's
    # end; that takes two steps of more than a thousand.
    few = batch + len(inputs) % batch
    model.fit(inputs[:few], labels[:few], batch, verbose=0)
    epochs = settings.steps // -(-len(inputs) // batch)
    started = time.perf_counter()
    model.fit(inputs, labels, batch, epochs, verbose=0)
    seconds = time.perf_counter() - started
    return np.asarray(keras.ops.softmax(model.predict(test, verbose=0))), seconds


def _compiled(widths: Sequence[int], settings: TrainingSettings) -> keras.Model:
    features, hidden, classes = widths
    decay = keras.regularizers.L2(settings.l2 / 2)  # Keras leaves out the half
    model = keras.Sequential([
        keras.Input((features,)),
        keras.layers.Dropout(settings.input_dropout),
        keras.layers.Dense(hidden, "relu", kernel_initializer="he_normal",
                           kernel_regularizer=decay),
        keras.layers.Dropout(settings.hidden_dropout),
        keras.layers.Dense(classes, kernel_initializer="lecun_normal", kernel_regularizer=decay),
    ])
    rate = settings.learning_rate
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, settings.steps)
    model.compile(keras.optimizers.SGD(rate, settings.momentum),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
