"""Sparse rows of dense tables."""

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.sparse_rows import SparseRows


def sparse(table: ArrayLike) -> SparseRows:
    """The rows of a table without its zeros."""
    dense = np.asarray(table, np.float32)
    owners, features = np.nonzero(dense)
    ends = np.concatenate([[0], np.cumsum((dense != 0).sum(axis=1))])
    return SparseRows(dense.shape[1], ends, features, dense[owners, features])
