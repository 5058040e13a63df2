import json
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from benchmarks import cores, cores_picture, cores_tables
from benchmarks.training_phases import Phases, noted_phases
from word2vec.corpus import EncodedCorpus, encode
from word2vec.parameters import EncodeParameters, SkipgramParameters, TrainParameters
from word2vec.training import train

ROOT = Path(__file__).parents[2]
WORDS = [f"{first}{second}" for first in "abcdef" for second in "uvwxyz"]


def text(lines: int) -> list[str]:
    generator = np.random.default_rng(3)
    return [" ".join(generator.choice(WORDS, 40)) for _ in range(lines)]


def measured(replicas, **changed):
    """The figures of an epoch by one process."""
    return {"replicas": replicas, "steps": 100, "rounds": 10, "starting": 0.0, "waiting": 0.0,
            "merging": 2.0, "stepping": 8.0, "merged_bytes": 4e9, "stepped_bytes": 16e9, **changed}


# ---- the phases ----


# 4,000 tokens in steps of 128, of each replica's part by itself, twice
@pytest.mark.parametrize(("replicas", "steps"), [(1, 2 * 32), (3, 2 * 3 * 11)])
def test_the_phases_of_a_training_are_those_that_it_has(tmp_path, replicas, steps):
    encode(text(100), tmp_path / "encoded", EncodeParameters())
    parameters = TrainParameters(dim=4, epochs=2, step=128, replicas=replicas, threads=1)
    with noted_phases() as phases:
        trained = train(EncodedCorpus.load(tmp_path / "encoded"), "skipgram", parameters,
                        SkipgramParameters(sample=0))
    figures = phases.figures()
    assert figures["steps"] == steps
    assert figures["stepping"] > 0 and figures["waiting"] < figures["stepping"]
    # A step changes most of the 36 rows of 4 floats, and that of padding, in both tables.
    assert 2 * 2 * 25 * 16 < figures["stepped_bytes"] / steps <= 2 * 2 * 37 * 16
    assert (figures["merging"] > 0) == (figures["merged_bytes"] > 0) == (replicas > 1)
    # All 36 rows of both tables, and that of padding, move in a round: three tables and the base,
    # read and written.
    assert figures["merged_bytes"] == pytest.approx(
        0 if replicas == 1 else figures["rounds"] * 2 * 36 * 16 * 2 * 4, rel=1 / 36)
    assert len(trained.vocabulary) == 36


def test_a_training_that_has_not_begun_has_taken_nothing():
    assert not any(Phases().figures().values())


# ---- the model ----


def test_the_model_divides_steps_and_merges_and_adds_the_waits_by_hand():
    speeds = [measured(1, merging=0.0, processes=1), measured(
        2, stepping=5.0, steps=50, waiting=0.2, starting=0.5, processes=2)]
    costs = [measured(1, merging=0.0, merged_bytes=0.0), measured(2),
             measured(4, merging=4.0, rounds=30)]
    alone, two, four = cores.modelled(speeds, costs, 1000, memory=1e12)
    # A step takes 0.08 s alone and 0.1 s where both cores are at work; the wait is 0.02 s a round.
    assert two["hindrance"] == pytest.approx(1.25) and two["wait"] == pytest.approx(0.02)
    assert alone["words_a_second"] == pytest.approx(1000 / 8)
    # starting 0.5, steps 1.25 * 8 / 4, merging 4 / 4, waiting 30 * 0.02
    assert four["seconds"] == pytest.approx(
        {"starting": 0.5, "steps": 2.5, "merging": 1.0, "waiting": 0.6})
    assert four["words_a_second"] == pytest.approx(1000 / 4.6)
    assert four["shares"]["waiting"] == pytest.approx(0.6 / 4.6)
    # bytes a second of all four while they step, and while they merge
    assert four["bandwidth"] == pytest.approx({"steps": 16e9 / 2.5, "merging": 4e9 / 1.0})


