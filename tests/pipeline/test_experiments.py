"""Experiments of DVC: those of its queue, and trials of a search that are recorded as such."""

import hashlib
import json
import shutil
import time

import pytest
import yaml

from words_and_images.common.errors import UserError
from words_and_images.tuning.experiments import METRICS_FILE, Experiments, trials_of
from words_and_images.tuning.study import Confirmed, Study, Tried

WAITING = 240  # seconds


@pytest.fixture(scope="module")
def committed(finished_repositories):
    """A finished repository whose run is the last commit."""
    repository = finished_repositories[1]
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message", "Keep a run")
    yield repository
    for reference in references(repository):
        repository.git("update-ref", "-d", reference)
    shutil.rmtree(repository.folder / "results" / "tuning", ignore_errors=True)
    repository.git("reset", "--quiet", "--mixed", "HEAD~1")


def references(repository) -> dict[str, str]:
    """The commits of all experiments by their references."""
    lines = repository.git("for-each-ref", "refs/exps", "--format=%(refname) %(objectname)")
    return dict(line.split() for line in lines.splitlines())


def commit_of(repository, name: str) -> str | None:
    return next((commit for reference, commit in references(repository).items()
                 if reference.endswith(f"/{name}")), None)


def state(repository) -> tuple[str, bytes, str]:
    """What git says of working tree and index, the index itself, and what branches there are."""
    folder = repository.folder
    return (repository.git("status", "--porcelain"), (folder / ".git" / "index").read_bytes(),
            repository.git("for-each-ref", "refs/heads", "--format=%(refname) %(objectname)"))


