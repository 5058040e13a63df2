"""What cannot be computed is refused in one whole sentence, with what was given."""

import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images.neural import optimisers
from words_and_images.neural.arrays import as_labels, require_finite, require_width
from words_and_images.neural.calibration import fit_temperature
from words_and_images.neural.gradient_check import relative_error
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.logistic_regression import LogisticRegression
from words_and_images.neural.losses import (
    balanced_class_weights,
    cross_entropy,
    one_hot,
    smooth,
    squared_error,
)
from words_and_images.neural.network import Dropout, Network
from words_and_images.neural.newton import newton_direction
from words_and_images.neural.optimisers import Adam, GradientDescent, cosine, stepped
from words_and_images.neural.principal_components import principal_components
from words_and_images.neural.scaling import Standardiser
from words_and_images.neural.softmax import softmax
from words_and_images.neural.softmax_layer import layer_loss, softmax_layer
from words_and_images.neural.training import TrainingSettings, train

NAN = [[1.0, np.nan]]


def square() -> DenseLayer:
    return DenseLayer(np.ones((2, 2)), np.ones(2))


def trained(inputs, targets, loss="cross_entropy"):
    network = Network([square()], loss)
    train(network, (inputs, targets), None, TrainingSettings(), np.random.default_rng(1))


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: require_width("heights", np.ones(3), 2),
     "heights must have 2 features on the last axis, not (3,)."),
    (lambda: require_width("heights", np.array(1.0), 2),
     "heights must have 2 features on the last axis, not ()."),
    (lambda: require_finite("heights", NAN, 7),
     "heights must be finite numbers, not nan at (7, 1)."),
    (lambda: require_finite("height", np.nan), "height must be finite numbers, not nan at ()."),
    (lambda: as_labels([0.0, 1.0]),
     "labels must be a non-empty vector of integers, not float64 (2,)."),
    (lambda: as_labels([0, -1]), "labels must be 0 or more, not -1."),
    (lambda: as_labels(np.array([2**64 - 1], np.uint64)),
     "labels must be numbers of classes, not 18446744073709551615."),
    (lambda: fit_temperature([1.0, 2.0], [0]),
     "logits must have the shape (examples, classes), not (2,)."),
    (lambda: fit_temperature(NAN, [0]), "logits must be finite numbers, not nan at (0, 1)."),
    (lambda: fit_temperature([[1.0, 2.0]], [0, 1]),
     "there must be as many labels as logits, not 2 and 1."),
    (lambda: relative_error([1], [[1]]), "a and b must have one shape, not (1,) and (1, 1)."),
    (lambda: DenseLayer(np.ones((2, 3)), np.ones(2)),
     "weights and bias must have the shapes (inputs, units) and (units,), not (2, 3) and (2,)."),
    (lambda: DenseLayer(np.ones((2, 2)), np.ones(2), "swish"),
     "activation must be one of identity, tanh, sigmoid, relu, not 'swish'."),
    (lambda: DenseLayer.initialise(np.random.default_rng(1), (2, 2), dtype=np.int64),
     "weights must be of a float type, not int64."),
    (lambda: square().outputs([1.0]), "inputs must have 2 features on the last axis, not (1,)."),
    (lambda: square().outputs_of_one(np.ones((3, 2))),
     "inputs must be of one example, (features,), not (3, 2)."),
    (lambda: LogisticRegression.of([1.0], [1]), "inputs and signs must have the shapes (examples, "
     "features) and (examples,), not (1,) and (1,)."),
    (lambda: LogisticRegression.of(NAN, [1]), "inputs must be finite numbers, not nan at (0, 1)."),
    (lambda: LogisticRegression.of([[1.0], [1.0]], [1, 0.5]), "signs must be -1 or 1, not 0.5."),
    (lambda: LogisticRegression.of([[1.0]], [1], -1), "l2 must be 0 or more, not -1."),
    (lambda: LogisticRegression.of([[1.0]], [1]).loss(np.ones(2)),
     "weights must have 1 features on the last axis, not (2,)."),
    (lambda: newton_direction(np.ones(2), np.ones((3, 3))), "gradient and hessian must have the "
     "shapes (parameters,) and (parameters, parameters), not (2,) and (3, 3)."),
    (lambda: newton_direction(np.array([np.nan]), np.ones((1, 1))),
     "gradient must be finite numbers, not nan at (0,)."),
    (lambda: newton_direction(np.ones(1), np.full((1, 1), np.inf)),
     "hessian must be finite numbers, not inf at (0, 0)."),
    (lambda: balanced_class_weights([0, 2], 3),
     "each of the 3 classes needs an example, not [1, 0, 1] of them."),
    (lambda: one_hot([0, 3], 3), "labels must be below the 3 classes, not 3."),
    (lambda: smooth([[1, 0]], 1.1), "amount of smoothing must lie between 0 and 1, not 1.1."),
    (lambda: cross_entropy(np.zeros((2, 3)), np.zeros((2, 4))), "logits and targets must have one "
     "shape (batch, classes), with a batch of at least 1, not (2, 3) and (2, 4)."),
    (lambda: squared_error([[1, 2]], [[1, 2]], [1]),
     "class_weights must have the shape (2,), not (1,)."),
    (lambda: Dropout(inputs=1.0), "dropout of inputs must be at least 0 and below 1, not 1.0."),
    (lambda: Dropout(hidden=-0.1), "dropout of hidden must be at least 0 and below 1, not -0.1."),
    (lambda: Network([]), "layers must be at least one, each taking as many inputs as the one "
     "before has units, not of the shapes []."),
    (lambda: Network([square()], "hinge"),
     "loss must be one of cross_entropy, squared_error, not 'hinge'."),
    (lambda: Network([DenseLayer(np.ones((2, 1)), np.ones(1))]), "the softmax of cross_entropy "
     "needs two outputs or more, not 1; one goes with squared_error."),
    (lambda: Network.of_widths(np.random.default_rng(1), (3,)),
     "widths must be two or more numbers above 0, not [3]."),
    (lambda: GradientDescent(0.0), "learning_rate must be above 0, not 0.0."),
    (lambda: GradientDescent(0.1, 1.0), "momentum must be at least 0 and below 1, not 1.0."),
    (lambda: GradientDescent(0.1, nesterov=True), "nesterov needs a momentum above 0, not 0."),
    (lambda: cosine(0.1, 5, 5), "warm_up must lie between 0 and the 5 steps, not 5."),
    (lambda: stepped(0.1, 0, 0.5),
     "every must be at least 1 and factor above 0 and at most 1, not 0 and 0.5."),
    (lambda: Adam(0.1, beta_1=1.0), "beta_1 must be at least 0 and below 1, not 1.0."),
    (lambda: Adam(0.1, beta_2=-0.1), "beta_2 must be at least 0 and below 1, not -0.1."),
    (lambda: Adam(0.1, epsilon=0), "epsilon must be above 0, not 0."),
    (lambda: Adam(0.1).update([np.ones(2)], [np.ones(3)]), "parameters, gradients and the "
     "parameters of earlier updates must have the same shapes in the same order, not [(2,)], "
     "[(3,)], [(2,)]."),
    (lambda: principal_components([[1.0, 2.0]], 1),
     "data must have the shape (2 or more examples, features), not (1, 2)."),
    (lambda: principal_components(NAN * 2, 1), "data must be finite numbers, not nan at (0, 1)."),
    (lambda: principal_components([[1, 2], [3, 4]], 3), "count must lie between 1 and 2, not 3."),
    (lambda: principal_components([[1, 2], [3, 5]], 1).project([1.0]),
     "data must have 2 features on the last axis, not (1,)."),
    (lambda: Standardiser.fit([1.0]),
     "inputs must have the shape (examples, features), not (1,)."),
    (lambda: Standardiser.fit(NAN), "inputs must be finite numbers, not nan at (0, 1)."),
    (lambda: Standardiser.fit([[1, 2]]).apply([1.0]),
     "inputs must have 2 features on the last axis, not (1,)."),
    (lambda: Standardiser.fit([[1, 2]]).apply_in_place(np.ones(1)),
     "inputs must have 2 features on the last axis, not (1,)."),
    (lambda: Standardiser.fit([[1]]).fold(square()), "the layer must take 1 features, not 2."),
    (lambda: softmax(1.0), "softmax needs at least one class on the last axis, not ()."),
    (lambda: softmax_layer([1.0], np.ones((2, 2))), "inputs and weights must have the shapes (..., "
     "features) and (features, classes), not (1,) and (2, 2)."),
    (lambda: softmax_layer(NAN, np.ones((2, 2))),
     "inputs must be finite numbers, not nan at (0, 1)."),
    (lambda: softmax_layer([1.0], NAN), "weights must be finite numbers, not nan at (0, 1)."),
    (lambda: layer_loss([1.0], [[1.0, 2.0]], [1.0]), "probabilities and targets must have one "
     "shape (..., classes), not (2,) and (1,)."),
    (lambda: trained(np.ones((3, 2)), [0, 1]), "training inputs and targets must have the shapes "
     "(examples, 2) and (examples, 2), with at least one example, not (3, 2) and (2, 2)."),
    (lambda: trained(np.ones((1, 2)), [[-5.0, 6.0]]),
     "training targets of cross-entropy must be 0 or more, not -5.0."),
    (lambda: trained([["a", "b"]], [0]), "training inputs and targets must be numbers, not <U1."),
    (lambda: trained(NAN, [0]), "training features must be finite numbers, not nan at (0, 1)."),
    (lambda: trained([[1.0, 2.0]], [[np.inf, 0]], "squared_error"),
     "training targets must be finite numbers, not inf at (0, 0)."),
])
def test_the_sentence_says_what_must_be_and_what_was_given(call, sentence):
    with pytest.raises((ValueError, UserError)) as refused:
        call()
    assert str(refused.value) == sentence


@pytest.mark.parametrize("call", [
    lambda: as_labels(np.array([True, False])), lambda: smooth([[1, 0]], 1.0),
    lambda: Adam(0.1, beta_1=0.0, beta_2=0.0), lambda: GradientDescent(1e-9, 0.999),
    lambda: optimisers.exponential(0.1, 1, 1.0), lambda: stepped(0.1, 1, 1.0),
    lambda: cosine(0.1, 5, 4), lambda: Network.of_widths(np.random.default_rng(1), [1, 2]),
    lambda: principal_components([[1], [3]], 1), lambda: one_hot([2], 3),
])
def test_what_lies_on_the_bound_is_taken(call):
    call()
