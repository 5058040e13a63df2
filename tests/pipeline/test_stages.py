"""dvc.yaml, params.yaml and the scripts say the same."""

import ast
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from common.parameters import build
from vision.backbones.record import BackboneParameters
from vision.bottlenecks import BottleneckParameters
from vision.dataset import ImagesParameters
from vision.evaluation import ClassifyParameters
from vision.export import ExportParameters
from vision.fine_tuning import FineTuneParameters
from vision.head import RetrainParameters
from vision.split import SplitParameters
from word2vec.evaluation import EvaluateParameters
from word2vec.parameters import (
    CbowParameters,
    CorpusParameters,
    EncodeParameters,
    PhraseParameters,
    SkipgramParameters,
    TrainParameters,
)

ROOT = Path(__file__).parents[2]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMETERS = yaml.safe_load((ROOT / "params.yaml").read_text())
GROUPS = {
    "corpus": CorpusParameters, "phrases": PhraseParameters, "encode": EncodeParameters,
    "train": TrainParameters,
    "skipgram": SkipgramParameters, "cbow": CbowParameters, "evaluate": EvaluateParameters,
    "images": ImagesParameters, "split": SplitParameters, "backbone": BackboneParameters,
    "fine_tune": FineTuneParameters, "bottlenecks": BottleneckParameters,
    "retrain": RetrainParameters, "classify": ClassifyParameters, "export": ExportParameters,
}
# They carry messages, exit codes and figures of the run; no output of a stage depends on them, nor
# on what they import (word2vec's own imports what a Python program may ask of it).
WITHOUT_EFFECT = {"common/commandline.py", "common/errors.py", "common/progress.py",
                  "common/memory.py", "common/stage_costs.py", "common/tables.py",
                  "common/__init__.py", "neural/__init__.py", "vision/__init__.py",
                  "word2vec/__init__.py", "reporting/__init__.py"}


def imported_files(script: Path) -> set[str]:
    """The project's own files that a script imports, directly or not, relative to the root.

    What files without effect import is not looked at.
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        new = own_imports(waiting.pop()) - found
        found |= new
        waiting += [path for path in new if str(path.relative_to(ROOT)) not in WITHOUT_EFFECT]
    return {str(path.relative_to(ROOT)) for path in found}


def own_imports(script: Path) -> set[Path]:
    names: list[str] = []
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    paths = [ROOT.joinpath(*name.split(".")[:depth]) for name in names
             for depth in range(1, name.count(".") + 2)]
    modules = {path.with_suffix(".py") for path in paths}
    packages = {path / "__init__.py" for path in paths}
    return {path for path in modules | packages if path.is_file()}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_every_file_that_decides_what_it_writes(stage):
    script = ROOT / "pipelines" / f"{stage}.py"
    dependencies = STAGES[stage]["deps"]
    assert f"pipelines/{stage}.py" in dependencies
    needed = imported_files(script) - WITHOUT_EFFECT
    missing = {file for file in needed
               if not any(file == dep or file.startswith(f"{dep}/") for dep in dependencies)}
    assert not missing


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_only_files_that_exist_or_that_a_stage_writes(stage):
    written = ("data/", "models/", "results/")
    for dependency in STAGES[stage]["deps"]:
        assert (ROOT / dependency).exists() or dependency.startswith(written)


@pytest.mark.parametrize("group", GROUPS)
def test_the_defaults_of_the_code_are_those_of_the_pipeline(group):
    assert asdict(build(GROUPS[group], PARAMETERS[group], group)) == asdict(GROUPS[group]())


def test_every_group_of_parameters_is_known():
    assert set(PARAMETERS) == {"profile", *GROUPS}


@pytest.mark.parametrize("script", sorted((ROOT / "pipelines").glob("*.py")),
                         ids=lambda path: path.stem)
def test_every_script_is_a_stage_and_short(script):
    assert script.stem in STAGES
    assert len(script.read_text().splitlines()) <= 50
