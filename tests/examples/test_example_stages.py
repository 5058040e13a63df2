"""examples/dvc.yaml, its parameters and scripts say the same, and run in a repository."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from project_imports import imported_by, loaded_by, packages_of

from examples.bandits import BanditParameters
from examples.digits import DigitsParameters
from examples.fetch_digits import FetchParameters
from examples.moons import MoonsParameters
from examples.optimisation import OptimisationParameters
from examples.reversal import ReversalParameters
from examples.softmax_derivatives import SoftmaxParameters
from examples.stage import PARAMETERS_FILE
from examples.words import WordsParameters
from examples.xor import XorParameters
from words_and_images.common.files import read_json
from words_and_images.common.parameters import build

ROOT = Path(__file__).parents[2]
STAGES = yaml.safe_load((ROOT / "examples" / "dvc.yaml").read_text())["stages"]
PARAMETERS = yaml.safe_load((ROOT / PARAMETERS_FILE).read_text())
GROUPS = {
    "fetch_digits": FetchParameters, "softmax_derivatives": SoftmaxParameters,
    "moons": MoonsParameters, "optimisation": OptimisationParameters, "xor": XorParameters,
    "reversal": ReversalParameters, "bandits": BanditParameters, "words": WordsParameters,
    "digits": DigitsParameters,
}
# They carry messages and exit codes, or what is only compared with: no output depends on them.
WITHOUT_EFFECT = {*(f"words_and_images/common/{name}.py" for name in (
    "commandline", "errors", "exports", "progress", "workspaces")), "examples/digits_in_keras.py"}
COPIED = ("words_and_images", "examples", "word2vec", "data/sources.yaml", ".dvc/config",
          ".dvcignore", ".gitignore")
SMALL = {
    "fetch_digits": {"source": "own"},
    "softmax_derivatives": {"classes": [3, 5], "repeats": 1},
    "moons": {"fresh": 50, "iterations": 20, "neurons": 100},
    "optimisation": {"many": 2000, "batch_size": 100, "cut_at": 15, "repeats": 1},
    "xor": {"steps": 50, "seeds": 2},
    "reversal": {"steps": 50, "seeds": 2},
    "bandits": {"draws": 1000, "steps": 20, "runs": 10},
    "words": {"sentences": 50, "epochs": 5},
}


def imported_files(name: str) -> set[str]:
    """The project's own modules that a file imports, directly, not so, or by their packages."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        file = waiting.pop()
        names = imported_by(file) if not file.endswith("__init__.py") else loaded_by(file)
        names = (names | packages_of(file)) - found - WITHOUT_EFFECT
        found |= names
        waiting |= names
    return {file for file in found if not file.endswith("__init__.py")}


@pytest.mark.parametrize("stage", STAGES)
def test_an_example_depends_on_every_file_that_decides_what_it_writes(stage):
    script = f"examples/{stage}.py"
    given = set(STAGES[stage]["deps"]) - {"data/sources.yaml", "examples/data/mnist"}
    assert given == {script} | imported_files(script)


@pytest.mark.parametrize("stage", STAGES)
def test_an_example_has_its_figures_and_its_picture(stage):
    described = STAGES[stage]
    assert described["params"] == [{"examples/params.yaml": [stage]}]
    if stage != "fetch_digits":
        assert list(described["outs"][0]) == [f"examples/results/{stage}.png"]
        assert list(described["metrics"][0]) == [f"examples/results/{stage}.json"]


@pytest.mark.parametrize("group", GROUPS)
def test_the_defaults_of_the_code_are_those_of_the_examples(group):
    assert asdict(build(GROUPS[group], PARAMETERS[group], group)) == asdict(GROUPS[group]())


def test_every_stage_has_its_parameters():
    assert set(PARAMETERS) == set(STAGES) == set(GROUPS)


def test_the_pictures_of_the_page_are_those_of_the_last_run():
    lock = yaml.safe_load((ROOT / "examples" / "dvc.lock").read_text())["stages"]
    for stage, described in lock.items():
        for out in described["outs"]:
            if out["path"].endswith(".png"):
                shown = (ROOT / "docs" / "pictures" / f"{stage}.png").read_bytes()
                assert hashlib.md5(shown).hexdigest() == out["md5"], stage


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """The examples in a repository of their own, with small parameters and no digits, after a run.
    """
    folder = tmp_path_factory.mktemp("examples") / "copy"
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(
                "__pycache__", "results", "data", "dvc.lock"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    parameters = {name: {**values, **SMALL.get(name, {})} for name, values in PARAMETERS.items()}
    (folder / PARAMETERS_FILE).write_text(yaml.safe_dump(parameters))
    (folder / "own").mkdir()
    (folder / "own" / "train-images-idx3-ubyte").write_bytes(b"\x89PNG")
    run(folder, "git", "init", "--quiet")
    return folder, run(folder, sys.executable, "-m", "dvc", "repro", "--keep-going",
                       "examples/dvc.yaml")


@pytest.fixture
def repository(first_run) -> Path:
    """Its folder."""
    return first_run[0]


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    """Run a command there; it imports the folder's own packages and reads no one's settings."""
    beside = str(folder.with_name("caches"))
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    isolated = dict.fromkeys(("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR",
                              "DVC_SITE_CACHE_DIR", "WORDS_AND_IMAGES_CACHE"), beside)
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command, cwd=folder, text=True, capture_output=True, timeout=300, env={
            **ours, **isolated, "PATH": paths, "PYTHONPATH": str(folder), "DVC_NO_ANALYTICS": "1",
            "GIT_CONFIG_GLOBAL": os.devnull})


