"""Every class in every split: where a class has none in one, the nearest of its own moves there.

The hash of an example's content decides where it belongs, and of few all may fall on one side
of a threshold. What lies nearest to the empty split's range of hashes then moves into it, and
goes back as soon as another of its class falls there by itself.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """Examples that stay together, or one alone.

    Attributes
    ----------
    labels : the classes that its examples are of; more than one only for copies under two labels.
    place : the hash that decides for it, as a number from 0 to 1.
    split : where that belongs.
    """

    labels: frozenset[str]
    place: float
    split: str


@dataclass(frozen=True)
class Move:
    """The unit of that name goes into `split`, which had nothing of the class `label`."""

    unit: str
    label: str
    split: str


def moves_into_empty_splits(
    units: Mapping[str, Unit], ranges: Mapping[str, tuple[float, float]]
) -> list[Move]:
    """What has to move so that each class has a unit in each split.

    Parameters
    ----------
    units : by a name that depends on the content alone, which decides between equally near ones.
    ranges : the places of each split, from and below, in the order in which empty ones are filled.

    Returns
    -------
    None for a class of fewer units than splits, and none that would empty a split of any class.
    """
    splits = {name: unit.split for name, unit in units.items()}
    counts = Counter((label, unit.split) for unit in units.values() for label in unit.labels)
    moves = []
    for label, names in _by_label(units).items():
        for split in ranges:
            if counts[label, split] or len(names) < len(ranges):
                continue
            free = [name for name in names
                    if all(counts[each, splits[name]] > 1 for each in units[name].labels)]
            if free:
                low, high = ranges[split]
                moved = min(free, key=lambda name: (_distance(units[name].place, low, high), name))
                counts.subtract((each, splits[moved]) for each in units[moved].labels)
                counts.update((each, split) for each in units[moved].labels)
                splits[moved] = split
                moves.append(Move(moved, label, split))
    return moves


def _by_label(units: Mapping[str, Unit]) -> dict[str, Collection[str]]:
    """The names of each class's units, in the order of the classes."""
    names: dict[str, list[str]] = {}
    for name, unit in units.items():
        for label in unit.labels:
            names.setdefault(label, []).append(name)
    return {label: names[label] for label in sorted(names)}


def _distance(place: float, low: float, high: float) -> float:
    """From a place to a range; 0 within it."""
    return max(low - place, place - high, 0.0)
