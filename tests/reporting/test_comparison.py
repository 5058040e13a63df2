"""Today's scores beside those of the last commit, in real repositories."""

import os
import subprocess

import pytest

from reporting.comparison import Moved, compare_with_last_commit, differences
from words_and_images.common.files import write_json, write_text

IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}


def git(folder, *arguments):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env={**ours, **IDENTITY},
                   capture_output=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one committed run."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    write_json(tmp_path / "metrics" / "cbow.json",
               {"analogies_accuracy": 0.25, "analogies_total": 100, "method": "3cosadd"})
    write_json(tmp_path / "metrics" / "images.json", {"test_accuracy": 0.5, "log_loss": 0.75})
    write_text(tmp_path / "params.yaml", "train: {dim: 100, window: 5}\nprofile: embedded\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Train <vectors>")
    return tmp_path


def compared(folder):
    return compare_with_last_commit(folder / "metrics", folder / "params.yaml")


def test_an_equal_run_has_moved_nothing(repository):
    comparison = compared(repository)
    assert comparison.commit and comparison.commit.subject == "Train <vectors>"
    assert (comparison.scores, comparison.parameters, comparison.unmoved) == ((), (), 5)


def test_what_moved_is_told_with_its_direction(repository):
    write_json(repository / "metrics" / "cbow.json",
               {"analogies_accuracy": 0.375, "analogies_total": 90, "method": "3cosadd"})
    write_json(repository / "metrics" / "images.json", {"test_accuracy": 0.5, "log_loss": 0.5})
    write_text(repository / "params.yaml", "train: {dim: 50, window: 5}\nprofile: embedded\n")
    comparison = compared(repository)
    assert comparison.scores == (
        ("cbow", Moved("analogies_accuracy", 0.25, 0.375, True)),
        ("cbow", Moved("analogies_total", 100, 90, None)),
        ("images", Moved("log_loss", 0.75, 0.5, True)))
    assert [moved.change for _, moved in comparison.scores] == [0.125, -10, -0.25]
    assert comparison.parameters == (Moved("train.dim", 100, 50),)
    assert comparison.unmoved == 2


def test_worse_is_less_of_a_score_and_more_of_an_error():
    moved = differences({"auc": 1.0, "brier": 0.1}, {"auc": 0.5, "brier": 0.2})
    assert [each.better for each in moved] == [False, False]


@pytest.mark.parametrize("name, value", [
    ("analogies_asked", 5), ("towns_known", 5), ("msr_bound", 5), ("test_count", 5),
    ("analogies_correct", 5), ("not_sure", 0.5)])
def test_how_something_was_counted_is_neither_better_nor_worse(name, value):
    assert differences({name: 1}, {name: value})[0].better is None


def test_a_label_may_be_called_like_a_count():
    assert differences({"precision_total": 0.5}, {"precision_total": 0.75})[0].better is True


@pytest.mark.parametrize("path, content", [
    ("params.yaml", b"train: ["), ("params.yaml", b"- a\n"), ("params.yaml", b"a: \xff\n"),
    ("metrics/cbow.json", b"{"), ("metrics/cbow.json", b"[1]")])
def test_a_commit_that_cannot_be_read_is_told_and_stops_nothing(repository, path, content):
    good = (repository / path).read_bytes()
    (repository / path).write_bytes(content)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "Break it")
    (repository / path).write_bytes(good)
    comparison = compared(repository)
    assert comparison.commit is None and "cannot be read" in comparison.reason


def test_scores_of_a_file_that_is_gone_are_gone(repository):
    (repository / "metrics" / "cbow.json").rename(repository / "metrics" / "other.json")
    scores = compared(repository).scores
    assert ("cbow", Moved("analogies_accuracy", 0.25, None)) in scores
    assert ("other", Moved("analogies_accuracy", None, 0.25)) in scores


def test_scores_come_and_go():
    assert differences({"old": 1}, {"new": 2}) == [Moved("new", None, 2), Moved("old", 1, None)]


def test_truth_values_are_no_numbers():
    (moved,) = differences({"a": False}, {"a": True})
    assert moved.change is None and moved.better is None


def test_later_commits_without_scores_leave_the_run_as_it_was(repository):
    write_text(repository / "notes.txt", "x")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "Note something")
    assert compared(repository).commit.subject == "Train <vectors>"


def test_a_folder_without_a_repository_says_why_there_is_nothing_to_compare(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "metrics").mkdir()
    write_text(tmp_path / "params.yaml", "profile: embedded\n")
    comparison = compared(tmp_path)
    assert comparison.commit is None and "not a git repository" in comparison.reason


def test_a_repository_without_committed_scores_says_so(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    write_text(tmp_path / "params.yaml", "profile: embedded\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    write_json(tmp_path / "metrics" / "cbow.json", {"a": 1})
    comparison = compared(tmp_path)
    assert comparison.commit is None and "no commit holds" in comparison.reason


def test_without_git_there_is_nothing_to_compare(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert compared(repository).reason == "git is not installed"
