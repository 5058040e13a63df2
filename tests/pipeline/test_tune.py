"""`make tune`: what is kept of its searches, and when params.yaml changes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipelines import tune
from words_and_images.common.errors import UserError
from words_and_images.tuning.study import Confirmed, Study, Tried

ROOT = Path(__file__).parents[2]
IMAGES = {"retrain.l2": 0.25, "bottlenecks.looks": ["whole", "mirror"]}
WORDS = {"train.dim": 150, "cbow.sample": 2.5e-5}


def study(best: dict, low: float | None) -> Study:
    """Of two trials, the defaults and another, which is better by an interval from `low` on."""
    defaults = {**dict.fromkeys(best, 0)}
    tried = (Tried(0, defaults, "whole", (0.5,), {}, 1.0),
             Tried(1, best, "whole", (0.75,), {}, 2.0))
    confirmed = () if low is None else (
        Confirmed(1, best, (0.75, 0.74), 0.1, (low, 0.2)), Confirmed(0, defaults, (0.65, 0.64)))
    return Study("accuracy", {name: [0, value] for name, value in best.items()}, tried[0], tried,
                 confirmed, {"seed": 1})


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the pipeline's parameters and what its stages make, empty."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in tune.WANTED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(place, monkeypatch):
    """Run the command with searches that find given studies; the exit code and what it prints."""
    def run(images: Study, words: Study, *options: str):
        def found(study):
            def search(*arguments):
                *_, folder, keep = arguments
                folder.mkdir(parents=True, exist_ok=True)
                keep(study)
                return study
            return search

        monkeypatch.setattr(tune, "search_images", found(images))
        monkeypatch.setattr(tune, "search_words", found(words))
        return CliRunner().invoke(tune.application, options, catch_exceptions=False)
    return run


def test_the_studies_are_kept_and_shown_and_the_parameters_left_alone(run, place):
    before = (place / "params.yaml").read_text()
    ended = run(study(IMAGES, 0.01), study(WORDS, -0.01), "--model", "cbow")
    assert ended.exit_code == 0
    kept = {name: json.loads((place / "results" / "tuning" / f"{name}.json").read_text())
            for name in ("images", "words")}
    assert (kept["images"]["best"], kept["words"]["best"]) == (IMAGES, None)
    assert kept["words"]["heading"] == "Word vectors, cbow"
    page = (place / "results" / "tuning.html").read_text()
    assert "Word vectors, cbow" in page and tune.OF_IMAGES in page
    assert (place / "params.yaml").read_text() == before
    printed = " ".join(ended.output.split())
    assert "APPLY=1 writes retrain.l2=0.25, bottlenecks.looks=['whole', 'mirror'] into" in printed
    assert "train.dim=150" not in printed


def test_asked_to_it_writes_what_is_better_into_the_parameters(run, place):
    before = (place / "params.yaml").read_text()
    assert "make run" in run(study(IMAGES, 0.01), study(WORDS, 0.01), "--apply").output
    after = (place / "params.yaml").read_text()
    read = yaml.safe_load(after)
    assert (read["retrain"]["l2"], read["bottlenecks"]["looks"]) == (0.25, ["whole", "mirror"])
    assert (read["train"]["dim"], read["cbow"]["sample"]) == (150, 2.5e-5)
    changed = [old for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
               if old != new]
    assert len(changed) == 4
    assert after.count("#") == before.count("#")


@pytest.mark.parametrize("low", [0.0, -0.01, None])
def test_what_is_not_better_by_the_interval_is_never_applied(run, place, low):
    before = (place / "params.yaml").read_text()
    ended = run(study(IMAGES, low), study(WORDS, low), "--apply")
    assert "params.yaml stays as it is" in ended.output
    assert (place / "params.yaml").read_text() == before


def test_without_what_the_stages_make_it_says_what_to_run(run, place):
    (place / "data" / "split.json").unlink()
    with pytest.raises(UserError, match=r"data/split.json is missing; make it with make run\."):
        run(study(IMAGES, 0.01), study(WORDS, 0.01))


def test_own_questions_score_and_those_of_the_catalogue_only_where_they_suit(place):
    assert tune.measured().questions == ()
    text = (place / "params.yaml").read_text()
    (place / "params.yaml").write_text(text.replace("[questions_words, msr]", "mine.txt"))
    assert tune.measured().questions == ("mine.txt",)


@pytest.mark.parametrize(("options", "told"), [
    (("--trials", "0"), "--trials is 0; it must be a whole number, at least 1."),
    (("--minutes", "-1"), "--minutes is -1.0; it must be 0 or more."),
    (("--record",), "git cannot record trials"),
])
def test_bad_input_is_one_sentence(place, options, told):
    ended = subprocess.run(
        [sys.executable, "-m", "pipelines.tune", *options], cwd=place, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
    assert ended.returncode == 2 and ended.stdout == ""
    assert told in ended.stderr and len(ended.stderr.splitlines()) == 1, ended.stderr
