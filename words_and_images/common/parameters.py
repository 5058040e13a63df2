"""params.yaml, one frozen dataclass a group, checked before any work begins."""

import codecs
import contextlib
import dataclasses
import math
import types
import typing
from collections import Counter
from numbers import Integral
from pathlib import Path
from typing import Any, TypeVar

from words_and_images.common.errors import UserError, did_you_mean, nearest
from words_and_images.common.stored_paths import stored_bytes

Group = TypeVar("Group")

PARAMETERS_FILE = Path("params.yaml")
STAGES_FILE = Path("dvc.yaml")
ENGINE = "engine"  # where stages run, which changes nothing that they make: no stage depends on it
LARGEST_YAML = 1_000_000  # characters, aliases unfolded
LONGEST_TOLD = 300  # characters of a value in a sentence
NAMES = {type(None): "nothing", tuple: "list"}


def read_group(name: str, group: type[Group], path: Path = PARAMETERS_FILE) -> Group:
    """One group of the parameters file as its dataclass.

    Parameters
    ----------
    name : the group, for example ``train``, or one within it: ``images.distortions``.
    group : a dataclass whose fields are the group's parameters; its ``__post_init__`` may
        raise UserError for values that cannot be.
    path : the parameters file.

    Raises
    ------
    UserError
        For a missing file or group, an unknown name (with the nearest known one), a value of
        the wrong type and a value that the dataclass refuses.
    """
    values: Any = read_parameters(path)
    for part in name.split("."):
        if not isinstance(values, dict) or part not in values:
            raise UserError(f"{path} has no group {name!r}; add it with at least one parameter.")
        values = values[part] or {}
    return build(group, values, f"{path}: {name}")


def read_value(name: str, path: Path = PARAMETERS_FILE) -> Any:
    """One top-level value of the parameters file, for example ``profile``."""
    parameters = read_parameters(path)
    if name not in parameters:
        raise UserError(f"{path} has no {name!r}; add it.")
    return parameters[name]


def read_parameters(path: Path = PARAMETERS_FILE) -> dict[str, Any]:
    """The whole parameters file, its top-level names checked against the stages' own."""
    try:
        parameters = read_yaml(path)
    except FileNotFoundError:
        raise UserError(f"no parameters file {path}; run from the project's root.") from None
    if not isinstance(parameters, dict):
        raise UserError(f"{path} holds no groups of parameters; restore it.")
    known = stage_parameters(path.parent / STAGES_FILE)
    for name in parameters:
        if known and name not in {ENGINE, *known}:
            remedy = did_you_mean(str(name), sorted({ENGINE, *known}))
            raise UserError(f"{path}: unknown group {name!r}; {remedy}")
    return parameters


def read_yaml(path: Path) -> Any:
    """What a YAML file says.

    Raises
    ------
    UserError
        For what is no YAML, a name that comes twice, of which the last would count in silence, and
        aliases that would unfold to more than a person writes.
    FileNotFoundError
        As `open` does.
    """
    import yaml  # not above: who only checks parameters does without it

    try:
        loader = yaml.SafeLoader(stored_bytes(path).decode("utf-8"))
        tree = loader.get_single_node()
        if tree is None:
            return None
        _refuse_ambiguous(tree, path, {})
        return loader.construct_document(tree)
    # Dates of a thirteenth month are a ValueError, nested brackets without end a RecursionError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = briefly(" ".join(str(error).split()))
        raise UserError(f"{path} is not YAML ({reason}); mend that place.") from None


def _refuse_ambiguous(node: Any, path: Path, sizes: dict[int, int]) -> int:
    """The characters of a node with its aliases unfolded; `sizes` are those known, by node."""
    import yaml

    if id(node) in sizes:
        return sizes[id(node)]
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + 1
    line = node.start_mark.line + 1
    sizes[id(node)] = LARGEST_YAML + 1  # while it is open: an alias in it has no end
    inside = node.value
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((key for key, count in Counter(keys).items() if count > 1), None)
        if twice is not None:
            raise UserError(f"{path} has {briefly(repr(twice))} twice in the group that begins in "
                            f"line {line}; take one of them out.")
        inside = [each for pair in node.value for each in pair]
    size = 1 + sum(_refuse_ambiguous(each, path, sizes) for each in inside)
    if size > LARGEST_YAML:
        raise UserError(f"{path}, line {line}: what stands there unfolds to more than "
                        f"{LARGEST_YAML:,} characters; write it without aliases (*name).")
    sizes[id(node)] = size
    return size


def briefly(text: str) -> str:
    """A text that is short enough to repeat in a sentence."""
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."


