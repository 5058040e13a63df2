"""What strangers look for first says the same as the project: how to cite, what changed, how to
take part, how to report."""

import re
import tomllib

import pytest
import yaml
from packaging.version import Version
from project_imports import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
KINDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}  # of fields of a form


def test_the_citation_has_what_its_schema_needs():
    """Required by the schema of version 1.2.0; of an author that is no person, the name."""
    assert CITATION["cff-version"] == "1.2.0" and CITATION["type"] == "software"
    assert all(isinstance(CITATION[name], str) and CITATION[name] for name in ("message", "title"))
    assert CITATION["authors"] and all(author["name"] for author in CITATION["authors"])
    assert len(CITATION["keywords"]) == len(set(CITATION["keywords"]))


def test_the_citation_is_of_this_project_and_version():
    assert {name: CITATION[name] for name in ("title", "version", "abstract", "license")} == {
        "title": PROJECT["name"], "version": PROJECT["version"],
        "abstract": PROJECT["description"], "license": PROJECT["license"]}


def test_the_changelog_begins_with_what_is_unreleased_and_then_this_version():
    headings = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    dated = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d", each) for each in headings[1:]]
    versions = [Version(found[1]) for found in dated]
    assert str(versions[0]) == PROJECT["version"]
    assert versions == sorted(set(versions), reverse=True)


def test_the_changelog_has_the_kinds_of_changes_of_its_form():
    kinds = re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_contributing_fits_on_a_screen_and_names_what_is_there():
    assert len(CONTRIBUTING.splitlines()) <= 60
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([\w-]+)", CONTRIBUTING):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in re.findall(r"`?(\.ci/\w+|tests/[\w/.]+?)`?(?:\s|$)", CONTRIBUTING):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_forms_are_forms_and_send_nobody_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    form = yaml.safe_load(text)
    assert "://" not in text and "contact_links" not in form
    if path.name != "config.yml":
        assert form["name"] and form["description"]
        assert {field["type"] for field in form["body"]} <= KINDS
        names = [field["id"] for field in form["body"] if field["type"] != "markdown"]
        assert len(names) == len(set(names)) > 1


def test_a_report_of_a_fault_needs_command_output_and_versions():
    form = yaml.safe_load((FORMS[0].parent / "bug.yml").read_text(encoding="utf-8"))
    fields = {field.get("id"): field for field in form["body"]}
    for name in ("command", "output", "version"):
        assert fields[name]["validations"] == {"required": True}
    assert "`word2vec --version`" in fields["version"]["attributes"]["description"]
