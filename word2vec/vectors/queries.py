"""What is asked of word vectors: words, rows or vectors, one or many, perhaps with weights.

gensim takes all of these in one argument. Here each is taken for what it is, and what could be
taken for two things is refused with the way to say which.
"""

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from word2vec.vectors.cosines import Doubles
from words_and_images.common.errors import UserError

Key = str | int | np.integer[Any]
Query = Key | np.ndarray[Any, Any]
Weighted = tuple[Query, float]
Queries = Query | Iterable[Query | Weighted] | None

_SHOWN = 60  # letters of what was given in a sentence about it


def is_row(value: object) -> bool:
    """Whether a value is a whole number, which stands for a row; True and False do not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_key(value: object) -> bool:
    """Whether a value stands for one word: the word itself or its row."""
    return isinstance(value, str) or is_row(value)


def shown(value: object) -> str:
    """A value as a sentence shows it, cut where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def listed(given: Any) -> list[Any]:
    """One word, row or vector, or any iterable of them, as a list.

    Raises
    ------
    UserError
        For bytes and for a mapping, whose members are not what is meant, and for anything else.
    """
    if given is None:
        return []
    if is_key(given):
        return [given]
    if isinstance(given, Mapping):
        raise UserError(f"{shown(given)} is a mapping; give its words, list(...), or pairs of "
                        "words and weights, list(....items()).")
    if not isinstance(given, (str, bytes, bytearray)) and hasattr(given, "__array__"):
        array = np.asarray(given)
        if array.ndim == 0:
            return [array.item()]
        return [array] if array.ndim == 1 and array.dtype.kind in "fiuc" else list(array)
    if isinstance(given, (bytes, bytearray)) or not isinstance(given, Iterable):
        raise UserError(f"{shown(given)} is given; give a word, a row, a vector or a list of them.")
    return list(given)


def keys_listed(given: Any) -> list[Key]:
    """The same of words and rows only, known or not."""
    keys = listed(given)
    for key in keys:
        if not is_key(key):
            raise UserError(f"{shown(key)} is neither a word nor a row; give words.")
    return keys


def weighted(given: Queries, weight: float) -> list[Weighted]:
    """The same with the weight of each: its own, where a pair (query, weight) is given.

    Raises
    ------
    UserError
        As `listed`; for a weight that is no finite number; for a tuple that may be two queries or
        one with its weight; and for a positive weight among negative ones, which gensim would
        add.
    """
    if isinstance(given, tuple) and len(given) == 2 and _is_pair(given):
        raise UserError(f"{shown(given)} may be a query with its weight or two queries; give "
                        "[(query, weight)] or a list of both.")
    pairs = [(item[0], _weight(item)) if _is_pair(item) else (item, weight)
             for item in listed(given)]
    for query, own in pairs:
        if weight < 0 < own:
            raise UserError(f"the weight of {shown(query)} among the negative is {own:g}, which "
                            f"would count for it; give {-own:g}, or give it among the positive.")
    return pairs


def vector_of(value: Any, dim: int) -> Doubles:
    """A vector that is given as such, (dim,).

    Raises
    ------
    UserError
        For anything that is no vector of that size, and for a value that is not finite.
    """
    try:
        vector = np.asarray(value)
    except ValueError:
        vector = np.array(None)
    if vector.ndim == 0 or vector.dtype.kind not in "fiu":
        raise UserError(f"{shown(value)} is neither a word nor a row nor a vector; give a word, or "
                        "a vector as a NumPy array.")
    if vector.shape != (dim,):
        raise UserError(f"a vector of shape {vector.shape} is given; it must be ({dim},).")
    if not np.isfinite(vector).all():
        place = int(np.isfinite(vector).argmin())
        raise UserError(f"a vector with the value {vector[place]} at place {place} is given; give "
                        "finite numbers.")
    return vector.astype(np.float64)


def _is_pair(item: Any) -> bool:
    """Whether an item is a query with its weight; a list of two numbers is a vector."""
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        return False
    query, weight = item
    if not isinstance(weight, Real):
        return False
    named = isinstance(query, (str, np.ndarray))
    return named or (isinstance(item, tuple) and is_row(query))


def _weight(pair: Any) -> float:
    weight = pair[1]
    if isinstance(weight, bool) or not math.isfinite(weight):
        raise UserError(f"the weight of {shown(pair[0])} is {weight!r}; give a finite number.")
    return float(weight)
