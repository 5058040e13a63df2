"""Values of a search written into params.yaml, of which everything else stays as it is."""

import math
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from words_and_images.common.errors import UserError
from words_and_images.common.files import replacing
from words_and_images.common.parameters import PARAMETERS_FILE, read_parameters
from words_and_images.tuning.space import Values


def write_values(values: Values, path: Path = PARAMETERS_FILE) -> None:
    """Change the values of some parameters in their lines.

    Raises
    ------
    UserError
        As `with_changed`, and for a file that cannot be read or written.
    """
    read_parameters(path)
    changed = with_changed(path.read_text(encoding="utf-8"), values, str(path))
    with replacing(path) as temporary:
        temporary.write_text(changed, encoding="utf-8")


def with_changed(text: str, values: Values, where: str = str(PARAMETERS_FILE)) -> str:
    """A parameters file with other values of some parameters, by their full names.

    Comments, order and the way in which other values are written stay.

    Raises
    ------
    UserError
        For a parameter that has no line, or none of its own.
    """
    import yaml

    tree = yaml.compose(text, yaml.SafeLoader)
    places = {name: _place(tree, name, where) for name in values}
    changed, expected = text, yaml.safe_load(text)
    for name in sorted(values, key=places.__getitem__, reverse=True):  # places before stay valid
        start, end = places[name]
        changed = f"{changed[:start]} {_written(values[name])}{changed[end:]}"
        *groups, last = name.split(".")
        reduce(getitem, groups, expected)[last] = values[name]
    if not _says(changed, expected):
        raise UserError(f"{where}: {', '.join(values)} cannot be changed where they stand; write "
                        "each as a plain line, name: value.")
    return changed


def _place(tree: Any, name: str, where: str) -> tuple[int, int]:
    """Where the value of a parameter begins, behind its colon, and ends in the text."""
    node, colon = tree, 0
    for part in name.split("."):
        members = node.value if isinstance(node.value, list) else ()
        key, node = next((pair for pair in members if pair[0].value == part), (None, None))
        if key is None or node is None:
            raise UserError(f"{where} has no line for {name}; add one with its default.")
        colon = key.end_mark.index
    return colon + 1, max(colon + 1, _end(node))


def _end(node: Any) -> int:
    """That of a list in lines of its own is where its last member ends, and not the next line."""
    if isinstance(node.value, list) and not node.flow_style and node.value:
        return _end(node.value[-1])
    end: int = node.end_mark.index
    return end


def _written(value: Any) -> str:
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, width=math.inf)
    return text.removesuffix("...\n").strip()


def _says(text: str, expected: Any) -> bool:
    import yaml

    try:
        return bool(yaml.safe_load(text) == expected)
    except yaml.YAMLError:
        return False