def dvc(repository, *arguments: str) -> str:
    done = repository.run("-m", "dvc", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- the queue ----

def test_a_queued_experiment_finds_relative_sources_and_the_bottlenecks(committed):
    folder = committed.folder
    photos, text = folder.with_name("photos"), folder / "untracked.txt"
    shutil.copytree(folder / "own" / "images", photos)
    text.write_text((folder / "own" / "corpus.txt").read_text() * 2)
    (folder / ".git" / "info" / "exclude").write_text("untracked.txt\n")
    dvc(committed, "exp", "run", "--queue", "--name", "elsewhere", "-S", "images.source=../photos",
        "-S", "corpus.source=untracked.txt", "-S", "bottlenecks.looks=[whole]", "fetch_corpus",
        "extract_bottlenecks")
    dvc(committed, "queue", "start")
    end = time.monotonic() + WAITING
    while (found := commit_of(committed, "elsewhere")) is None and time.monotonic() < end:
        assert "refs/exps/celery/failed" not in references(committed), dvc(
            committed, "queue", "logs", "elsewhere")
        time.sleep(0.5)
    log = dvc(committed, "queue", "logs", "elsewhere")
    assert "Running stage 'extract_bottlenecks'" in log
    assert "bottlenecks by" not in log  # which would tell how many were computed
    stages = yaml.safe_load(committed.git("show", f"{found}:dvc.lock"))["stages"]
    hashes = {out["path"]: out["md5"]
              for stage in stages.values() for out in stage.get("outs", [])}
    for name, source in (("corpus.json", "untracked.txt"),
                         ("images.json", {"name": "photos", "path": "../photos"})):
        md5 = hashes[f"data/{name}"]
        kept = folder / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
        assert json.loads(kept.read_text())["source"] == source  # as it was given


# ---- trials ----

def study(*tried: Tried, confirmed=()) -> Study:
    return Study("accuracy", {"retrain.l2": {"low": 0.01, "high": 1}}, None, tried, confirmed,
                 {"images": "abc"})


def trial(number: int, score: float, **values) -> Tried:
    return Tried(number, {"retrain.l2": 0.1 * (number + 1), **values}, "whole", (0.5, score),
                 {"log_loss": 0.25, "unknown": float("nan")}, 1.234)


TRIALS = study(trial(0, 0.75), trial(1, 0.875, **{"bottlenecks.looks": ["whole", "mirror"]}))


def test_a_study_gives_each_trial_a_name_and_flat_scores():
    values = {"retrain.l2": 0.5}
    outside = Tried(-1, values, "whole", (0.5,), {}, 1.0)
    failed = Tried(2, values, "failed", (), {}, 1.0)
    found = Study("accuracy", {}, outside, (*TRIALS.tried, failed), (
        Confirmed(1, values, (0.8, 0.9), 0.1, (0.05, 0.15)), Confirmed(-1, values, (0.7, 0.8))),
        {"images": "abc"})
    named = trials_of(found, "images")
    digest = hashlib.sha256(b'{"images": "abc"}').hexdigest()[:4]
    assert set(named) == {f"tune-images-{digest}-{number}" for number in ("0", "1", "defaults")}
    first, second, usual = named.values()
    assert first == ({"retrain.l2": 0.1}, {
        "score": 0.75, "state": "whole", "measure": "accuracy", "seconds": 1.23, "log_loss": 0.25})
    assert second[1]["confirmed_score"] == pytest.approx(0.85)
    assert (second[1]["more_than_defaults"], second[1]["interval_low"],
            second[1]["interval_high"]) == (0.1, 0.05, 0.15)
    assert usual[1]["confirmed_score"] == 0.75 and "interval_low" not in usual[1]


def test_recorded_trials_are_shown_and_applied_and_the_working_tree_is_left_alone(committed):
    folder, questions = committed.folder, committed.folder / "own" / "questions.txt"
    parameters = (folder / "params.yaml").read_text()
    questions.write_text(questions.read_text() + "dog dogs cat cats\n")
    before = state(committed)
    named = trials_of(TRIALS, "images")
    Experiments(folder).record(named)
    assert state(committed) == before
    first, second = named
    shown = json.loads(dvc(committed, "exp", "show", "--json"))
    found = {each["name"]: each["revs"][0]["data"]
             for baseline in shown for each in baseline.get("experiments") or ()}
    for name, (values, metrics) in named.items():
        assert found[name]["metrics"][METRICS_FILE]["data"] == metrics
        assert found[name]["params"]["params.yaml"]["data"]["retrain"]["l2"] == values["retrain.l2"]
    try:
        dvc(committed, "exp", "apply", second)
        applied = yaml.safe_load((folder / "params.yaml").read_text())
        expected = yaml.safe_load(parameters)
        expected["retrain"]["l2"], expected["bottlenecks"]["looks"] = 0.2, ["whole", "mirror"]
        assert applied == expected
        assert json.loads((folder / METRICS_FILE).read_text())["score"] == 0.875
        assert questions.read_text().endswith("cats\n")  # what had changed before the search
    finally:
        (folder / METRICS_FILE).unlink(missing_ok=True)
        committed.git("checkout", "--quiet", "HEAD", ".")
    assert committed.git("status", "--porcelain") == ""


def test_what_is_recorded_once_is_only_replaced_where_it_has_changed(committed):
    experiments, named = Experiments(committed.folder), trials_of(TRIALS, "again")
    experiments.record(named)
    before = references(committed)
    experiments.record(named)
    assert references(committed) == before
    first, second = named
    values, metrics = named[second]
    experiments.record({**named, second: (values, {**metrics, "confirmed_score": 0.9})})
    assert commit_of(committed, first) == next(
        commit for reference, commit in before.items() if reference.endswith(first))
    changed = committed.git("show", f"{commit_of(committed, second)}:{METRICS_FILE}")
    assert json.loads(changed)["confirmed_score"] == 0.9


def test_trials_are_recorded_below_a_folder_of_a_larger_repository(committed, tmp_path):
    inside = tmp_path / "larger" / "inside"
    inside.mkdir(parents=True)
    shutil.copyfile(committed.folder / "params.yaml", inside / "params.yaml")

    def git(*arguments):
        return type(committed)(inside).git(*arguments)

    git("init", "--quiet", "..")
    with pytest.raises(UserError, match="git cannot record trials .*; record in a git repository"):
        Experiments(inside)
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "--message", "One")
    Experiments(inside).record(trials_of(TRIALS, "images"))
    first, *_ = references(type(committed)(inside)).values()
    assert git("ls-tree", "-r", "--name-only", "--full-tree", first).split() == [
        "inside/params.yaml", f"inside/{METRICS_FILE}"]


def test_trials_outside_of_a_repository_are_refused(tmp_path):
    (tmp_path / "params.yaml").write_text("retrain: {l2: 0.1}\n")
    with pytest.raises(UserError, match="git cannot record trials"):
        Experiments(tmp_path)


def test_a_killed_search_leaves_whole_experiments_and_goes_on(committed):
    before, others, end = state(committed), references(committed), time.monotonic() + WAITING
    command = ("-m", "pipelines.tune", "--minutes", "0", "--record", "--trials")
    searching = committed.start(*command, "40")
    while not (killed := references(committed).keys() - others.keys()):
        assert searching.poll() is None and time.monotonic() < end
        time.sleep(0.1)
    searching.kill()
    searching.communicate()
    assert state(committed) == before
    committed.git("fsck", "--no-dangling")
    done = committed.run(*command, "2")
    assert done.returncode == 0, done.stderr
    assert "going on with" in done.stderr and "params.yaml" in done.stdout
    assert state(committed) == before
    found = references(committed).keys() - others.keys()
    assert killed < found and {name.split("-")[1] for name in found} == {"images", "skipgram"}
    assert (committed.folder / "results" / "tuning.html").stat().st_size
