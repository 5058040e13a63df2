"""Which values a search may give to which parameters.

A space is a mapping from the name of a parameter, as in params.yaml (``retrain.l2``), to a list of
values, or to a range: ``{low: 0.001, high: 1, log: true}``, ``{low: 100, high: 1000, step: 100}``.
A range of whole numbers gives whole numbers.
"""

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from words_and_images.common.errors import UserError, did_you_mean
from words_and_images.common.parameters import briefly, build, read_yaml

if TYPE_CHECKING:
    from optuna.trial import Trial

Values = dict[str, Any]  # by the full name of a parameter
Groups = Mapping[str, Any]  # dataclasses by the name of their group in params.yaml

RANGE = ("low", "high", "step", "log")
GRID = 5  # values of a range that a grid tries, where it has no step


@dataclass(frozen=True)
class Choice:
    """One of some values, of which nothing is known but what they score."""

    values: tuple[Any, ...]

    def suggest(self, trial: "Trial", name: str) -> Any:
        """The value that a trial is to try."""
        texts = [json.dumps(value) for value in self.values]
        return self.values[texts.index(trial.suggest_categorical(name, texts))]

    def grid(self) -> list[Any]:
        """The values that a grid tries, as Optuna knows them."""
        return [json.dumps(value) for value in self.values]

    def known(self, value: Any) -> Any:
        """A value as Optuna knows it; ValueError where it is not of the space."""
        if value not in self.values:
            raise ValueError(value)
        return json.dumps(value)

    def ends(self) -> tuple[Any, ...]:
        """The values by which it is checked."""
        return self.values

    def describe(self) -> Any:
        """For JSON, as it is written in a space."""
        return list(self.values)


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`: in steps, or evenly by its logarithm."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether it gives whole numbers."""
        return all(isinstance(value, int) for value in (self.low, self.high, self.step or 1))

    def suggest(self, trial: "Trial", name: str) -> Any:
        """The value that a trial is to try."""
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high),
                                     step=int(self.step or 1), log=self.log)
        value = trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)
        if self.step:
            return float(f"{value:.12g}")  # 0.3, and not 0.1 + 2 * 0.1
        # Of which a person can see at a glance what it is.
        return min(max(float(f"{value:.3g}"), self.low), self.high)

    def grid(self) -> list[Any]:
        """The values that a grid tries: all steps, or some evenly from end to end."""
        if self.step:
            count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
            return [self.low + place * self.step for place in range(count)]
        places = [place / (GRID - 1) for place in range(GRID)]
        values = ([self.low * (self.high / self.low) ** place for place in places] if self.log
                  else [self.low + place * (self.high - self.low) for place in places])
        return sorted({round(value) if self.whole else float(f"{value:.3g}") for value in values})

    def known(self, value: Any) -> Any:
        """A value as Optuna knows it; ValueError where it is not of the space."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(value)
        steps = (value - self.low) / self.step if self.step else 0.0
        off_the_steps = abs(steps - round(steps)) > 1e-9 or (self.whole and value != int(value))
        if not self.low <= value <= self.high or off_the_steps:
            raise ValueError(value)
        return value

    def ends(self) -> tuple[Any, ...]:
        """The values by which it is checked."""
        return self.low, self.high

    def describe(self) -> Any:
        """For JSON, as it is written in a space."""
        return {name: value for name, value in dataclasses.asdict(self).items()
                if value is not None and value is not False}


Space = Mapping[str, Choice | Range]


def read_space(path: Path, groups: Groups, reached: tuple[str, ...]) -> Space:
    """A space that someone has written as YAML.

    Parameters
    ----------
    groups : with the values that parameters have otherwise.
    reached : names of the parameters that the search can change, or beginnings that end in a dot.

    Raises
    ------
    UserError
        For what is no mapping, an unknown parameter, and values or ranges that cannot be.
    """
    try:
        written = read_yaml(path)
    except FileNotFoundError:
        raise UserError(f"there is no space {path}; give a YAML file of parameters and their "
                        "values.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); give a YAML file of parameters and "
                        "their values.") from None
    return space_of(written, groups, reached, str(path))


def space_of(written: Any, groups: Groups, reached: tuple[str, ...], where: str) -> Space:
    """What `read_space` makes of a mapping; `where` it stands is for sentences."""
    if not isinstance(written, dict) or not written:
        raise UserError(f"{where} is {briefly(repr(written))}; write a space as lines of "
                        "parameter: [value, ...] or parameter: {low: ..., high: ...}.")
    names = [name for name in _names(groups)
             if any(name == each or (each[-1] == "." and name.startswith(each))
                    for each in reached)]
    space = {}
    for name, value in written.items():
        if name not in names:
            raise UserError(f"{where}: {name!r} is no parameter of this search; "
                            f"{did_you_mean(str(name), names)}")
        space[name] = _dimension(value, f"{where}: {name}")
        for end in space[name].ends():
            with_values(groups, {name: end}, where)
    return space


def with_values(groups: Groups, values: Values, where: str = "the space") -> dict[str, Any]:
    """The groups with some values changed; UserError for what a group refuses."""
    changed: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        group, _, field = name.rpartition(".")
        changed.setdefault(group, {})[field] = value
    return {**groups, **{
        group: build(type(groups[group]), {**_fields(groups[group]), **own}, f"{where}: {group}")
        for group, own in changed.items()}}


def values_of(groups: Groups, space: Space) -> Values:
    """What the parameters of a space are in groups."""
    values = {}
    for name in space:
        group, _, field = name.rpartition(".")
        value = getattr(groups[group], field)
        values[name] = list(value) if isinstance(value, tuple) else value
    return values


def suggested(space: Space, trial: "Trial") -> Values:
    """The values that a trial is to try."""
    return {name: dimension.suggest(trial, name) for name, dimension in space.items()}


def described(space: Space) -> dict[str, Any]:
    """For JSON, as it is written in a file."""
    return {name: dimension.describe() for name, dimension in space.items()}


def space_as_described(written: Mapping[str, Any]) -> Space:
    """The space of which `described` has told."""
    return {name: _dimension(value, name) for name, value in written.items()}


def _fields(group: Any) -> dict[str, Any]:
    values = {field.name: getattr(group, field.name) for field in dataclasses.fields(group)}
    return {name: list(value) if isinstance(value, tuple) else
            _fields(value) if dataclasses.is_dataclass(value) else value
            for name, value in values.items()}


def _names(groups: Groups) -> Iterator[str]:
    for group, values in groups.items():
        for field in dataclasses.fields(values):
            yield f"{group}.{field.name}"


def _dimension(written: Any, where: str) -> Choice | Range:
    if isinstance(written, list):
        texts = [json.dumps(value, sort_keys=True, default=str) for value in written]
        if not written or len(set(texts)) < len(texts):
            raise UserError(f"{where} is {briefly(repr(written))}; give values that differ.")
        return Choice(tuple(written))
    if not isinstance(written, dict) or not {"low", "high"} <= set(written) <= set(RANGE):
        raise UserError(f"{where} is {briefly(repr(written))}; give a list of values, or low and "
                        "high with log: true or a step.")
    numbers = {name: _number(value, f"{where}.{name}") for name, value in written.items()
               if name != "log"}
    log = written.get("log", False)
    low, high, step = numbers["low"], numbers["high"], numbers.get("step")
    told = briefly(repr(written))
    if not isinstance(log, bool) or (log and step is not None):
        raise UserError(f"{where} is {told}; log is true or false, and goes without a step.")
    if low >= high:
        raise UserError(f"{where} is {told}; low has to be below high.")
    if log and low <= 0:
        raise UserError(f"{where} is {told}; with log low has to be above 0.")
    if step is not None and not 0 < step <= high - low:
        raise UserError(f"{where} is {told}; step has to be above 0 and within the range.")
    return Range(low, high, step, log)


def _number(value: Any, where: str) -> float:
    if isinstance(value, str):  # YAML's 1e-4 without a dot is text
        with suppress(ValueError):
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UserError(f"{where} is {briefly(repr(value))}; it must be a number.")
    return value
