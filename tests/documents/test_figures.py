"""The figures of README.md and docs/pipeline.md are those of the committed run."""

import json
import re
import subprocess
from functools import cache

import pytest
from project_imports import ROOT

from reporting.summary import word_table
from words_and_images.common.errors import percent, percent_range
from words_and_images.common.tables import table_console

README = (ROOT / "README.md").read_text(encoding="utf-8")
PIPELINE = (ROOT / "docs" / "pipeline.md").read_text(encoding="utf-8")


@cache
def metrics(name: str) -> dict:
    """As committed: a run on another processor changes the last digits of the files."""
    path = f"results/metrics/{name}.json"
    asked = subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, text=True,
                           capture_output=True)
    return json.loads((ROOT / path).read_text() if asked.returncode else asked.stdout)


def figure_of_readme(beginning: str) -> str:
    return re.search(rf"^\| {re.escape(beginning)}.*\| (.*) \|$", README, re.M)[1]


def test_the_readme_is_read_at_once():
    assert README.count("\n") <= 150


@pytest.mark.parametrize(("beginning", "model"), [
    ("analogies that skip-gram has right", "skipgram"), ("... and CBOW", "cbow")])
def test_the_analogies_of_the_readme_are_the_committed_ones(beginning, model):
    assert figure_of_readme(beginning) == percent(metrics(model)["analogies_accuracy"])
    assert f"of {metrics('skipgram')['analogies_total']:,} |" in README


@pytest.mark.parametrize(("beginning", "name"), [
    ("hot dog or not, {} test pictures", "images"),
    ("20 Newsgroups, {} test documents", "newsgroups"),
    ("Reuters in 52 classes, {} test documents", "reuters")])
def test_the_classifiers_of_the_readme_are_the_committed_ones(beginning, name):
    scores = metrics(name)
    interval = percent_range([scores["test_interval_low"], scores["test_interval_high"]])
    assert figure_of_readme(beginning.format(f"{scores['test_count']:,}")) == (
        f"{percent(scores['test_accuracy'])} (95 % interval {interval.removesuffix(' %')})")


def test_the_speed_of_the_readme_is_that_of_the_benchmark():
    words = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    measured = re.findall(r"│ words a CPU second +│.*│ +([\d.]+) │", words)
    told = re.findall(r"from\s(\d\.\d\d)\stimes as many", README)
    assert told == measured and len(measured) == 2


def test_the_tables_of_the_words_are_the_committed_ones(capsys):
    table_console().print(word_table({name: metrics(name) for name in ("cbow", "skipgram")}))
    assert capsys.readouterr().out in PIPELINE


@pytest.mark.parametrize("name", ["images", "newsgroups", "reuters"])
def test_the_tables_of_the_classifiers_are_the_committed_ones(name):
    scores = metrics(name)
    interval = percent_range([scores["test_interval_low"], scores["test_interval_high"]])
    assert f"{percent(scores['test_accuracy'], 2)} (95 % interval {interval})" in PIPELINE


def test_the_megabytes_of_the_core_are_those_that_are_measured():
    from benchmarks.pythons import MOST_MEGABYTES

    assert f"The first takes under {MOST_MEGABYTES} MB." in README
