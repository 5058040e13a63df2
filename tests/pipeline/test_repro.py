"""`dvc repro` in a real repository with a tiny configuration (conftest.py), twice side by side."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import yaml
from repositories import Repository, set_parameters

from word2vec.vectors.vectors import load_vectors
from words_and_images.common.stage_costs import read_costs

STAGES = yaml.safe_load((Path(__file__).parents[2] / "dvc.yaml").read_text())["stages"]
EVALUATION_NAMES = {
    "analogies_accuracy", "analogies_semantic", "analogies_syntactic", "analogies_coverage",
    "analogies_correct", "analogies_total", "analogies_asked", "vocabulary_bound", "method",
    "unknown_words", "analogies_questions",
} | {f"{name}_{kind}" for name in ("towns", "unknown")
     for kind in ("spearman", "pearson", "coverage", "known", "asked", "bound", "unknown_words")}
UNKNOWN = {"unknown_spearman", "unknown_pearson"}
CLASSIFIER_NAMES = {
    "test_accuracy", "test_count", "test_interval_low", "test_interval_high", "log_loss",
    "calibration_error", "auc", "brier", "balanced_accuracy", "constant_accuracy",
    "worst_recall", "not_sure", "coverage",
    "covered_accuracy",
} | {f"{kind}_{label}" for label in ("hot_dog", "other") for kind in (
    "precision", "recall", "f1", "interval_low_recall", "interval_high_recall")}


def outputs(stage: str) -> list[str]:
    """The outputs of a stage of dvc.yaml, of every item where it is run for each."""
    [(key, items)] = STAGES[stage].get("matrix", {"model": [""]}).items()
    outs = STAGES[stage].get("outs", [])
    names = [next(iter(out)) if isinstance(out, dict) else out for out in outs]
    return [name.replace(f"${{item.{key}}}", item) for name in names for item in items]


def locked(repository) -> dict:
    """Stages of dvc.lock by name, those of the models as stage@model."""
    return yaml.safe_load((repository.folder / "dvc.lock").read_text())["stages"]


class References(HTMLParser):
    """What a page would fetch or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attributes
                           if name in ("src", "srcset", "href", "xlink:href", "data", "action")]


@pytest.fixture(scope="module")
def page(finished) -> str:
    return (finished.folder / "results" / "report.html").read_text()


@pytest.fixture(scope="module")
def tested(finished) -> int:
    """How many images the split keeps for the test."""
    images = json.loads((finished.folder / "data" / "split.json").read_text())["images"]
    return sum(image["split"] == "test" for image in images)


@pytest.mark.parametrize("stage", STAGES)
def test_every_output_is_there(finished, stage):
    for name in outputs(stage):
        path = finished.folder / name
        assert any(path.iterdir()) if path.is_dir() else path.stat().st_size


@pytest.mark.parametrize("stage", STAGES)
def test_equal_inputs_give_equal_bytes(finished_repositories, stage):
    first, second = (
        {name: entry.get("outs", []) for name, entry in locked(repository).items()
         if name.split("@")[0] == stage}
        for repository in finished_repositories
    )
    assert first == second
    assert sorted(out["path"] for outs in first.values() for out in outs) == sorted(outputs(stage))


def test_the_exported_network_is_the_same_but_for_its_random_number(finished_repositories):
    folders = [each.folder / "models" / "classifier" for each in finished_repositories]
    files = [{str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")
              if path.name != "fingerprint.pb"} for folder in folders]
    assert files[0] == files[1] and "saved_model/saved_model.pb" in files[0]


def test_a_second_run_has_nothing_to_do(finished):
    lock = (finished.folder / "dvc.lock").read_bytes()
    again = finished.run("-m", "dvc", "repro")
    assert again.returncode == 0
    # The report compares with the last commit and tells of times, which DVC does not know.
    assert re.findall(r"Running stage '(.*)'", again.stdout) == ["report"]
    assert (finished.folder / "dvc.lock").read_bytes() == lock


def test_every_stage_leaves_its_costs(finished):
    costs = read_costs(finished.folder / "results" / "costs")
    members = {name for name in locked(finished)}
    assert set(costs) == members
    assert all(row["seconds"] > 0 and row["peak_memory_mb"] > 1 for row in costs.values())


def test_git_sees_the_lock_and_the_metrics_and_nothing_else(finished):
    changes = finished.git("status", "--porcelain", "--untracked-files=all").splitlines()
    assert sorted(changes) == ["?? dvc.lock", "?? results/metrics/cbow.json",
                               "?? results/metrics/images.json",
                               "?? results/metrics/newsgroups.json",
                               "?? results/metrics/reuters.json",
                               "?? results/metrics/skipgram.json"]


@pytest.mark.parametrize("name, names", [
    ("cbow", EVALUATION_NAMES), ("skipgram", EVALUATION_NAMES), ("images", CLASSIFIER_NAMES)])
