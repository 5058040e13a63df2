"""README.md of a model's folder: what hubs of models read, and people who find the folder alone.

Metadata in YAML between two lines of ``---``, then Markdown, after Mitchell et al., Model Cards for
Model Reporting, 2019. A card is made of a folder's record and nothing else: no date, no path.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from words_and_images.common.errors import printable
from words_and_images.common.files import write_text
from words_and_images.common.own_files import CARD
from words_and_images.common.streams import called

LIBRARY = "words-and-images"
# Nobody has stated a licence of what is learnt; hubs take a name beside `other`.
LICENCE = {"license": "other", "license_name": "terms-of-the-sources"}

_MARKUP = re.compile(r"[\\`*_\[\]<>|&~$@#]")
_BEGINNING = re.compile(r"^(\d*)([-+=.)])")  # of lists and lines below headings


@dataclass(frozen=True)
class ModelCard:
    """What a card says.

    Parameters
    ----------
    title : in Markdown, as everything but the metadata.
    metadata : what is said for programs besides library and licence.
    sections : paragraphs, lists, tables and blocks by the heading above them; an empty section is
        left out.
    """

    title: str
    metadata: Mapping[str, Any]
    sections: Mapping[str, Sequence[str]]

    def text(self) -> str:
        """The file's content."""
        metadata = _yaml({**LICENCE, "library_name": LIBRARY, **self.metadata})
        blocks = [f"---\n{metadata}---", f"# {self.title}"]
        for heading, content in self.sections.items():
            blocks += [f"## {heading}", *content] if content else []
        return "\n\n".join(blocks) + "\n"

    def write(self, folder: Path) -> None:
        """Write it into a folder that is being made."""
        write_text(folder / CARD, self.text())


def escaped(text: Any) -> str:
    """What others have named, for Markdown: shown letter by letter, whatever it would mean there.
    """
    plain = _MARKUP.sub(r"\\\g<0>", printable(str(text)))
    return _BEGINNING.sub(r"\1\\\2", plain)


def file_name(path: Any) -> str:
    """The last part of a path, without the folders of the machine that it was on."""
    name = called(Path(str(path)))
    return printable(Path(name).name or name)


def bullets(*lines: str) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table; the first row is its heading."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def values_block(values: Mapping[str, Any]) -> str:
    """Parameters, as params.yaml would have them."""
    return f"```yaml\n{_yaml(values)}```"


def code_block(*lines: str) -> str:
    """Lines of Python."""
    return "\n".join(["```python", *lines, "```"])


def data_section(lines: Sequence[str]) -> list[str]:
    """What a model was made of, a line each."""
    return ["No licence of the model itself is stated. What it was made of has these terms:",
            bullets(*lines)]


def terms(what: str, about: Mapping[str, Any]) -> str:
    """Where data are from and on which terms, as a record of a source says.

    Parameters
    ----------
    what : what the source gave: ``text``.
    about : name, about, licence and citation of the catalogue's; the name alone of one's own.
    """
    name = f"{what}: {escaped(file_name(about.get('name') or 'not recorded'))}"
    if not about.get("licence"):
        return (f"{name}. Its terms are those of where it is from, and are not recorded: ask who "
                "made it before you pass it on.")
    parts = [about.get("about"), f"licence: {about['licence']}", about.get("citation")]
    return "; ".join([name, *(escaped(part) for part in parts if part)]) + "."


def _yaml(values: Mapping[str, Any]) -> str:
    import yaml  # not above: whoever loads a model has no use for it

    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=math.inf)
