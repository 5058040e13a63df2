import heapq
from functools import cache

import numpy as np
import pytest

from word2vec.training.huffman import code_words


def words_of(codes):
    """Each word's turns from the root down, as text: L and R."""
    return ["".join("L" if turn == 1 else "R" for turn in reversed(turns) if turn)
            for turns in codes.turns[:-1].tolist()]


def ways_of(codes):
    """Each word's inner nodes from its leaf up to the root."""
    filler = len(codes.nodes) - 1
    return [[node for node in way if node != filler] for way in codes.nodes[:-1].tolist()]


def lengths_of(codes):
    return np.abs(codes.turns[:-1]).sum(axis=1)


def falling(*counts):
    return np.array(sorted(counts, reverse=True), np.int64)


def random_counts(seed, words):
    return falling(*np.random.default_rng(seed).zipf(1.4, words).clip(1, 10**6))


RANDOM = [random_counts(seed, words) for seed, words in enumerate([2, 3, 5, 6, 6, 40, 400])]
CASES = [falling(1, 1), falling(1, 1, 1, 1, 1), falling(3, 3, 2, 1, 1, 1), falling(*[7] * 8),
         falling(1, 1, 2, 3, 5, 8, 13), *RANDOM]


def name(counts):
    return "-".join(map(str, counts[:8].tolist())) + ("..." if len(counts) > 8 else "")


def test_a_tree_of_five_words_by_hand():
    codes = code_words(np.array([4, 2, 2, 1, 1]))
    # node 0: word 4 right, word 3 left, weight 2
    # node 1: word 2 right, word 1 left, weight 4: node 0 weighs as much, but words come first
    # node 2: node 0 right, word 0 left, weight 6: node 1 weighs as much as word 0
    # node 3: node 1 right, node 2 left, the root
    assert codes.nodes.tolist() == [[2, 3, 5], [1, 3, 5], [1, 3, 5], [0, 2, 3], [0, 2, 3],
                                    [5, 5, 5]]
    assert codes.turns.tolist() == [[1, 1, 0], [1, -1, 0], [-1, -1, 0], [1, -1, 1], [-1, -1, 1],
                                    [0, 0, 0]]
    assert words_of(codes) == ["LL", "RL", "RR", "LRL", "LRR"]
    assert codes.depth == 3


def test_a_tree_of_four_words_by_hand():
    # 1 + 1 = 2 joins 2 to make 4, which joins 4: lengths 1, 2, 3, 3
    codes = code_words(np.array([4, 2, 1, 1]))
    assert ways_of(codes) == [[2], [1, 2], [0, 1, 2], [0, 1, 2]]
    assert lengths_of(codes).tolist() == [1, 2, 3, 3]


def test_two_words_part_at_the_root():
    codes = code_words(np.array([5, 1]))
    assert codes.nodes.tolist() == [[0], [0], [2]] and codes.turns.tolist() == [[1], [-1], [0]]


@pytest.mark.parametrize("counts", CASES, ids=name)
def test_every_way_ends_at_the_root_and_is_filled_up_behind_it(counts):
    codes, words = code_words(counts), len(counts)
    assert codes.nodes.shape == codes.turns.shape == (words + 1, codes.depth)
    for nodes, turns in zip(codes.nodes[:-1].tolist(), codes.turns[:-1].tolist(), strict=True):
        end = nodes.index(words - 2)  # the root is the last inner node that arises
        assert nodes[end + 1 :] == [words] * (codes.depth - end - 1)
        assert nodes[: end + 1] == sorted(set(nodes[: end + 1]))  # parents arise after children
        assert set(turns[: end + 1]) <= {1, -1} and not any(turns[end + 1 :])
    assert set(codes.nodes[-1].tolist()) == {words} and not codes.turns[-1].any()


@pytest.mark.parametrize("counts", CASES, ids=name)
def test_the_ways_make_one_tree(counts):
    codes, children = code_words(counts), {}
    for word, (way, turns) in enumerate(zip(ways_of(codes), codes.turns.tolist(), strict=False)):
        child = f"word {word}"
        for node, turn in zip(way, turns, strict=False):
            assert children.setdefault((node, turn), child) == child
            child = node
    assert len(children) == 2 * (len(counts) - 1)  # every inner node has both its turns


@pytest.mark.parametrize("counts", CASES, ids=name)
def test_no_code_begins_another(counts):
    found = sorted(words_of(code_words(counts)))
    assert not any(after.startswith(before)
                   for before, after in zip(found[:-1], found[1:], strict=True))
    assert sum(2.0 ** -len(code) for code in found) == 1  # Kraft's sum: nor is any code to spare


@cache
def cheapest(weights):
    """The least total of all trees, by joining every two nodes in every order."""
    if len(weights) == 1:
        return 0
    costs = []
    for i in range(len(weights)):
        for j in range(i):
            joined = weights[i] + weights[j]
            rest = [weight for k, weight in enumerate(weights) if k not in (i, j)]
            costs.append(joined + cheapest(tuple(sorted([*rest, joined]))))
    return min(costs)


@pytest.mark.parametrize("counts", [case for case in CASES if len(case) <= 7],
                         ids=name)
def test_no_tree_is_cheaper(counts):
    assert lengths_of(code_words(counts)) @ counts == cheapest(tuple(sorted(counts.tolist())))


def test_a_large_tree_costs_what_a_heap_finds():
    counts = random_counts(11, 3000)
    heap, cost = counts.tolist(), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        cost += joined
        heapq.heappush(heap, joined)
    assert lengths_of(code_words(counts)) @ counts == cost


@pytest.mark.parametrize("counts", CASES, ids=name)
def test_the_mean_length_is_within_one_of_the_entropy(counts):
    shares = counts / counts.sum()
    entropy = -(shares @ np.log2(shares))
    assert entropy - 1e-9 <= lengths_of(code_words(counts)) @ shares < entropy + 1


@pytest.mark.parametrize("counts", CASES, ids=name)
def test_a_more_frequent_word_is_no_further_from_the_root(counts):
    lengths = lengths_of(code_words(counts))
    assert all(shorter <= longer for i, shorter in enumerate(lengths)
               for j, longer in enumerate(lengths) if counts[i] > counts[j])


def test_equal_counts_make_a_balanced_tree_and_fibonaccis_a_vine():
    assert lengths_of(code_words(falling(*[7] * 8))).tolist() == [3] * 8
    assert lengths_of(code_words(falling(1, 1, 2, 3, 5, 8, 13))).tolist() == [1, 2, 3, 4, 5, 6, 6]