def test_merges_take_no_more_of_the_memory_than_it_was_measured_to_bear():
    speeds = [measured(1, processes=1), measured(2, processes=2)]
    (four,) = cores.modelled(speeds, [measured(4, merging=4.0)], 1000, memory=2e9)
    assert four["seconds"]["merging"] == pytest.approx(4e9 / 2e9)  # and not 4 / 4
    assert four["bandwidth"]["merging"] == pytest.approx(2e9)


def test_a_summary_leaves_out_what_could_not_be_computed():
    assert cores.summary([0.3, None, 0.1]) == {
        "all": [0.3, None, 0.1], "median": pytest.approx(0.2), "lowest": 0.1, "highest": 0.3}
    assert cores.summary([None])["median"] is None


# ---- a run ----


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One run, on a text as short as may be: no analogy can be asked."""
    folder = tmp_path_factory.mktemp("cores")
    (folder / "text.txt").write_text("\n".join(text(300)))
    with (mock.patch.dict(os.environ), mock.patch.object(cores, "ALONE", 0),
          mock.patch.object(cores, "_cores", lambda: 1)):
        cores.compare(folder / "text.txt", model="cbow", rounds=1, epochs=1, seeds=1,
                      replicas="2,1", output=folder / "cores.json")
    return folder


def test_a_run_writes_speeds_costs_and_the_model(folder):
    figures = json.loads((folder / "cores.json").read_text())
    found = figures["models"]["cbow"]
    assert figures["words"] == 12_000 and figures["bandwidth"]["1"] > 1e8
    assert found["default_replicas"] == 1
    (row,) = found["speeds"]
    assert row["ratio"] == pytest.approx(row["here"] / row["gensim"])
    assert [row["replicas"] for row in found["replicas"]] == [1, 2]
    assert [row["processes"] for row in found["model"]] == [1, 2]
    assert all(row["accuracy"]["accuracy"]["all"] == [None] for row in found["replicas"])
    assert (folder / "cores.png").read_bytes().startswith(b"\x89PNG")


def test_the_tables_and_the_picture_have_the_accuracies(folder, tmp_path, capsys):
    figures = json.loads((folder / "cores.json").read_text())
    for row in figures["models"]["cbow"]["replicas"]:
        row["accuracy"] = {kind: cores.summary([0.4, 0.3, 0.35]) for kind in cores.KINDS}
    cores_tables.show({**figures, "epochs": 5})
    told = capsys.readouterr().out
    assert told.count("35.0 % (30.0 to 40.0 %)") == 6 and "here / gensim" in told
    cores_picture.draw({**figures, "epochs": 5}, tmp_path / "cores.png")
    assert (tmp_path / "cores.png").read_bytes() != (folder / "cores.png").read_bytes()


@pytest.mark.parametrize(("options", "told"), [
    (["nowhere.txt"], "no text nowhere.txt"),
    (["--replicas", "2,x"], "replicas is '2,x'; it must be numbers of 1 or more, between commas"),
    (["--rounds", "0"], "rounds is 0; it must be at least 1"),
    (["--output", "x.txt"], "a name that ends in .json"),
])
def test_bad_input_is_one_sentence(options, told, tmp_path):
    (tmp_path / "text.txt").write_text("a b c\n")
    text = [] if options[0] == "nowhere.txt" else [str(tmp_path / "text.txt")]
    ended = subprocess.run([sys.executable, "-m", "benchmarks.cores", *text, *options],
                           cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2 and told in ended.stderr and ended.stderr.count("\n") == 1


def test_a_text_that_one_process_trains_is_refused(tmp_path):
    (tmp_path / "text.txt").write_text("a b c\n")
    ended = subprocess.run([sys.executable, "-m", "benchmarks.cores", str(tmp_path / "text.txt"),
                            "--output", str(tmp_path / "x.json")],
                           cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2 and "the text has 3 words, which one process" in ended.stderr
    assert not (tmp_path / "x.json").exists()
