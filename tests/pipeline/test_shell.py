"""Parameters that a shell would run: DVC gives the stages' commands to one, but no parameter."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from project_imports import ROOT, project_files
from repositories import Repository, copy_project, set_parameters

# What each would run in a shell, if one saw it: touch, with a name that tells which.
GIVEN = {
    "corpus": {"source": "$(touch ran_1)", "encoding": "| touch ran_2", "field": "\ntouch ran_3\n"},
    "images": {"source": "`touch ran_4`", "class_folders": "'; touch ran_5; '"},
    "backbone": {"source": "; touch ran_6 #", "inference": '"; touch ran_7; "'},
    "profile": "&& touch ran_8",
    "evaluate": {"questions": ["$(touch ran_9)"]},
    "encode": {"tokens": "$(touch ran_10)"},
}
STAGES = ("fetch_corpus", "fetch_images", "fetch_backbone")


@pytest.mark.parametrize("name", ["dvc.yaml", "examples/dvc.yaml"])
def test_no_command_of_a_stage_holds_more_than_the_names_of_its_matrix(name):
    pipeline = yaml.safe_load((ROOT / name).read_text())
    assert "vars" not in pipeline  # which would name files of values
    for stage in pipeline["stages"].values():
        used = set(re.findall(r"\$\{([^}]*)\}", str(stage)))
        assert used <= {f"item.{key}" for key in stage.get("matrix", {})}
        names = [each for values in stage.get("matrix", {}).values() for each in values]
        assert all(re.fullmatch(r"[a-z_0-9]+", each) for each in names)
        assert not re.search(r"[;&|`<>\n]|\$\(", stage["cmd"])


def test_no_process_is_started_through_a_shell():
    calls = [(file, node) for file in project_files()
             for node in ast.walk(ast.parse((ROOT / file).read_text()))
             if isinstance(node, ast.Call)]
    through = [file for file, node in calls if any(
        each.arg == "shell" for each in node.keywords) or ast.unparse(node.func) in (
            "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")]
    assert not through


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """A repository of such parameters, one more of them on the command line, and what DVC says."""
    repository = Repository(copy_project(tmp_path_factory.mktemp("shell") / "copy"))
    set_parameters(repository.folder, GIVEN)
    repository.git("init", "--quiet")
    repository.git("add", "--all")
    repository.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet",
                   "--message", "All")
    return repository, repository.run(
        "-m", "dvc", "exp", "run", "--keep-going", "-S", r"images.source='$(touch ran_0)'",
        *STAGES)


def test_what_stands_in_parameters_is_told_and_not_run(experiment):
    repository, finished = experiment
    told = finished.stdout + finished.stderr
    assert finished.returncode and "Traceback" not in told
    parameters = yaml.safe_load((repository.folder / "params.yaml").read_text())
    assert parameters["images"]["source"] == "$(touch ran_0)"
    for stage in STAGES:
        assert re.search(rf"^{stage}: .*[.?]$", told, re.M), told
    assert not [*repository.folder.parent.rglob("ran_*"), *Path.cwd().glob("ran_*")]
