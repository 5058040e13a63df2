"""The container that editors and hosts open the project in ends with the scores of `make run`."""

import json
import re
import tomllib

from packaging.specifiers import SpecifierSet
from project_imports import ROOT


def test_the_container_has_a_python_of_the_project_and_ends_in_make_run():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"].endswith("&& make run")
    assert re.search(r"^run: ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    version = re.fullmatch(r"python:([\d.]+)-\w+", container["image"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert version and f"{version[1]}.99" in SpecifierSet(project["requires-python"])
