"""The tables that a run ends with."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from reporting.summary import image_table, word_table
from words_and_images.common.files import write_json

ROOT = Path(__file__).parents[2]

SCORES = {"analogies_accuracy": 0.25, "analogies_semantic": 0.5, "analogies_syntactic": 0.0,
          "analogies_coverage": 1.0, "analogies_total": 1234, "vocabulary_bound": 30000,
          "unknown_words": "skip"}


def pairs(name: str, spearman: float | None) -> dict:
    scores = {} if spearman is None else {f"{name}_spearman": spearman}
    return {**scores, f"{name}_known": 352, f"{name}_asked": 1353}


def printed(table) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_each_model_has_a_column():
    text = printed(word_table({"cbow": {**SCORES, **pairs("wordsim353", 0.6)},
                               "skipgram": {**SCORES, **pairs("wordsim353", None)}}))
    lines = {line.split("│")[1].strip(): [cell.strip() for cell in line.split("│")[2:-1]]
             for line in text.splitlines() if line.startswith("│")}
    assert lines["analogies right, of 1,234 within 30,000 words"] == ["25.00 %", "25.00 %"]
    assert lines["semantic"] == ["50.00 %", "50.00 %"]
    assert lines["WordSim-353, Spearman over 352 of 1,353 pairs"] == ["0.600", "-"]
    assert lines["unknown words"] == ["left out", "left out"]


def test_other_sets_of_questions_have_rows_with_their_bound():
    text = printed(word_table({"cbow": {
        **SCORES, "unknown_words": "wrong", "msr_accuracy": 0.375, "msr_total": 4736,
        "msr_bound": 20000}}))
    assert "MSR right, of 4,736 within 20,000 words" in text and "37.50 %" in text
    assert "questions wrong, pairs of similarity 0" in text


def test_ones_own_sets_of_pairs_have_their_own_rows():
    text = printed(word_table({"cbow": {**SCORES, **pairs("mine [old]", 0.125)}}))
    assert "mine [old], Spearman" in text and "0.125" in text and "WordSim" not in text


def test_the_classifier_has_its_accuracy_interval_and_rates():
    metrics = {"test_accuracy": 0.75, "test_count": 8, "test_interval_low": 0.409,
               "test_interval_high": 0.929, "precision_hot_dog": 1.0, "recall_hot_dog": 0.5,
               "not_computed": {"precision_[other]": "no image was answered with it"}}
    text = printed(image_table(metrics, {"source": {"name": "photos [mine]"}}))
    for part in ("photos [mine]", "accuracy on 8 test images",
                 "75.00 % (95 % interval 40.9 to 92.9 %)", "precision of hot_dog", "recall of",
                 "50.00 %", "precision of [other]", "- (no image was answered with it)"):
        assert part in text


def test_analogies_that_none_could_be_asked_of_are_a_dash_and_no_share():
    text = printed(word_table({"cbow": {
        "analogies_total": 0, "vocabulary_bound": 4, "unknown_words": "skip", "msr_total": 0,
        "msr_bound": 4, "not_computed": {"analogies_accuracy": "no question has known words"}}}))
    assert text.count(" - ") == 5 and "%" not in text


@pytest.fixture
def results(tmp_path) -> Path:
    """A folder with what a run leaves, its labels and sets in other alphabets."""
    for model in ("cbow", "skipgram"):
        write_json(tmp_path / "results" / "metrics" / f"{model}.json",
                   {**SCORES, **pairs("一番の類似度", 0.6)})
    write_json(tmp_path / "results" / "metrics" / "images.json", {
        "test_accuracy": 0.75, "test_count": 8, "test_interval_low": 0.409,
        "test_interval_high": 0.929, "precision_ホットドッグ": 1.0, "recall_cafe\u0301": 0.5})
    write_json(tmp_path / "data" / "images.json", {"source": {"name": "fotos 🌭"}})
    for collection in ("newsgroups", "reuters"):
        write_json(tmp_path / "results" / "texts" / collection / "summary.json", {
            "accuracy": 0.625, "count": 1234, "interval": [0.5, 0.75],
            "chosen": {"kind": "learnt"}})
    return tmp_path


def run(folder: Path, *options: str, **environment: str) -> str:
    plain = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    finished = subprocess.run(
        [sys.executable, "-m", "reporting.summary", *options], cwd=folder, capture_output=True,
        env={**plain, "PYTHONPATH": str(ROOT), **environment})
    assert (finished.returncode, finished.stderr) == (0, b"")
    return finished.stdout.decode(environment.get("PYTHONIOENCODING", "utf-8"))


@pytest.mark.parametrize("environment", [
    {}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"}, {"COLUMNS": "40"}])
def test_a_pipe_gets_whole_and_aligned_tables_without_escapes_in_any_encoding(
    results, environment
):
    text = run(results, **environment)
    *tables, page = text.splitlines()
    assert page == "report page: results/report.html"
    assert "\x1b" not in text and "…" not in text
    ends = [cell_len(line) for line in tables]
    assert len(set(ends)) == 3 and ends == sorted(ends, key=ends.index)
    assert "newsgroups, 1,234 test documents" in text and "62.50 % (95 % interval 50" in text
    assert "accuracy on 8 test images" in text
    shown = "ホットドッグ" if "PYTHONIOENCODING" not in environment else "\\u30db\\u30c3"
    assert f"precision of {shown}" in text


def test_as_json_it_is_one_document_with_all_scores(results):
    found = json.loads(run(results, "--json"))
    assert found["words"]["cbow"]["analogies_accuracy"] == 0.25
    assert found["images"]["scores"]["test_accuracy"] == 0.75
    assert found["images"]["source"]["name"] == "fotos 🌭"
    assert found["texts"]["reuters"]["accuracy"] == 0.625
    assert found["report"] == "results/report.html"
