"""NOTICE says what the catalogue and the locked packages say, on every Python and machine."""

import re
from email.message import Message

import pytest
from project_imports import ROOT

from benchmarks.licences import (
    FORBIDDING,
    LOCK,
    NOTICE,
    OTHERS,
    PACKAGES,
    UNSTATED,
    data_terms,
    enclosed_terms,
    licence_of,
    locked,
    made_notice,
    package_licences,
    package_terms,
    stated_licences,
)
from words_and_images.common.catalogue import Source, load_catalogue
from words_and_images.common.errors import UserError

SAID = NOTICE.read_text(encoding="utf-8")
LOCKED = locked(LOCK.read_text(encoding="utf-8"))
SOURCES = load_catalogue()


def test_notice_is_what_make_licences_makes():
    assert made_notice(SOURCES.values(), LOCKED, stated_licences(SAID)) == SAID


def test_notice_has_every_source_and_every_package_once_and_nothing_unknown():
    told = re.findall(r"^  (\w+): \w", SAID, re.MULTILINE)
    assert sorted(told) == sorted(SOURCES)
    assert stated_licences(SAID).keys() == LOCKED.keys()
    assert not any("unknown" in licence.lower() for licence in stated_licences(SAID).values())


def test_the_guide_names_all_sources_whose_terms_forbid_a_use():
    guide = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    named = re.search(r"terms that forbid any use but research: (.*?)\.", guide, re.DOTALL)
    forbidding = {name for name, source in SOURCES.items() if source.forbids}
    assert set(re.findall(r"`(\w+)`", named[1])) == forbidding
    assert {SOURCES[name].forbids for name in forbidding} == {"any use but research"}
    unstated = [source for source in SOURCES.values() if source.licence.startswith("none stated")]
    assert len(unstated) == 8 and "Of eight others" in guide


def test_terms_that_forbid_come_first_and_those_that_nobody_stated_by_themselves():
    said = data_terms([
        Source("a", "corpus", "", "MIT", "A. Author"),
        Source("b", "corpus", "", "none stated; distributed for research"),
        Source("c", "corpus", "", "CC BY-NC 4.0", forbids="commercial use"),
        Source("d", "collection", "", "see the members", members=("a", "b")),
    ])
    assert said == f"""\
{FORBIDDING}

  c: CC BY-NC 4.0. The terms forbid commercial use.

{UNSTATED[:94]}
{UNSTATED[95:]}

  b: none stated; distributed for research.

{OTHERS}

  a: MIT.
    A. Author
  d: see the members. These are a, b.
"""


def test_a_source_without_terms_is_refused():
    with pytest.raises(UserError, match="^mine has no licence in data/sources.yaml; give its"):
        data_terms([Source("mine", "corpus", "", " ")])


def test_files_of_others_are_told_with_where_their_terms_are(tmp_path):
    assert enclosed_terms(tmp_path) == ""
    fonts = tmp_path / "vision" / "fonts"
    (fonts / "folder").mkdir(parents=True)
    for name in ("LICENSE", "b.ttf", "a.ttf", "__init__.py", ".hidden"):
        (fonts / name).touch()
    assert enclosed_terms(tmp_path) == (
        "  vision/fonts: a.ttf, b.ttf; their terms are in vision/fonts/LICENSE.\n")


def test_what_no_machine_of_the_project_installs_is_left_out_of_the_lock():
    assert locked("""\
first==1.0 \\
    --hash=sha256:00
second==2.0 ; python_full_version < '3.13' \\
    --hash=sha256:00
second==3.0 ; python_full_version >= '3.13' \\
    --hash=sha256:00
of_macs==1 ; sys_platform == 'darwin' \\
    --hash=sha256:00
of-windows==1 ; sys_platform == 'win32' \\
    --hash=sha256:00
last==4.0
""") == {"first": "1.0", "second": "2.0", "of-macs": "1", "last": "4.0"}


class Package:
    """An installed package that says this of itself."""

    def __init__(self, files=(), **said):
        self.metadata, self.files = Message(), files
        for name, values in said.items():
            for value in values if isinstance(values, list) else [values]:
                self.metadata[name.replace("_", "-")] = value


class LicenceFile:
    def __init__(self, name, text):
        self.name, self.text = name, text

    def read_text(self, encoding):
        return self.text


APACHE = LicenceFile("LICENSE", "\n   Apache License\n   Version 2.0, January 2004\n")
OF_BSD = "License :: OSI Approved :: BSD License"


@pytest.mark.parametrize(("package", "licence"), [
    (Package(License_Expression="MIT OR Apache-2.0", License="other"), "MIT OR Apache-2.0"),
    (Package(License="Apache License, Version 2.0", Classifier=OF_BSD), "Apache-2.0"),
    (Package(License="ZPL-2.1"), "ZPL-2.1"),
    (Package(License="Copyright (c) 2001\n Redistribution", Classifier=OF_BSD), "BSD"),
    (Package(License="x" * 61, Classifier=["Topic :: Text", OF_BSD]), "BSD"),
    (Package(License="Dual License", Classifier=[
        OF_BSD, "License :: OSI Approved :: Apache Software License"]), "BSD / Apache-2.0"),
    (Package(License="UNKNOWN", Classifier="License :: OSI Approved", files=[APACHE]),
     "Apache-2.0"),
    (Package(files=[LicenceFile("LICENSE", "Do as you like."), LicenceFile("a.py", "")]), ""),
    (Package(), ""),
])
def test_a_licence_is_what_a_package_says_it_is(package, licence):
    assert licence_of(package) == licence


def test_what_is_not_installed_stays_as_notice_has_it_and_is_refused_where_it_has_not():
    pytest_version = LOCKED["pytest"]
    stated = {"of-another-machine": "ISC", "pytest": "another"}
    assert package_licences({"of-another-machine": "1", "pytest": pytest_version}, stated) == {
        "of-another-machine": "ISC", "pytest": "MIT"}
    assert package_licences({"pytest": "0.1"}, {"pytest": "as it was"}) == {"pytest": "as it was"}
    with pytest.raises(UserError, match="^the licence of not-there is not known here; run `make"):
        package_licences({"not-there": "1"}, stated)


def test_what_notice_says_of_packages_is_read_as_it_was_written():
    licences = {f"package-{number}": "MIT" if number % 2 else "GPLv2 | EPLv1"
                for number in range(60)}
    assert stated_licences(f"{PACKAGES}\n{package_terms(licences)}") == licences
