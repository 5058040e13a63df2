"""Parts of the examples, each of which is held out once while a head learns from the others.

Examples that show the same, such as copies and near-duplicates, are in one part: a head that had
seen the copy of one would repeat its label.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError, counted


def deal_folds(
    labels: Sequence[str], groups: Sequence[str], folds: int, noun: str = "example"
) -> NDArray[np.intp]:
    """The fold of each example, (examples,): whole groups, every class spread as evenly as can be.

    Parameters
    ----------
    labels, groups : of each example; a group's name is a hash of content, by which groups are dealt
        out, so that the same examples always come into the same folds.
    folds : int, 2 or more
    noun : what a message calls an example.

    Raises
    ------
    UserError
        For fewer groups than folds.
    """
    own: dict[str, set[str]] = defaultdict(set)
    for label, group in zip(labels, groups, strict=True):
        own[group].add(label)
    if len(own) < folds:
        raise UserError(f"folds is {folds} and there are {counted(len(own), noun)} that are no "
                        f"copies of each other; give fewer folds, from 2 on, or more {noun}s.")
    frequency = Counter(label for labels_of in own.values() for label in labels_of)
    dealt = sorted(own, key=lambda group: (min((frequency[label], label) for label in own[group]),
                                           group))
    places = _deal(dealt, own, folds)
    return np.array([places[group] for group in groups], np.intp)


def _deal(dealt: Sequence[str], own: Mapping[str, set[str]], folds: int) -> dict[str, int]:
    """One group after the other to the fold that has least of its labels, then least of all."""
    of_label: dict[str, list[int]] = defaultdict(lambda: [0] * folds)
    in_all = [0] * folds
    places = {}
    for group in dealt:
        counts = [of_label[label] for label in own[group]]
        place = min((max(column), total, fold) for fold, (total, *column)
                    in enumerate(zip(in_all, *counts, strict=True)))[-1]
        for count in (*counts, in_all):
            count[place] += 1
        places[group] = place
    return places


def refuse_unseen(
    labels: Sequence[str], folds: NDArray[np.intp], noun: str = "example"
) -> None:
    """UserError for classes all of whose examples are in one fold."""
    places: dict[str, set[int]] = defaultdict(set)
    for label, fold in zip(labels, folds.tolist(), strict=True):
        places[label].add(fold)
    lonely = [label for label, seen in places.items() if len(seen) == 1]
    if lonely:
        counts = Counter(labels)
        told = ", ".join(f"{label!r} ({counted(counts[label], noun)})" for label in lonely)
        raise UserError(f"all that {told} shows is in one part, and no model can know what it has "
                        f"not seen; give each class two or more {noun}s that are no copies of "
                        "each other, or take it out.")
