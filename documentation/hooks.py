"""What MkDocs does beside its own: formulas, and the files of the repository that pages link to.

A page of docs/ may link to any file or folder of the repository, as it does where the repository
is read. On the site these are pages too, below source/.
"""

import ast
import os
import re
from functools import cache
from importlib import import_module
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from documentation.formulas import mathml
from words_and_images.common.exports import exports_of

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)#\s]+)")
FORMULA = re.compile(r"^```math\n(.*?)^```$|\$`([^`\n]+)`\$", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"tests/[\w/]+\.py::\w+")  # longer than a column: may be broken into lines
PLACE = "formula{}place"  # where one was, while Markdown is read
PAGES = {"SECURITY.md": "security.md", "README.md": "index.md"}
# How a file is shown, by its ending; others, such as pictures, are handed on as they are.
LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".json": "json", ".sh": "bash",
             ".txt": "text", "": "text"}
FENCE = "~" * 8
DIRECTIVE = re.compile(r"^::: ([\w.]+)", re.MULTILINE)
formulas: dict[str, list[str]] = {}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add SECURITY.md, and a page for each file and folder that pages link to."""
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    security = TEST.sub(lambda test: re.sub(r"(?<=[/_])|(?<=::)", "<wbr>", test[0]), security)
    files.append(File.generated(config, "security.md", content=security))
    wanted = {path for file in files.documentation_pages()
              for path in linked(file.content_string, repository_path(file.src_uri))}
    wanted |= {each for path in wanted if (ROOT / path).is_dir() for each in listed(path)}
    for path in sorted(wanted):
        page = source_page(path)
        given = {"content": shown(path)} if page.endswith(".md") else {"abs_src_path": ROOT / path}
        files.append(File.generated(config, page, **given))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links out of docs/ to their pages, and take the formulas out of Markdown's way."""
    name = page.file.src_uri
    formulas[name] = []

    def keep(match: re.Match[str]) -> str:
        block, inline = match.groups()
        formulas[name].append(mathml(block or inline, block is not None))
        return PLACE.format(len(formulas[name]) - 1)

    if name.startswith("source/"):
        return markdown
    return FORMULA.sub(keep, relinked(markdown, name))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the formulas back."""
    for number, formula in enumerate(formulas[page.file.src_uri]):
        place = PLACE.format(number)
        html = html.replace(f"<p>{place}</p>", f'<div class="formula">{formula}</div>')
        html = html.replace(place, formula)
    return html


def repository_path(uri: str) -> str:
    """Where a page of the site is in the repository."""
    return "SECURITY.md" if uri == PAGES["SECURITY.md"] else f"docs/{uri}"


def outside(target: str, page: str) -> str | None:
    """The file or folder of the repository that a link leads to; None for what is in docs/."""
    path = os.path.normpath(os.path.join(os.path.dirname(page), target))
    if "://" in target or path.startswith(("docs/", "..")) or not (ROOT / path).exists():
        return None
    return path


def linked(markdown: str, page: str) -> set[str]:
    """What a page links to that is to become a page of source/."""
    found = {outside(target, page) for target in LINK.findall(markdown)}
    return {path for path in found if path and path not in PAGES}


def relinked(markdown: str, uri: str) -> str:
    """The page with its links as they are on the site."""
    page = repository_path(uri)

    def lead(match: re.Match[str]) -> str:
        path = os.path.normpath(os.path.join(os.path.dirname(page), match[1]))
        if outside(match[1], page):
            to = PAGES.get(path) or source_page(path)
        elif path.startswith("docs/") and not page.startswith("docs/"):
            to = path.removeprefix("docs/")
        else:
            return match[0]
        return f"]({os.path.relpath(to, os.path.dirname(uri) or '.')}"

    return LINK.sub(lead, markdown)


def source_page(path: str) -> str:
    """The page of the site that shows a file or lists a folder, or the file as it is."""
    if (ROOT / path).is_dir():
        return f"source/{path}/index.md"
    return f"source/{path}.md" if Path(path).suffix in LANGUAGES else f"source/{path}"


def listed(folder: str) -> list[str]:
    """The files of a folder that its page leads to."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).iterdir()
                  if path.is_file() and path.suffix in LANGUAGES and path.name[0] != ".")


@cache
def shown(path: str) -> str:
    """The page of a file or a folder. The search leads to what is written about it instead."""
    head = f"---\nsearch: {{exclude: true}}\nhide: [navigation, toc]\n---\n# {path}\n\n"
    if (ROOT / path).is_dir():
        return head + "\n".join(f"- [`{Path(file).name}`]({Path(file).name}.md){about(file)}"
                                for file in listed(path)) + "\n"
    if page := described().get(path):
        page = os.path.relpath(page, f"source/{Path(path).parent}")
        head += f"Described in the [API]({page}).\n\n"
    text = (ROOT / path).read_text(encoding="utf-8")
    return f"{head}{FENCE} {LANGUAGES[Path(path).suffix]}\n{text}{FENCE}\n"


@cache
def described() -> dict[str, str]:
    """The page of the API on which a file's names are, and the place on it."""
    found = {}
    for page in sorted((ROOT / "docs" / "api").glob("*.md")):
        for name in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
            if (ROOT / f"{file_of(name)}.py").is_file():
                found[f"{file_of(name)}.py"] = f"api/{page.name}#{name}"
            elif (ROOT / file_of(name) / "__init__.py").is_file():
                import_module(name)
                found |= {f"{file_of(module)}.py": f"api/{page.name}"
                          for module in exports_of(name).values()}
    return found


def file_of(module: str) -> str:
    """The path of a module, without its ending."""
    return module.replace(".", "/")


def about(file: str) -> str:
    """What a module says of itself in its first sentences."""
    if not file.endswith(".py"):
        return ""
    told = ast.get_docstring(ast.parse((ROOT / file).read_text(encoding="utf-8"))) or ""
    first = " ".join(told.partition("\n\n")[0].split())
    return f": {first}" if first else ""