def test_metrics_have_flat_names(finished, name, names):
    metrics = json.loads((finished.folder / "results" / "metrics" / f"{name}.json").read_text())
    # Of the second set of pairs no word is known.
    missing = metrics.pop("not_computed", {})
    assert set(missing) == {name for name in UNKNOWN if name in names}
    assert set(metrics) == names - UNKNOWN
    assert all(not isinstance(value, (dict, list)) for value in metrics.values())


def test_own_questions_and_pairs_are_counted(finished):
    metrics = json.loads((finished.folder / "results" / "metrics" / "skipgram.json").read_text())
    # Of four questions the one about Atlantis has unknown words, as has the pair of the second set.
    assert (metrics["analogies_asked"], metrics["analogies_total"]) == (4, 3)
    assert metrics["towns_coverage"] == 1 and metrics["towns_spearman"] is not None
    assert metrics["unknown_coverage"] == 0 and "unknown_spearman" not in metrics
    shown = finished.run("-m", "dvc", "metrics", "show", "--md")
    assert "not_computed.unknown_spearman" in shown.stdout
    assert "0 pairs to compare; it takes two" in shown.stdout


def test_vectors_and_record_are_those_of_the_parameters(finished):
    for model in ("cbow", "skipgram"):
        folder = finished.folder / "models" / "vectors" / model
        vectors = load_vectors(folder)
        assert "paris" in vectors and vectors.vector_size == 12
        assert np.isfinite(vectors.vectors).all()
        record = json.loads((folder / "record.json").read_text())
        assert record["model"] == model and record["parameters"]["step"] == 128
        assert record["corpus"]["source"] == "own/corpus.txt"


def test_more_text_can_follow_what_the_pipeline_trained(finished, tmp_path):
    out = tmp_path / "more"
    done = finished.run("-m", "word2vec.command_line", "train", "own/corpus.txt", str(out),
                        "--continue-from", "models/vectors/cbow", "--epochs", "1", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["model"], made["dim"]) == ("cbow", 12)
    assert json.loads((out / "record.json").read_text())["encode"]["tokens"] == "words"


def test_dvc_shows_the_metrics(finished):
    shown = finished.run("-m", "dvc", "metrics", "show", "--json")
    files = json.loads(shown.stdout)[""]["data"]
    assert set(files) == {f"results/metrics/{name}.json" for name in (
        "cbow", "skipgram", "images", "newsgroups", "reuters")}
    assert set(files["results/metrics/images.json"]["data"]) == CLASSIFIER_NAMES


def test_dvc_draws_the_plots(finished, tmp_path):
    shown = finished.run("-m", "dvc", "plots", "show", "--out", str(tmp_path / "plots"))
    assert shown.returncode == 0, shown.stderr
    drawn = (tmp_path / "plots" / "index.html").read_text()
    for title in ("Loss of the word vectors", "Analogies by section (CBOW)",
                  "Loss of the classifier's head", "Confusion of the test images"):
        assert title in drawn
    for name in ("training loss", "share of the questions answered rightly", "predicted label",
                 "mean best score", "false positive rate"):  # on the axes
        assert f'"{name}"' in drawn
    for title in ("ROC of each label", "Precision and recall of each label",
                  "Calibration of the scores", "Accuracy on the images that are answered"):
        assert title in drawn
    pictures = list((tmp_path / "plots" / "static").glob("*.png"))
    assert sorted(path.name.split("_")[-1] for path in pictures) == [
        "capitals.png", "capitals.png", "mistakes.png"]


def test_a_clone_pulls_from_a_remote_and_has_nothing_to_train(finished_repositories, tmp_path):
    repository, clone = finished_repositories[1], Repository(tmp_path / "clone")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message", "Keep a run")
    repository.git("clone", "--quiet", ".", str(clone.folder))
    repository.git("reset", "--quiet", "--mixed", "HEAD~1")
    # A folder as a remote is arranged like a cache.
    remote = repository.folder / ".dvc" / "cache"
    (clone.folder / ".dvc" / "config.local").write_text(
        f"[core]\n    remote = shared\n['remote \"shared\"']\n    url = {remote}\n")
    pulled = clone.run("-m", "dvc", "pull")
    assert pulled.returncode == 0, pulled.stderr
    status = json.loads(clone.run("-m", "dvc", "status", "--json").stdout)
    assert status == {"report": ["always changed"]}
    assert (clone.folder / "models" / "classifier" / "README.md").is_file()


