"""What compares two runs: folders as runs leave them, with one thing changed in each."""

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks import same
from benchmarks.same import Checkout, clone, compare, differences, first_difference, kind_of, spread
from words_and_images.common.errors import UserError
from words_and_images.common.files import write_json

LOCK = """stages:
  one:
    outs: [{path: data/folder}, {path: results/a.json}]
  two:
    deps: [{path: data/folder}]
"""


class Made(Checkout):
    """A folder whose report is what stands in it."""

    def report(self, path: Path) -> bytes:
        return (self.folder / "report.html").read_bytes()


@pytest.fixture
def runs(tmp_path) -> tuple[Made, Made]:
    """Two folders with the same outputs, a hidden one among them, and something else beside."""
    for name in ("first", "second"):
        folder = tmp_path / name
        for path, content in {"dvc.lock": LOCK, "data/folder/deep/x.npy": "0123456789",
                              "data/folder/.files.json": "{}", "results/a.json": "{}",
                              "report.html": "<p>", "results/costs/one.json": name}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
    return Made(tmp_path / "first", {}), Made(tmp_path / "second", {})


def test_equal_runs_are_told_with_what_was_compared(runs, tmp_path):
    files, size, found = compare(*runs, tmp_path)
    # The lock, the two files of the folder, the result and the report; not the costs.
    assert (files, size, found) == (5, len(LOCK) + 10 + 2 + 2 + 3, [])


def test_the_first_byte_that_differs_is_told(runs, tmp_path):
    (runs[1].folder / "data/folder/deep/x.npy").write_text("01234x6789")
    assert compare(*runs, tmp_path)[2] == ["data/folder/deep/x.npy differs from byte 5 on"]
    (runs[1].folder / "report.html").write_text("<p>more")
    assert compare(*runs, tmp_path)[2][1:] == [
        "results/report.html, without its costs, differs from byte 3 on"]


@pytest.mark.parametrize("side", [0, 1])
def test_a_file_that_only_one_run_has_made_is_told(runs, tmp_path, side):
    (runs[side].folder / "data/folder/more.txt").write_text("")
    assert compare(*runs, tmp_path)[2] == [
        f"data/folder/more.txt is missing in {runs[1 - side].folder}"]


def test_an_end_that_is_missing_is_a_difference():
    assert first_difference(b"abc", b"abc") is None
    assert first_difference(b"abc", b"ab") == first_difference(b"ab", b"abc") == 2


def test_a_clone_has_the_last_commit_and_nothing_else(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "committed").write_text("x")
    for command in ("init -q", "add committed",
                    "-c user.name=T -c user.email=t@example.org commit -qm first"):
        subprocess.run(["git", *command.split()], cwd=source, check=True)
    (source / "not_committed").write_text("y")
    made = clone(source, tmp_path / "clone", tmp_path / "downloads", OPENBLAS_CORETYPE="Haswell")
    assert [path.name for path in made.folder.iterdir() if path.name != ".git"] == ["committed"]
    assert made.environment["WORDS_AND_IMAGES_CACHE"] == str(tmp_path / "downloads")
    assert made.environment["OPENBLAS_CORETYPE"] == "Haswell"
    assert made.run("sh", "-c", "echo $PYTHONPATH") == f"{made.folder}\n"
    with pytest.raises(UserError, match="exit code 128: .* already exists"):
        clone(source, tmp_path / "clone", tmp_path / "downloads")
    with pytest.raises(UserError, match="exit code 3: nothing there"):
        made.run("sh", "-c", "echo nothing there >&2; exit 3")


@pytest.mark.parametrize(("score", "kind"), [
    ("cbow.analogies_accuracy", "analogies"), ("cbow.analogies_correct", None),
    ("cbow.msr_accuracy", "msr"), ("skipgram.men_spearman", "correlation"),
    ("cbow.men_known", None), ("images.log_loss", "calibration"), ("images.auc", "classifier"),
    ("images.test_count", None), ("images.precision_hotdog", "classifier")])
def test_each_score_has_the_tolerance_of_its_kind(score, kind):
    assert kind_of(score) == kind


def test_scores_of_several_kernels_are_told_by_the_farthest_apart(tmp_path):
    runs = {}
    for name, accuracy, spearman in (("Haswell", 0.25, 0.5), ("SkylakeX", 0.27, 0.5),
                                     ("Sandybridge", 0.26, 0.51)):
        write_json(tmp_path / name / "results" / "metrics" / "cbow.json", {
            "analogies_accuracy": accuracy, "men_spearman": spearman, "method": "3cosadd",
            "analogies_total": 7})
        runs[name] = Checkout(tmp_path / name, {}).scores()
    analogies, correlation = spread(runs)
    assert analogies["score"] == "cbow.analogies_accuracy"
    assert analogies["apart"] == pytest.approx(0.02) and correlation["scores"] == 1
    del runs["Haswell"]["cbow.men_spearman"]
    with pytest.raises(UserError, match="cbow.men_spearman is not computed in each of Haswell, Sk"):
        spread(runs)


def test_the_command_ends_with_1_where_bytes_differ_and_takes_a_checkout_that_has_run(
    runs, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(same, "clone", lambda *_: runs[0])
    monkeypatch.setattr(same, "repro", lambda checkout: checkout)
    monkeypatch.setattr(same, "Checkout", Made)
    same.main(beside=runs[1].folder, kernels="", output=None)
    told = capsys.readouterr().out
    assert told == f"5 files with {len(LOCK) + 17} bytes compared: all the same\n"
    shutil.rmtree(runs[1].folder / "data")
    with pytest.raises(SystemExit, match="1"):
        same.main(beside=runs[1].folder, kernels="", output=None)
    assert "compared: 2 not the same\n" in capsys.readouterr().out


def test_unknown_kernels_are_one_sentence():
    with pytest.raises(UserError, match="kernels is 'Nehalem'; it must be of SkylakeX, Haswell"):
        same.main(beside=None, kernels="Nehalem", output=None)
    assert list(differences(Made(Path("a"), {}), Made(Path("b"), {}), [])) == []
