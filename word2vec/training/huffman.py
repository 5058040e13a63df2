"""The Huffman tree of a vocabulary: frequent words near the root.

Huffman, A Method for the Construction of Minimum-Redundancy Codes, 1952.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Codes:
    """The way from the leaf of each word up to the root.

    Parameters
    ----------
    nodes : (words + 1, depth) inner nodes, from 0 on; `words` behind the root, where the ways are
        filled up. The last row is that of no word.
    turns : (words + 1, depth) 1 where the way to the word goes left at the node, -1 where it goes
        right, 0 behind the root.
    """

    nodes: NDArray[np.int32]
    turns: NDArray[np.int8]

    @property
    def depth(self) -> int:
        """Length of the longest way."""
        return self.nodes.shape[1]


def code_words(counts: NDArray[np.int64]) -> Codes:
    """The codes of words by their counts, which must not rise from word to word.

    Of two equally frequent nodes, words join before inner nodes and later words before earlier.
    """
    words = len(counts)
    parents, turns = _join(counts.tolist())
    parent_of, turn_of = np.array(parents, np.int32), np.array(turns, np.int8)
    here, ways, signs = np.arange(words, dtype=np.int32), [], []
    root = 2 * words - 2
    while (here != root).any():
        climbing = here != root
        signs.append(np.where(climbing, turn_of[here], 0))
        here = np.where(climbing, parent_of[here], root)
        ways.append(np.where(climbing, here - words, words))
    nodes = np.full((words + 1, len(ways)), words, np.int32)
    nodes[:-1] = np.stack(ways, axis=1)
    signs_of = np.zeros((words + 1, len(ways)), np.int8)
    signs_of[:-1] = np.stack(signs, axis=1)
    return Codes(nodes, signs_of)


def _join(counts: list[int]) -> tuple[list[int], list[int]]:
    """Join the two rarest nodes until one is left; return each node's parent and its turn there.

    Leaves are 0 .. words - 1, inner nodes follow in the order in which they arise. As these come
    by rising weight, the rarest node is always the next leaf or the next inner node: two queues
    take the place of a heap.
    """
    words = len(counts)
    weights = counts + [0] * (words - 1)
    parents, turns = [0] * (2 * words - 1), [0] * (2 * words - 1)
    leaf, inner = words - 1, words
    for node in range(words, 2 * words - 1):
        for turn in (-1, 1):
            if leaf >= 0 and (inner == node or weights[leaf] <= weights[inner]):
                child, leaf = leaf, leaf - 1
            else:
                child, inner = inner, inner + 1
            weights[node] += weights[child]
            parents[child], turns[child] = node, turn
    return parents, turns
