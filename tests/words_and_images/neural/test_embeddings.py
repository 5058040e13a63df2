"""Embeddings, alone and below a network."""

import numpy as np
import pytest

from words_and_images.neural.embeddings import Embedding
from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.losses import cross_entropy, cross_entropy_derivative, one_hot
from words_and_images.neural.network import Network

IDS = np.array([[0, 2, 2], [3, 0, 2]])


def test_vectors_stand_side_by_side_in_the_order_of_the_ids():
    embedding = Embedding(np.arange(8.0).reshape(4, 2))
    assert embedding.outputs(IDS).tolist() == [[0, 1, 4, 5, 4, 5], [6, 7, 0, 1, 4, 5]]


def test_the_gradient_of_a_vector_is_the_sum_over_its_places():
    derivative = np.arange(12.0).reshape(2, 6)
    # id 0 has the columns 0, 1 of row 0 and 2, 3 of row 1
    assert Embedding.zeros(4, 2).gradient(IDS, derivative).tolist() == [
        [0 + 8, 1 + 9], [0, 0], [2 + 4 + 10, 3 + 5 + 11], [6, 7]]


def test_it_is_a_dense_layer_on_one_hot_inputs():
    embedding = Embedding(np.random.default_rng(1).standard_normal((4, 2)))
    one_hots = np.eye(4)[IDS]  # (batch, places, ids)
    np.testing.assert_array_equal(embedding.outputs(IDS),
                                  (one_hots @ embedding.table).reshape(2, 6))


@pytest.mark.parametrize("wrong", [-1, 4])
def test_an_id_outside_the_table_is_refused(wrong):
    with pytest.raises(ValueError, match="ids must be from 0 to 3"):
        Embedding.zeros(4, 2).outputs(np.array([[0, wrong]]))


def test_no_ids_give_no_vectors():
    assert Embedding.zeros(4, 2).outputs(np.empty((0, 3), int)).shape[0] == 0


def test_gradients_through_a_network_agree_with_differences():
    generator = np.random.default_rng(1)
    table = generator.standard_normal((4, 2))
    network = Network.of_widths(generator, [6, 5, 3], dtype=np.float64)
    targets = one_hot([0, 2], 3)
    gradients, error = network.gradients_by(
        Embedding(table).outputs(IDS), lambda logits: cross_entropy_derivative(logits, targets))
    by_differences = numerical_gradient(
        lambda x: cross_entropy(network.outputs(Embedding(x).outputs(IDS)), targets), table)
    assert relative_error(Embedding(table).gradient(IDS, error), by_differences) < 1e-7
    for mine, known in zip(gradients, network.gradients(Embedding(table).outputs(IDS), targets),
                           strict=True):
        np.testing.assert_array_equal(mine, known)