def stage_parameters(path: Path) -> set[str]:
    """Top-level parameter names that the stages of a dvc.yaml depend on.

    Raises
    ------
    UserError
        For a file that is none of DVC's.
    """
    if not path.exists():
        return set()
    names: set[str] = set()
    pipeline = read_yaml(path)
    try:
        for stage in pipeline["stages"].values():
            matrix = [value for values in stage.get("matrix", {}).values() for value in values]
            for name in _own_parameters(stage.get("params", [])):
                names.update(matrix if "${" in name else [name.split(".")[0]])
    except (AttributeError, LookupError, TypeError):
        raise UserError(f"{path} does not say what the stages are as DVC has it; restore "
                        "it.") from None
    return names


def _own_parameters(names: list[Any]) -> list[str]:
    """Names, also where a stage gives them below the name of their file."""
    given = [name if isinstance(name, dict) else {"": [name]} for name in names]
    return [name for entry in given for below in entry.values() for name in below]


def build(group: type[Group], values: Any, where: str) -> Group:
    """A dataclass from a mapping, with every name and type checked.

    A field that is a dataclass itself takes a mapping of its own.
    """
    if not isinstance(values, dict):
        raise UserError(f"{where} is {briefly(repr(values))}; write parameters as name: value "
                        "lines.")
    hints = typing.get_type_hints(group)
    fields = [field.name for field in dataclasses.fields(group)]  # type: ignore[arg-type]
    for name, value in values.items():
        if name not in fields:
            raise UserError(
                f"{where}: unknown parameter {name!r}; {did_you_mean(str(name), fields)}")
        values = {**values, name: _checked(value, hints[name], f"{where}.{name}")}
    for field in dataclasses.fields(group):  # type: ignore[arg-type]
        unset = field.default is field.default_factory is dataclasses.MISSING
        if unset and field.name not in values:
            raise UserError(f"{where}: {field.name} is missing; give it.")
    try:
        return group(**values)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def _checked(value: Any, hint: Any, where: str) -> Any:
    """The value as the type asked for; YAML's 1e-4 without a dot is text, and is read as meant."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        # A group without lines is None in YAML.
        return build(hint, {} if value is None else value, where)
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    allowed = tuple(typing.get_origin(kind) or kind for kind in kinds)
    if float in allowed and isinstance(value, (int, str)) and not isinstance(value, bool):
        with contextlib.suppress(ValueError):
            value = float(value)
    if tuple in allowed and isinstance(value, list):
        value = _checked_members(value, kinds[allowed.index(tuple)], where)
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where} is {value}; it must be a finite number.")
    wrong_bool = isinstance(value, bool) and bool not in allowed
    if wrong_bool or not isinstance(value, allowed):
        names = " or ".join(NAMES.get(kind, kind.__name__) for kind in allowed)
        raise UserError(f"{where} is {briefly(repr(value))}; it must be {names}.")
    return value


def _checked_members(values: list[Any], hint: Any, where: str) -> tuple[Any, ...]:
    """A list as a tuple, its members checked where the hint is tuple[kind, ...]."""
    kind = next(iter(typing.get_args(hint)), None)
    if kind is None:
        return tuple(values)
    return tuple(_checked(value, kind, f"{where}[{place}]") for place, value in enumerate(values))


def require(condition: bool, name: str, value: Any, remedy: str) -> None:
    """Refuse a parameter's value: ``require(dim > 0, "dim", dim, "at least 1")``."""
    if not condition:
        raise UserError(f"{name} is {briefly(repr(value))}; it must be {remedy}.")


def require_whole(name: str, value: Any, least: int) -> None:
    """Refuse what is no whole number, True and False among it, and what is below the least."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    require(whole and value >= least, name, value, f"a whole number, at least {least}")


def require_switch(name: str, value: Any) -> None:
    """Refuse what is neither True nor False, such as a number in the place of a switch."""
    require(isinstance(value, bool), name, value, "True or False")


def require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a name that is not one of the choices, with the nearest."""
    if value not in choices:
        raise UserError(f"{name} is {briefly(repr(value))}; {did_you_mean(str(value), choices)}")


def require_encoding(name: str, value: Any) -> None:
    """Refuse what is no encoding of text that Python knows, with the nearest."""
    if not _decodes(value):
        from encodings.aliases import aliases  # not above: nobody else needs it

        near = nearest(str(value), filter(_decodes, sorted({*aliases, *aliases.values()})))
        remedy = (f"did you mean {' or '.join(near)}?" if near else
                  "give a name that Python knows, such as latin-1, cp1252 or utf-16-le.")
        raise UserError(f"{name} is {value!r}; {remedy}")


def _decodes(encoding: Any) -> bool:
    """Whether there is such a codec, of text, and it goes on where something is not decodable."""
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            return False
        codecs.getincrementaldecoder(encoding)("replace").decode("text".encode(encoding))
    except (LookupError, ValueError, TypeError):  # of UnicodeError too
        return False
    return True
