import numpy as np
import pytest
from sklearn.svm import LinearSVC
from sparse_tables import sparse

from words_and_images.neural.support_vectors import fit_support_vectors

CLASSES = 3


@pytest.fixture
def data():
    """60 examples of six features, two of three of which are 0, around three centres."""
    generator = np.random.default_rng(7)
    targets = generator.integers(CLASSES, size=60)
    centres = generator.normal(size=(CLASSES, 6))
    noise = generator.normal(size=(60, 6)) * 0.7
    kept = generator.random((60, 6)) < 2 / 3
    return ((centres[targets] + noise) * kept).astype(np.float32), targets


def objective(dense, signs, cost, weights, bias):
    """What one machine minimises, its bias a weight like the others."""
    margins = signs * (dense @ weights + bias)
    return (weights @ weights + bias**2) / 2 + cost * (np.maximum(0, 1 - margins) ** 2).sum()


def test_one_example_is_solved_by_hand():
    # Its row (3, 4) has the squared length 25, 26 with the bias, and C = 1 adds 1/2 to the
    # curvature: a = 1 / 26.5 for both classes, w = a s x and b = a s.
    weights, bias = fit_support_vectors(sparse([[3, 4]]), np.array([0]), 2, cost=1)
    np.testing.assert_allclose(weights, np.outer([3, 4], [1, -1]) / 26.5, rtol=1e-6)
    np.testing.assert_allclose(bias, [1 / 26.5, -1 / 26.5], rtol=1e-6)


def test_two_mirrored_examples_have_their_border_between_them():
    # x = (1) and (-1): by symmetry b = 0, and both have a with w = 2 a, of which the derivative
    # 2 a - 1 + a / 2 is 0 at a = 2 / 5, so that w = 4 / 5.
    weights, bias = fit_support_vectors(
        sparse([[1], [-1]]), np.array([0, 1]), 2, cost=1, epochs=100)
    np.testing.assert_allclose(weights, [[0.8, -0.8]], atol=1e-3)
    np.testing.assert_allclose(bias, [0, 0], atol=1e-3)


@pytest.mark.parametrize("cost", [0.1, 1.0, 3.0])
def test_the_machines_are_scikit_learns(data, cost):
    dense, targets = data
    weights, bias = fit_support_vectors(sparse(dense), targets, CLASSES, cost, epochs=3000)
    theirs = LinearSVC(C=cost, tol=1e-10, max_iter=100_000).fit(dense, targets)
    np.testing.assert_allclose(weights.T, theirs.coef_, atol=3e-3)
    np.testing.assert_allclose(bias, theirs.intercept_, atol=3e-3)


def test_the_conditions_of_the_optimum_hold(data):
    # The minimum is where the derivative is 0: w = sum_i a_i s_i x_i of a_i = 2 C (1 - margin_i)
    # where the margin is violated, and 0 elsewhere.
    dense, targets = data
    cost = 1.0
    weights, bias = fit_support_vectors(sparse(dense), targets, CLASSES, cost, epochs=3000)
    for label in range(CLASSES):
        signs = np.where(targets == label, 1, -1)
        margins = signs * (dense @ weights[:, label] + bias[label])
        duals = 2 * cost * np.maximum(0, 1 - margins)
        np.testing.assert_allclose(weights[:, label], (duals * signs) @ dense, atol=2e-2)
        np.testing.assert_allclose(bias[label], (duals * signs).sum(), atol=2e-2)


def test_no_step_away_from_the_result_costs_less(data):
    dense, targets = data
    weights, bias = fit_support_vectors(sparse(dense), targets, CLASSES, 1.0, epochs=3000)
    generator = np.random.default_rng(1)
    for label in range(CLASSES):
        signs = np.where(targets == label, 1, -1)
        best = objective(dense, signs, 1.0, weights[:, label], bias[label])
        for _ in range(20):
            moved = weights[:, label] + generator.normal(size=6) * 0.05
            assert objective(dense, signs, 1.0, moved, bias[label]) > best


def test_more_visits_come_closer(data):
    dense, targets = data
    signs = np.where(targets == 0, 1, -1)
    few, more, many = (objective(dense, signs, 1.0, weights[:, 0], bias[0]) for weights, bias in (
        fit_support_vectors(sparse(dense), targets, CLASSES, 1.0, epochs)
        for epochs in (10, 100, 3000)))
    assert few > more > many


def test_one_seed_gives_the_same_bytes(data):
    dense, targets = data
    first, again, other = (fit_support_vectors(sparse(dense), targets, CLASSES, seed=seed)
                           for seed in (1, 1, 2))
    assert [part.tobytes() for part in first] == [part.tobytes() for part in again]
    assert first[0].tobytes() != other[0].tobytes()


def test_training_ends_where_nothing_moves_any_more(data):
    dense, targets = data
    visits: list[int] = []
    fit_support_vectors(sparse(dense), targets, CLASSES, 0.1, epochs=3000,
                        on_epoch=lambda: visits.append(1))
    assert 1 < len(visits) < 3000


def test_rows_without_features_leave_the_bias_alone_to_learn():
    # Two of three examples are of class 0 and all look the same: the bias takes the majority.
    weights, bias = fit_support_vectors(sparse(np.zeros((3, 4))), np.array([0, 0, 1]), 2)
    assert not weights.any() and bias[0] > 0 > bias[1]


@pytest.mark.parametrize("targets", [[0, 1], [0, 1, 2], [0, 1, -1]])
def test_targets_that_do_not_fit_are_refused(targets):
    with pytest.raises(ValueError, match="targets"):
        fit_support_vectors(sparse(np.eye(3)), np.array(targets), 2)
