"""dvc.yaml, params.yaml and the scripts say the same."""

from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from project_imports import imported_by, loaded_by, packages_of

from texts.parameters import ModelParameters, SourcesParameters
from vision.backbones.bottlenecks import BottleneckParameters
from vision.backbones.fine_tuning import FineTuneParameters
from vision.backbones.record import BackboneParameters
from vision.classifier.export import ExportParameters
from vision.photos.dataset import ImagesParameters
from vision.photos.split import PhotoSplitParameters
from word2vec.evaluation.evaluation import EvaluateParameters
from word2vec.parameters import (
    CbowParameters,
    CorpusParameters,
    EncodeParameters,
    PhraseParameters,
    SkipgramParameters,
    TrainParameters,
)
from words_and_images.common.engine import EngineParameters
from words_and_images.common.live import LiveParameters
from words_and_images.common.parameters import build
from words_and_images.retraining.evaluation import ClassifyParameters
from words_and_images.retraining.head import RetrainParameters
from words_and_images.retraining.split import SplitParameters

ROOT = Path(__file__).parents[2]
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
STAGES = PIPELINE["stages"]
PARAMETERS = yaml.safe_load((ROOT / "params.yaml").read_text())
GROUPS = {
    "corpus": CorpusParameters, "phrases": PhraseParameters, "encode": EncodeParameters,
    "engine": EngineParameters, "train": TrainParameters,
    "skipgram": SkipgramParameters, "cbow": CbowParameters, "evaluate": EvaluateParameters,
    "images": ImagesParameters, "split": PhotoSplitParameters, "backbone": BackboneParameters,
    "fine_tune": FineTuneParameters, "bottlenecks": BottleneckParameters,
    "live": LiveParameters, "retrain": RetrainParameters, "classify": ClassifyParameters,
    "export": ExportParameters,
    "texts": SourcesParameters, "text_split": SplitParameters, "retrain_texts": ModelParameters,
}
# They carry messages, exit codes and figures of the run, and work to where it is done; no output of
# a stage depends on them, nor on what they import.
WITHOUT_EFFECT = {f"words_and_images/common/{name}.py" for name in (
    "cluster", "commandline", "engine", "errors", "exports", "live", "memory", "progress",
    "running", "stage_costs", "tables", "workspaces")}


def outputs_of(stage: str) -> list[str]:
    """The outputs of a stage, of every item where it is run for each."""
    [(key, items)] = STAGES[stage].get("matrix", {"": [""]}).items()
    names = [next(iter(out)) for out in STAGES[stage]["outs"]]
    return [name.replace(f"${{item.{key}}}", item) for name in names for item in items]


def imported_files(script: str) -> set[str]:
    """The project's own files that a script runs, directly or not, relative to the root.

    What files without effect import is not looked at, nor what a package would import for others.
    """
    found: set[str] = set()
    waiting = [script]
    while waiting:
        file = waiting.pop()
        imports = loaded_by(file) if file.endswith("__init__.py") else imported_by(file)
        new = (imports | packages_of(file)) - found - WITHOUT_EFFECT
        found |= new
        waiting += new
    return {file for file in found if not file.endswith("__init__.py")}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_every_file_that_decides_what_it_writes(stage):
    script = f"pipelines/{stage}.py"
    dependencies = STAGES[stage]["deps"]
    assert script in dependencies
    needed = imported_files(script)
    missing = {file for file in needed
               if not any(file == dep or file.startswith(f"{dep}/") for dep in dependencies)}
    assert not missing


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_only_files_that_exist_or_that_a_stage_writes(stage):
    written = ("data/", "models/", "results/")
    for dependency in STAGES[stage]["deps"]:
        assert (ROOT / dependency).exists() or dependency.startswith(written)


def test_every_drawn_plot_has_a_title_and_names_on_its_axes():
    drawn = [plot for plot in PIPELINE["plots"] if isinstance(plot, dict)]
    assert len(drawn) == 10
    for plot in drawn:
        [(name, options)] = plot.items()
        assert options["title"] == name
        assert options["x_label"] and options["y_label"]


def test_every_model_that_people_use_is_an_artifact():
    made = [name for stage in ("train_embeddings", "export_classifier", "export_texts")
            for name in outputs_of(stage) if name.startswith("models/")]
    artifacts = PIPELINE["artifacts"].values()
    assert sorted(each["path"] for each in artifacts) == sorted(made)
    assert all(each["type"] == "model" and each["desc"] and each["labels"] for each in artifacts)


@pytest.mark.parametrize("group", GROUPS)
def test_the_defaults_of_the_code_are_those_of_the_pipeline(group):
    assert asdict(build(GROUPS[group], PARAMETERS[group], group)) == asdict(GROUPS[group]())


def test_every_group_of_parameters_is_known():
    assert set(PARAMETERS) == {"profile", *GROUPS}


@pytest.mark.parametrize("script", sorted((ROOT / "pipelines").glob("[!_]*.py")),
                         ids=lambda path: path.stem)
def test_every_script_is_a_stage_and_short(script):
    assert script.stem in {*STAGES, "mend_locks", "tune"}
    assert len(script.read_text().splitlines()) <= 50 or script.stem not in STAGES
