"""Names that a package gives out, each imported when someone asks for it.

What a room gives out stands in its ``__init__.py`` as the imports that type checkers and editors
read:

    if TYPE_CHECKING:
        from word2vec.vectors.vectors import load_vectors
    else:
        __getattr__, __dir__ = on_demand(__name__)

So an import of one file of the room pays for no other (PEP 562).
"""

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


def on_demand(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package for what it imports ``if TYPE_CHECKING``."""
    module = sys.modules[package]

    def attribute(name: str) -> Any:
        if name == "__all__":
            return sorted(exports_of(package))
        # Python asks for names such as __path__ by itself, long before anyone asks for an export.
        source = None if name.startswith("__") else exports_of(package).get(name)
        if source is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(source), name)

    return attribute, lambda: sorted({*vars(module), *exports_of(package)})


@cache
def exports_of(package: str) -> dict[str, str]:
    """The names that a package gives out, and the module that each of them is from."""
    import ast  # not above: who asks for no export does without
    import inspect

    tree = ast.parse(inspect.getsource(sys.modules[package]))  # out of a zip archive, too
    checked = [node for node in tree.body if isinstance(node, ast.If)
               and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"]
    return {alias.name: str(statement.module) for node in checked for statement in node.body
            if isinstance(statement, ast.ImportFrom) for alias in statement.names}
