"""Training, validation and test examples, told apart by the content of each.

Examples that show the same stay together on one side: who lays them before `divide` says which
those are.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError, counted
from words_and_images.common.parameters import require
from words_and_images.common.progress import say
from words_and_images.retraining.empty_splits import Move, Unit, moves_into_empty_splits

TRAINING = "training"
"""The split that is learned from."""
VALIDATION = "validation"
"""The split that the training is watched by."""
TEST = "test"
"""The split that nothing is chosen by."""
SPLITS = (TRAINING, VALIDATION, TEST)
"""All of them, in this order wherever they are listed."""

HEX_DIGITS = 13  # of the hash that decides: 52 bits, which a float holds exactly
GROUP_DIGITS = 12  # of the hash that a group is called by
NAMED_CLASSES = 5  # how many a refusal names
NAMED = 3  # how many moves a sentence names


@dataclass(frozen=True)
class SplitParameters:
    """How the examples are divided; what is for neither validation nor test is for training.

    Attributes
    ----------
    validation : float, between 0 and 1
        Share of the examples to watch the training by.
    test : float, between 0 and 1
        Share of the examples for the final test.
    """

    validation: float = 0.1
    test: float = 0.2

    def __post_init__(self) -> None:
        for name in ("validation", "test"):
            value = getattr(self, name)
            require(0 < value < 1, name, value, "between 0 and 1")
        require(self.validation + self.test < 1, "validation + test", self.validation + self.test,
                "below 1, to leave some for training")

    def ranges(self) -> dict[str, tuple[float, float]]:
        """The hashes of each split, from and below; the outer ones first.

        Filled in this order, empty splits leave small hashes in the test and large in training.
        """
        middle = self.test + self.validation
        return {TEST: (0.0, self.test), TRAINING: (middle, 1.0), VALIDATION: (self.test, middle)}


@dataclass(frozen=True)
class Example:
    """One example: its name, label, the sha256 of its content, and its split.

    `group` is the same for all examples that stay together, and None for an example alone.
    """

    name: str
    label: str
    sha256: str
    split: str
    group: str | None = None


@dataclass(frozen=True)
class Split:
    """All examples, sorted by name, each in one of `SPLITS`; `noun` is what a message calls one."""

    labels: list[str]
    examples: list[Example] = field(repr=False)
    noun: str = "example"

    @property
    def targets(self) -> NDArray[np.intp]:
        """Number of each example's label, (examples,)."""
        numbers = {label: number for number, label in enumerate(self.labels)}
        return np.array([numbers[example.label] for example in self.examples], dtype=np.intp)

    def rows(self, split: str) -> NDArray[np.intp]:
        """Places of one split's examples in `examples`."""
        return np.array([row for row, example in enumerate(self.examples)
                         if example.split == split], dtype=np.intp)

    def counts(self) -> dict[str, dict[str, int]]:
        """Examples by label and split."""
        pairs = Counter((example.label, example.split) for example in self.examples)
        return {label: {split: pairs[label, split] for split in SPLITS} for label in self.labels}

    def units(self, label: str) -> int:
        """What can be divided of a label's examples: its groups and its examples alone."""
        return len({example.group or example.name for example in self.examples
                    if example.label == label})


@dataclass(frozen=True)
class Undivided:
    """An example before it has a split: `company` has the rows of its group, its own included.

    No rows at all stand for an example alone.
    """

    name: str
    label: str
    sha256: str
    company: Sequence[int] = ()


def divide(
    examples: Sequence[Undivided], labels: list[str], parameters: SplitParameters,
    noun: str = "example",
) -> Split:
    """Give every example its split by the sha256 of its content.

    So it keeps its split when it is renamed, moved, and when others are added, unless one of those
    joins its group. A group follows one of its examples, which is chosen by content as well. Where
    a class would have nothing in one of the splits, what is nearest to it moves there
    (empty_splits.py).

    Raises
    ------
    UserError
        Where a class has fewer examples, or groups of them, than there are splits.
    """
    decisive = decisive_hashes([each.sha256 for each in examples],
                               [each.company or [row] for row, each in enumerate(examples)])
    units = _units([each.label for each in examples], decisive, parameters)
    moves = moves_into_empty_splits(units, parameters.ranges())
    splits = {name: unit.split for name, unit in units.items()}
    splits.update({move.unit: move.split for move in moves})
    divided = [
        Example(each.name, each.label, each.sha256, splits[sha256],
                sha256[:GROUP_DIGITS] if len(each.company) > 1 else None)
        for each, sha256 in zip(examples, decisive, strict=True)
    ]
    split = Split(labels, divided, noun)
    warn_of_contradictions(split)
    _refuse_empty(split)
    _tell_of_groups(split)
    _tell_of_moves(moves, divided, decisive)
    return split


def sound_split(labels: Any, examples: list[Example], noun: str) -> Split:
    """The split that a file tells of; ValueError for what is none."""
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("its labels are no list of names")
    for example in examples:
        if (example.label not in labels or example.split not in SPLITS
                or not isinstance(example.sha256, str)
                or not isinstance(example.group, str | None)):
            raise ValueError(f"{example.name} has no label, sha256, split and group as they must "
                             "be")
    return Split(labels, examples, noun)