def test_curves_that_grow_while_stages_train_change_nothing_that_these_make(finished, tmp_path):
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copyfile(finished.folder / name, tmp_path / name)
    set_parameters(tmp_path, {"live": {"metrics": True}})
    data, results = finished.folder / "data", Path("results", "training")
    for stage, *paths in (
        ("retrain", data / "split.json", data / "bottlenecks", "models/head",
         results / "images.json"),
        ("train_embeddings", "cbow", data / "encoded", data / "corpus.json", "checkpoint",
         "models/vectors/cbow", results / "cbow.json"),
    ):
        script = finished.folder / "pipelines" / f"{stage}.py"
        done = finished.run(str(script), *map(str, paths), folder=tmp_path)
        assert done.returncode == 0, done.stderr
    made = [path.relative_to(tmp_path) for folder in ("models", "results/training")
            for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert {"head.npz", "images.json", "input_vectors.npy", "cbow.json"} < {
        name.name for name in made}
    for name in made:
        assert (tmp_path / name).read_bytes() == (finished.folder / name).read_bytes()
    curve = json.loads((tmp_path / results / "images.json").read_text())
    logged = (tmp_path / "results/live/images/plots/metrics/validation_loss.tsv").read_text()
    assert [float(row.split("\t")[1]) for row in logged.splitlines()[1:]] == [
        record["validation_loss"] for record in curve]
    assert (tmp_path / "results/live/cbow/plots/metrics/loss.tsv").is_file()


def test_a_changed_parameter_concerns_its_stage_and_what_follows(finished):
    path = finished.folder / "params.yaml"
    before = path.read_text()
    path.write_text(before.replace("steps: 20", "steps: 21"))
    try:
        status = json.loads(finished.run("-m", "dvc", "status", "--json").stdout)
    finally:
        path.write_text(before)
    assert set(status) == {"retrain", "export_classifier", "report"}


def test_a_failing_stage_ends_the_run_with_its_sentence_and_keeps_what_it_made_before(
    finished_repositories
):
    repository = finished_repositories[1]
    path, vocabulary = (repository.folder / name
                        for name in ("params.yaml", "data/encoded/vocabulary.txt"))
    before, words = path.read_text(), vocabulary.read_bytes()
    path.write_text(before.replace("min_count: 2", "min_count: 99999"))
    try:
        failed = repository.run("-m", "dvc", "repro", "--quiet", "encode_corpus")
    finally:
        path.write_text(before)
    assert failed.returncode and "Traceback" not in failed.stderr
    assert "encode_corpus: 0 of 43 words occur at least min_count = 99,999 times" in failed.stderr
    assert vocabulary.read_bytes() == words


def test_the_report_needs_nothing_else(page):
    references = References(page)
    assert not references.tags & {"iframe", "object", "embed", "base"}
    assert references.addresses
    assert all(address.startswith(("data:", "#")) for address in references.addresses)
    assert "default-src 'none'" in page


def test_the_report_tells_of_every_part(page, finished, tested):
    parameters = yaml.safe_load((finished.folder / "params.yaml").read_text())
    rows = [f"<td>{group}.{name}</td>" for group, values in parameters.items()
            if isinstance(values, dict) for name in values]
    for text in (*rows, "<td>profile</td>", "<td>capitals</td>", "<td>gram1-comparative</td>",
                 "<td>towns</td>", "<td>unknown</td>", '<th scope="row">king</th>',
                 "france : paris :: england : ?", "Nothing was answered wrongly", "own/corpus.txt",
                 "<b>saved_model</b>", f"on {tested} test images", "own/images",
                 "no commit holds", "One image, distorted", "What an answer rests on"):
        assert text in page
    drawn = set(re.findall(r'id="chart-([\w-]+)"', page))
    assert drawn >= {"capitals-cbow", "capitals-skipgram", "analogies", "pairs", "loss-cbow",
                     "loss-skipgram", "head-loss", "head-accuracy", "occlusion", "costs-seconds",
                     "costs-peak"}


def test_the_report_compares_with_what_is_committed(finished_repositories):
    repository = finished_repositories[0]
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message", "Keep a run")
    try:
        path = repository.folder / "results" / "metrics" / "images.json"
        committed = path.read_text()
        metrics = json.loads(committed)
        path.write_text(json.dumps({**metrics, "log_loss": metrics["log_loss"] + 0.25}))
        assert repository.run("-m", "pipelines.report", "data", "models", "results",
                              "params.yaml", "results/report.html").returncode == 0
        page = (repository.folder / "results" / "report.html").read_text()
        path.write_text(committed)
    finally:
        repository.git("reset", "--quiet", "--mixed", "HEAD~1")
    assert "Keep a run" in page and "+0.2500" in page and "worse" in page


def test_the_table_of_the_results_is_printed(finished, tested):
    printed = finished.run("-m", "reporting.summary")
    assert printed.returncode == 0 and printed.stderr == ""
    for text in ("cbow", "skipgram", "analogies right, of 3 within 43 words", "towns, Spearman",
                 f"accuracy on {tested} test images", "recall of hot_dog",
                 "report page: results/report.html"):
        assert text in printed.stdout
