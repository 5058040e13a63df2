"""How many replicas a text has words for, and this machine memory."""

import math
from bisect import bisect_right
from collections.abc import Callable

import numpy as np
import psutil

from word2vec.training.team import Layout
from words_and_images.common.errors import UserError, counted

LEAST_TOKENS = 2  # of a replica: a word alone has no context


def refuse_more_than_words(replicas: int, tokens: int) -> None:
    """UserError where a replica would have no two words of the text."""
    if replicas > 1 and tokens < LEAST_TOKENS * replicas:
        raise UserError(f"replicas is {replicas} and the text has {counted(tokens, 'word')} of the "
                        f"vocabulary, {LEAST_TOKENS} or more for each; give "
                        f"{max(1, tokens // LEAST_TOKENS)} or fewer, or 0.")


def refuse_more_than_memory(replicas: int, layout_of: Callable[[int], Layout]) -> None:
    """UserError where the shared arrays do not fit into the memory that is free.

    Parameters
    ----------
    replicas : that are wanted.
    layout_of : gives the layout of the shared arrays with a number of replicas.
    """
    free = psutil.virtual_memory().available
    needed = size(layout_of(replicas))
    if needed <= free:
        return
    fitting = bisect_right(range(1, replicas), free, key=lambda count: size(layout_of(count)))
    remedy = (f"{counted(fitting, 'replica')} would fit: give replicas {fitting}, which is another "
              "result") if fitting else ("not even one would fit: lower dim, or bound the "
                                         "vocabulary with max_words or min_count")
    raise UserError(f"the tables of {counted(replicas, 'replica')} take {needed / 1e9:.1f} GB "
                    f"and {free / 1e9:.1f} GB of memory are free; {remedy}.")


def size(layout: Layout) -> int:
    """Bytes of shared arrays."""
    return sum(math.prod(shape) * np.dtype(dtype).itemsize for shape, dtype in layout.values())
