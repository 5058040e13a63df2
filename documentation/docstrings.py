"""What Griffe, which reads the code for the site, would not see as it is meant.

- An ``__init__.py`` gives out what it imports ``if TYPE_CHECKING`` (`common.exports`).
- In docstrings, ``name : what it is`` may be a description on one line or several, where NumPy's
  style has a type and the description below it; and what is returned may be told in sentences.
"""

import ast
import re
from typing import Any

import griffe

HEADING = re.compile(r"^(\w+)\n-{3,}$", re.MULTILINE)
PAGE = re.compile(r"(?<![`/\w])docs/(\w+)\.md")
NAMED = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)( : .*)?$")
# Lines are wrapped near 100 letters: a shorter one that others follow is a type, and ends there.
WRAPPED = 62


class AsWritten(griffe.Extension):
    """Rewrites docstrings before they are parsed, and marks what packages give out."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = in_numpy_style(obj.docstring.value)

    def on_module_members(self, *, node: Any, mod: griffe.Module, **_: Any) -> None:
        if isinstance(node, ast.Module) and mod.is_init_module:
            mod.exports = [name for name, member in mod.members.items()
                           if member.is_alias and not member.runtime] or mod.exports


def in_numpy_style(text: str) -> str:
    """A docstring whose sections a parser of NumPy's style understands."""
    parts = HEADING.split(text)
    first, gap, more = parts[0].partition("\n\n")
    if "\n " not in first:  # summaries show its first line
        first = " ".join(first.split("\n"))
    written = [first, gap, more]
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        if name in ("Parameters", "Attributes"):
            body = "\n".join(map(_described, _items(body)))
        elif name in ("Returns", "Yields"):
            body = _returned(body)
        written.append(f"{name}\n{'-' * len(name)}\n{body.strip()}\n\n")
    return PAGE.sub(r"[docs/\1.md](../\1.md)", "".join(written).rstrip())


def _items(body: str) -> list[str]:
    """An item begins at the margin and goes on indented."""
    return re.split(r"\n(?=\S)", body.strip())


def _described(item: str) -> str:
    """``name : description`` as a name with its description below; a type is left as it is."""
    first, *rest = item.splitlines()
    named = NAMED.match(first)
    if not named:
        return item
    names, said = named[1].split(", "), named[2] or ""
    typed = rest and len(first) <= WRAPPED
    told = rest if typed else [f"    {said.removeprefix(' : ')}", *rest]
    if len(names) > 1:  # one row each: they have defaults of their own
        told = [f"    {', '.join(f'`{name}`' for name in names)}: {told[0].strip()}", *told[1:]]
    return "\n".join(line for name in names
                     for line in (f"{name}{said}" if typed else name, *told))


def _returned(body: str) -> str:
    """Named values with their descriptions below; sentences below no name."""
    items = _items(body)
    if all((named := NAMED.match(item.splitlines()[0])) and named[2] for item in items):
        return "\n".join(re.sub(r"^(\w+) : ", r"\1 :\n    ", item) for item in items)
    if len(items) == 1 and "\n" in items[0]:  # a type, and what it is
        return body
    return ":\n" + "\n".join(f"    {line.strip()}" for line in body.strip().splitlines())
