"""What the project's files import of each other, read from their source."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("words_and_images/common", "words_and_images/neural", "words_and_images/retraining",
         "words_and_images/pages", "words_and_images/tuning", "word2vec", "vision",
         "texts", "words_and_images_page", "reporting", "pipelines", "benchmarks", "examples",
         "documentation")


def project_files() -> list[str]:
    """All modules of the rooms, relative to the root."""
    return sorted(path.relative_to(ROOT).as_posix() for room in ROOMS
                  for path in (ROOT / room).rglob("*.py"))


def imported_by(file: str) -> set[str]:
    """The files that a file imports, anywhere in it: what gives out a name counts as its source."""
    return imports_in((ROOT / file).read_text(encoding="utf-8"))


def imports_in(source: str) -> set[str]:
    """The same of a text."""
    found: set[str | None] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {file_of(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {source_of(str(node.module), alias.name) for alias in node.names}
    return {file for file in found if file}


def loaded_by(package: str) -> set[str]:
    """What an ``__init__.py`` imports when it runs, without what it only gives out."""
    tree = ast.parse((ROOT / package).read_text(encoding="utf-8"))
    return imports_in("\n".join(ast.unparse(node) for node in tree.body
                                if isinstance(node, ast.Import | ast.ImportFrom)))


def packages_of(file: str) -> set[str]:
    """The ``__init__.py`` of the folders that a file is in, which run before it."""
    parents = [(parent / "__init__.py").as_posix() for parent in Path(file).parents]
    return {parent for parent in parents if (ROOT / parent).is_file() and parent != file}


def source_of(module: str, name: str) -> str | None:
    """The file that ``from module import name`` takes the name from, if it is the project's."""
    found = file_of(f"{module}.{name}") or file_of(module)
    if found and found.endswith("/__init__.py") and (given := given_out(found).get(name)):
        return source_of(given, name)
    return found


def file_of(module: str) -> str | None:
    """The file of a module of the project."""
    path = module.replace(".", "/")
    return next((file for file in (f"{path}.py", f"{path}/__init__.py")
                 if file.startswith(ROOMS) and (ROOT / file).is_file()), None)


@cache
def given_out(package: str) -> dict[str, str]:
    """The names that an ``__init__.py`` imports for others, and the modules they are from."""
    statements = [statement for node in ast.parse((ROOT / package).read_text()).body
                  for statement in (node.body if isinstance(node, ast.If) else [node])]
    return {alias.asname or alias.name: str(statement.module) for statement in statements
            if isinstance(statement, ast.ImportFrom) for alias in statement.names}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one file (Tarjan, 1972)."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(file: str) -> None:
        numbers[file] = lowest[file] = len(numbers)
        path.append(file)
        for other in sorted(graph[file]):
            if other not in numbers:
                visit(other)
            if other in path:
                lowest[file] = min(lowest[file], lowest[other])
        if lowest[file] == numbers[file]:
            component = path[path.index(file):]
            del path[path.index(file):]
            if len(component) > 1:
                found.append(sorted(component))

    for file in sorted(graph):
        if file not in numbers:
            visit(file)
    return found
