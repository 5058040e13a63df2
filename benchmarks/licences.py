"""NOTICE: the terms of what others have made: files in the repository, data, weights, packages.

Made of data/sources.yaml, of requirements.lock and of what the locked packages say of themselves
where they are installed, so that it is the same wherever it is made.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import typer
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from words_and_images.common.catalogue import Source, load_catalogue
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import write_text

ROOT = Path(__file__).parents[1]
LOCK, NOTICE = ROOT / "requirements.lock", ROOT / "NOTICE"
ROOMS = ("word2vec", "vision", "texts", "words_and_images", "words_and_images_page", "reporting")
WIDTH = 100
# Where the project runs; what the lock has for other machines only is nobody's to install.
PYTHONS = ("3.11.4", "3.12.0", "3.13.0", "3.14.0")
MACHINES = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
LONGEST_NAME = 60  # characters; what is longer is the licence itself
NO_NAMES = {"", "UNKNOWN", "Dual License", "OSI Approved"}
APACHE = re.compile(r"Apache License,?\s+Version 2\.0")
# One name for one licence. BSD alone may be any of its kinds, and stays so.
NAMES = {
    **dict.fromkeys(("Apache 2.0", "Apache License 2.0", "Apache License, Version 2.0",
                     "Apache Software License"), "Apache-2.0"),
    **dict.fromkeys(("BSD 3-Clause", "3-Clause BSD License", "New BSD"), "BSD-3-Clause"),
    "BSD License": "BSD",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    **dict.fromkeys(("PSFL", "Python Software Foundation License"), "PSF-2.0"),
}

BEGINNING = """\
Words and images

Under the Apache License, Version 2.0, which is in the file LICENSE. What follows has its own terms.
This file is made by `make licences`, of data/sources.yaml and requirements.lock.
"""
DATA = """\
Data and weights
================