def test_without_the_digits_all_other_examples_run_and_say_so(first_run):
    repository, finished = first_run
    assert finished.returncode != 0
    [sentence] = [line for line in finished.stderr.splitlines()
                  if line.startswith("fetch_digits: ")]
    assert "own holds neither train-labels-idx1-ubyte nor train-labels-idx1-ubyte.gz" in sentence
    results = repository / "examples" / "results"
    others = set(STAGES) - {"fetch_digits", "digits"}
    assert {path.stem for path in results.glob("*.json")} == others
    assert {path.stem for path in results.glob("*.png")} == others
    assert not (repository / "examples" / "data" / "mnist").exists()

    table = run(repository, sys.executable, "-m", "examples.summary").stdout
    assert "did not run" in table and "of 5 classes, the long way" in table
    [outputs] = [line for line in table.splitlines() if "outputs for 0 0, 0 1, 1 0, 1 1" in line]
    assert f"{read_json(results / 'xor.json')['outputs']['0 1']:.3f}" in outputs


def test_a_second_run_gives_the_same_bytes(repository):
    results = repository / "examples" / "results"
    before = {path.name: path.read_bytes() for path in results.glob("*.*")}
    lock = (repository / "examples" / "dvc.lock").read_bytes()
    stages = [f"examples/dvc.yaml:{stage}" for stage in sorted(set(STAGES) - {"fetch_digits",
                                                                              "digits"})]
    finished = run(repository, sys.executable, "-m", "dvc", "repro", "--force", *stages)
    assert finished.returncode == 0, finished.stderr
    assert {path.name: path.read_bytes() for path in results.glob("*.*")} == before
    assert (repository / "examples" / "dvc.lock").read_bytes() == lock


@pytest.mark.parametrize(("group", "changes", "sentence"), [
    ("xor", {"seds": 3}, "xor: examples/params.yaml: xor: unknown parameter 'seds'; did you mean "
                         "seeds or steps?"),
    ("moons", {"noise": -1}, "moons: examples/params.yaml: moons: noise is -1.0; it must be from "
                             "0 to 100."),
    ("moons", {"hidden": ["three"]}, "moons: examples/params.yaml: moons.hidden[0] is 'three'; it "
                                     "must be int."),
    ("moons", {"hidden": []}, "moons: examples/params.yaml: moons: hidden is (); it must be one or "
                              "more, each above 0."),
    ("bandits", {"chances": [0.5, 2]}, "bandits: examples/params.yaml: bandits: chances is (0.5, "
                                       "2.0); it must be two or more, from 0 to 1."),
    ("words", {"dim": 1}, "words: examples/params.yaml: words: dim is 1; it must be 2 or more, to "
                          "be drawn in a plane."),
    ("optimisation", {"rate": -1}, "optimisation: examples/params.yaml: optimisation: rate is "
                                   "-1.0; it must be above 0."),
    ("optimisation", {"cut_at": 500}, "optimisation: examples/params.yaml: optimisation: cut_at is "
                                      "500; it must be from 1 to below the 20 steps of an epoch."),
])
def test_parameters_that_cannot_be_end_in_one_sentence_and_the_old_figures_stay(
    repository, group, changes, sentence
):
    path = repository / PARAMETERS_FILE
    kept = path.read_text()
    figures = repository / "examples" / "results" / f"{group}.json"
    before = figures.read_bytes()
    parameters = yaml.safe_load(kept)
    parameters[group] |= changes
    path.write_text(yaml.safe_dump(parameters))
    costs = ("c.json", "c.png") if group == "optimisation" else ()
    finished = run(repository, sys.executable, "-m", f"examples.{group}", str(figures), "p.png",
                   *costs)
    path.write_text(kept)
    assert finished.returncode == 2
    assert finished.stderr.splitlines() == [sentence]
    assert figures.read_bytes() == before and not (repository / "p.png").exists()