def decisive_hashes(hashes: Sequence[str], company: Sequence[Sequence[int]]) -> list[str]:
    """The content hash that decides for each example: its group's, whose rows `company` has."""
    decisive: dict[int, str] = {}
    for rows in company:
        if rows[0] not in decisive:  # once a group: it may be large
            decisive[rows[0]] = _decisive(hashes[row] for row in rows)
    return [decisive[rows[0]] for rows in company]


def groups_of(pairs: NDArray[np.int64], count: int) -> NDArray[np.intp]:
    """Numbers of the groups that pairs (pairs, 2) join `count` things into, (count,)."""
    from scipy.sparse import coo_array  # here: a fifth of a second that others save
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(pairs), np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.intp)


def company_of(pairs: NDArray[np.int64], count: int) -> list[list[int]]:
    """For each of `count` things, the rows of what pairs (pairs, 2) join it with, and its own."""
    members: dict[int, list[int]] = defaultdict(list)
    groups = groups_of(pairs, count).tolist()
    for row, group in enumerate(groups):
        members[group].append(row)
    return [members[group] for group in groups]


def _units(
    labels: list[str], decisive: list[str], parameters: SplitParameters
) -> dict[str, Unit]:
    """What can be divided, by the hash that decides for it."""
    own: dict[str, set[str]] = defaultdict(set)
    for label, sha256 in zip(labels, decisive, strict=True):
        own[sha256].add(label)
    return {sha256: Unit(frozenset(own[sha256]), place_of_hash(sha256),
                         split_of_hash(sha256, parameters)) for sha256 in own}


def _decisive(hashes: Iterable[str]) -> str:
    """The content hash that decides for a group.

    The smallest would lean towards the test split; which one's own hash is the smallest says
    nothing of where it falls.
    """
    return min(hashes, key=lambda sha256: hashlib.sha256(sha256.encode()).hexdigest())


def split_of_hash(sha256: str, parameters: SplitParameters) -> str:
    """The split that a content hash belongs to."""
    place = place_of_hash(sha256)
    return next(split for split, (low, high) in parameters.ranges().items() if low <= place < high)


def place_of_hash(sha256: str) -> float:
    """A content hash, read as a number from 0 to below 1."""
    return int(sha256[:HEX_DIGITS], 16) / 16**HEX_DIGITS


def _refuse_empty(split: Split) -> None:
    """UserError that names every class without an example in one of the splits."""
    empty = [label for label, counts in split.counts().items() if 0 in counts.values()]
    if empty:
        told = ", ".join(f"the class {label!r} has {_told_of(split, label)}"
                         for label in empty[:NAMED_CLASSES])
        told += f" and {len(empty) - NAMED_CLASSES:,} more" if len(empty) > NAMED_CLASSES else ""
        raise UserError(f"too few {split.noun}s for training, validation and test: {told}; give "
                        f"each class {len(SPLITS)} or more that are no copies of each other.")


def _told_of(split: Split, label: str) -> str:
    """How many examples a class has, and what keeps them from being divided."""
    count, units = sum(split.counts()[label].values()), split.units(label)
    if units >= len(SPLITS):
        return f"{counted(count, split.noun)} that are in other classes as well"
    alike = f" that are {units:,} but for copies and near-duplicates" if units < count else ""
    return counted(count, split.noun) + alike


def _tell_of_groups(split: Split) -> None:
    grouped = [example.group for example in split.examples if example.group]
    if grouped:
        say(f"{counted(len(grouped), split.noun)} in {counted(len(set(grouped)), 'group')} of "
            "copies, near-duplicates and variants stay together")


def _tell_of_moves(moves: list[Move], examples: list[Example], decisive: list[str]) -> None:
    """Name the first example of what has moved."""
    if not moves:
        return
    names: dict[tuple[str, str], str] = {}
    for example, sha256 in zip(examples, decisive, strict=True):
        names.setdefault((sha256, example.label), example.name)
    first = ", ".join(f"{names[move.unit, move.label]} to {move.split}" for move in moves[:NAMED])
    rest = f" and {len(moves) - NAMED:,} more" if len(moves) > NAMED else ""
    say(f"so that every class is in every split, the nearest by their hashes moved: {first}{rest}")


def warn_of_contradictions(split: Split) -> None:
    """Name examples that are the same, or nearly, under different labels."""
    exact = _under_many_labels((example.sha256, example) for example in split.examples)
    if exact:
        say(f"warning: {counted(len(exact), split.noun)} in more than one class, for example "
            f"{' and '.join(exact[0])}")
    named = {name for names in exact for name in names}
    told = {example.sha256 for example in split.examples if example.name in named}
    near = _under_many_labels((example.group, example) for example in split.examples
                              if example.group and example.sha256 not in told)
    if near:
        say(f"warning: {counted(len(near), 'group')} of near-duplicates in more than one class, "
            f"for example {' and '.join(near[0])}; look whether a label is wrong")


def _under_many_labels(keyed: Iterable[tuple[str, Example]]) -> list[list[str]]:
    """For each key with examples of several labels, the first name of every label."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for key, example in keyed:
        names[key].setdefault(example.label, example.name)
    return [list(first.values()) for first in names.values() if len(first) > 1]