None of them is in the repository or in the package, but for the digits of MNIST that
docs/pictures/digits.png shows. Each is fetched by its name, when it is asked for, from where
docs/sources.md says, and stays under the terms of those who own it. A source, a backbone or an
address of your own has the terms of whoever publishes it.
"""
ENCLOSED = """\
Files of others in the repository and in the package
====================================================
"""
FORBIDDING = "With terms that forbid a use:"
UNSTATED = ("With no terms stated, or none but that they are distributed for research: nobody has "
            "said that anything else is allowed.")
OTHERS = "With other terms:"
HEADING = "Packages\n========\n"
PACKAGES = f"""\
{HEADING}
Those of requirements.lock, which pip installs; none of them is in the repository. The licence is
the one that each says it has. What is for work on the project alone is among them.
"""

application = typer.Typer(add_completion=False)


def data_terms(sources: Iterable[Source]) -> str:
    """The terms of the sources: first what forbids a use, then what states nothing.

    Raises
    ------
    UserError
        For a source without terms.
    """
    groups: dict[str, list[str]] = {FORBIDDING: [], UNSTATED: [], OTHERS: []}
    for source in sources:
        if not source.licence.strip():
            raise UserError(f"{source.name} has no licence in data/sources.yaml; give its terms.")
        kind = FORBIDDING if source.forbids else (
            UNSTATED if source.licence.startswith("none stated") else OTHERS)
        groups[kind].append(_terms_of(source))
    return "\n".join(f"{_paragraph(heading)}\n{''.join(terms)}"
                     for heading, terms in groups.items() if terms)


def _terms_of(source: Source) -> str:
    terms = [source.licence, source.forbids and f"The terms forbid {source.forbids}",
             source.members and f"These are {', '.join(source.members)}"]
    said = _paragraph(f"{source.name}: {'. '.join(str(each) for each in terms if each)}.", 2)
    return said + (_paragraph(source.citation, 4, 0) if source.citation else "")


def _paragraph(text: str, indent: int = 0, further: int = 2) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=" " * indent,
                         subsequent_indent=" " * (indent + further if indent else 0),
                         break_long_words=False, break_on_hyphens=False) + "\n"


def enclosed_terms(root: Path) -> str:
    """The files of others in the folders of the code: each lies beside the licence that it has."""
    licences = sorted(path for room in ROOMS for path in (root / room).rglob("LICENSE*"))
    return "".join(_paragraph(f"{path.parent.relative_to(root)}: {_beside(path)}; their terms are "
                              f"in {path.relative_to(root)}.", 2) for path in licences)


def _beside(licence: Path) -> str:
    return ", ".join(sorted(path.name for path in licence.parent.iterdir()
                            if path.is_file() and path != licence and path.suffix != ".py"
                            and not path.name.startswith(".")))


def locked(text: str) -> dict[str, str]:
    """Name and version of each package of a lock that some machine of the project installs.

    Where it has several versions of one, by Python, the first, which is the oldest Python's.
    """
    versions: dict[str, str] = {}
    for line in re.findall(r"^(\w.*?)(?: \\)?$", text, re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or _is_met(requirement.marker):
            version = str(requirement.specifier).removeprefix("==")
            versions.setdefault(canonicalize_name(requirement.name), version)
    return versions


def _is_met(marker: Marker) -> bool:
    """Whether a marker holds on any machine of the project."""
    return any(marker.evaluate({"python_full_version": python, "sys_platform": system,
                                "platform_machine": machine})
               for python in PYTHONS for system, machine in MACHINES)


def licence_of(package: Distribution) -> str:
    """The licence by the name that a package gives it; empty where it names none.

    Its expression, else its field if that is a name, else its classifiers, else what the file of
    the licence begins with.
    """
    def said(name: str) -> list[str]:
        return package.metadata.get_all(name) or []

    if expressions := said("License-Expression"):
        return expressions[0]
    field = "".join(said("License")).strip()
    if field not in NO_NAMES and "\n" not in field and len(field) <= LONGEST_NAME:
        return NAMES.get(field, field)
    classified = [each.rpartition(" :: ")[2] for each in said("Classifier")
                  if each.startswith("License ::")]
    named = [NAMES.get(each, each) for each in classified if each not in NO_NAMES]
    if not named and any(APACHE.search(text) for text in _licence_files(package)):
        return "Apache-2.0"
    return " / ".join(named)


def _licence_files(package: Distribution) -> Iterator[str]:
    for file in package.files or ():
        if file.name.upper().startswith("LICEN"):
            yield file.read_text(encoding="utf-8")


def package_licences(versions: Mapping[str, str], stated: Mapping[str, str]) -> dict[str, str]:
    """The licence of each package by its name.

    Parameters
    ----------
    versions : the locked packages.
    stated : what NOTICE says by now: it stands for those that another machine or Python installs.

    Raises
    ------
    UserError
        For packages that are neither installed here in the locked version nor in NOTICE, and for
        those that name no licence.
    """
    licences = {name: _installed_licence(name, version) or stated.get(name, "")
                for name, version in versions.items()}
    unknown = [name for name, licence in licences.items() if not licence]
    if unknown:
        raise UserError(f"the licence of {', '.join(unknown)} is not known here; run `make "
                        "licences` with a Python and on a machine that install it.")
    return licences


def _installed_licence(name: str, version: str) -> str:
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return ""
    return licence_of(package) if package.version == version else ""


def package_terms(licences: Mapping[str, str]) -> str:
    """The packages under each licence."""
    under: dict[str, list[str]] = {}
    for name, licence in sorted(licences.items()):
        under.setdefault(licence, []).append(name)
    return "\n".join(f"  {licence}:\n{_paragraph(', '.join(names), 4, 0)}"
                     for licence, names in sorted(under.items(), key=lambda each: each[0].lower()))


def stated_licences(notice: str) -> dict[str, str]:
    """What `package_terms` has written, by package."""
    stated, licence = {}, ""
    for line in notice.partition(HEADING)[2].splitlines():
        if line.startswith("    "):
            stated.update(dict.fromkeys(re.findall(r"[^\s,]+", line), licence))
        else:
            licence = line.strip().removesuffix(":")
    return stated


def made_notice(
    sources: Iterable[Source], versions: Mapping[str, str], stated: Mapping[str, str]
) -> str:
    """The whole of NOTICE; UserError for what has no terms."""
    licences = package_licences(versions, stated)
    return "\n".join([BEGINNING, ENCLOSED, enclosed_terms(ROOT), DATA, data_terms(sources),
                      PACKAGES, package_terms(licences)])


@application.command()
def main() -> None:
    """Write NOTICE anew."""
    sources, versions = load_catalogue().values(), locked(LOCK.read_text(encoding="utf-8"))
    earlier = NOTICE.read_text(encoding="utf-8") if NOTICE.exists() else ""
    write_text(NOTICE, made_notice(sources, versions, stated_licences(earlier)))
    print(f"NOTICE: {counted(len(sources), 'source')}, {counted(len(versions), 'package')}")


if __name__ == "__main__":
    run_application(application)
