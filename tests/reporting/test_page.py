"""The report page from made results of every shape that stages can write."""

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from written_pages import cells, data_of, figure_of

from reporting.comparison import Commit, Comparison, Moved
from reporting.content import Report, gather
from reporting.page import page_charts, plain_value, titled, write_page
from vision.classifier import prediction_rows
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.evaluation.plots import locate_pairs, pair_rows
from word2vec.evaluation.word_map import map_table
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.errors import UserError
from words_and_images.common.files import write_json, write_text
from words_and_images.common.parameters import read_parameters
from words_and_images.retraining.evaluation import Evaluation

WORDS = ["king", "france", "paris", "england", "london", "dog", "<b>"]
SECTIONS = [
    {"section": "capitals & <more>", "accuracy": 0.5, "correct": 1, "total": 2, "skipped": 0,
     "coverage": 1.0, "questions": "own"},
    {"section": "gram1-none", "correct": 0, "total": 0, "skipped": 3,
     "coverage": 0.0, "questions": "own"},
    {"section": "msr: all", "accuracy": 0.25, "correct": 1, "total": 4, "skipped": 4,
     "coverage": 0.5, "questions": "msr"},
]
PAIRS = (("france", "paris"), ("england", "london"), ("nowhere", "nothing"))
STAGES = """stages:
  fetch_corpus: {cmd: a}
  train_embeddings: {matrix: {model: [cbow, skipgram]}, cmd: b}
  report: {cmd: c}
"""
LABELS = ["<script>", "hot & dog", "third"]
COMMIT = Commit("abc1234", "2026-01-02", "Train <vectors>")


def metrics(pairs: dict) -> dict:
    scores = {"analogies_accuracy": 0.5, "analogies_semantic": 0.5, "analogies_syntactic": 0.0,
              "analogies_coverage": 0.4, "analogies_correct": 1, "analogies_total": 2,
              "analogies_asked": 5, "vocabulary_bound": 7, "method": "3cosadd",
              "unknown_words": "skip", "msr_accuracy": 0.25, "msr_total": 4736,
              "msr_coverage": 0.5, "msr_bound": 7}
    for name, (spearman, pearson, coverage) in pairs.items():
        scores |= {f"{name}_spearman": spearman, f"{name}_pearson": pearson,
                   f"{name}_coverage": coverage, f"{name}_known": round(1000 * coverage),
                   f"{name}_asked": 1000, f"{name}_bound": 7, f"{name}_unknown_words": "wrong"}
    missing = {name: "of <too few>" for name, score in scores.items() if score is None}
    known = {name: score for name, score in scores.items() if score is not None}
    return known | ({"not_computed": missing} if missing else {})


@pytest.fixture
def make(tmp_path):
    """A function that writes what all stages write and gathers it."""

    def write(labels=LABELS[:2], predicted=(0, 1, 1, 1), pairs=None, about=None) -> Report:
        for model in ("skipgram", "cbow"):
            write_words(tmp_path, model, pairs or {"wordsim353": (0.7, 0.6, 1.0)})
        write_images(tmp_path, labels, predicted, about or {"name": "drawings", "about": "drawn"})
        for collection in ("newsgroups", "reuters"):
            write_texts(tmp_path, collection)
        write_text(tmp_path / "dvc.yaml", STAGES)
        write_text(tmp_path / "params.yaml", "profile: embedded\nimages: {source: null}\n"
                   "evaluate: {word_pairs: [a, '<i>']}\n")
        return gather(tmp_path / "data", tmp_path / "models", tmp_path / "results",
                      tmp_path / "params.yaml")

    return write


@pytest.fixture
def render(tmp_path):
    """A function that writes the page of a report and returns it."""

    def write(report: Report) -> str:
        write_page(report, tmp_path / "page.html")
        return (tmp_path / "page.html").read_text()

    return write


def write_words(folder, model, pairs):
    vectors = folder / "models" / "vectors" / model
    vectors.mkdir(parents=True, exist_ok=True)
    np.save(vectors / "input_vectors.npy",
            np.random.default_rng(1).normal(size=(7, 4)).astype(np.float32))
    Vocabulary(WORDS, np.arange(7, 0, -1)).save(vectors / "vocabulary.txt")
    write_json(folder / "results" / "metrics" / f"{model}.json", metrics(pairs))
    write_json(folder / "results" / "words" / model / "sections.json", SECTIONS)
    write_json(vectors / "record.json", {"model": model, "parameters": {"epochs": 5}})
    loaded = load_vectors(vectors)
    write_json(folder / "results" / "words" / model / "capitals.json",
               pair_rows(locate_pairs(loaded, PAIRS)))
    write_json(folder / "results" / "words" / model / "map.json", map_table(loaded, 5))
    write_json(folder / "results" / "training" / f"{model}.json", [{"epoch": 1, "loss": 2.5}])


def write_texts(folder, collection):
    """What was found on four test documents, one of whose answers is wrong."""
    evaluation = Evaluation(["<rain>", "sun"], [f"{collection}:{row}" for row in range(4)],
                            np.array([0, 0, 1, 1]), np.array([[0.9, 0.1]] * 3 + [[0.2, 0.8]]))
    chosen = {"kind": "tfidf", "temperature": 1.0, "held_out": 1234, "tried": {
        "tfidf": {"accuracy": 0.9375, "log_loss": 0.25}, "learnt": {"accuracy": 0.5,
                                                                    "log_loss": 2.0}}}
    results = folder / "results" / "texts" / collection
    write_json(results / "summary.json", {**evaluation.summary(), "chosen": chosen})
    write_json(results / "mistakes.json", [{"name": f"{collection}:2", "label": "sun",
                                            "predicted": "<rain>"}])
    write_json(folder / "data" / "texts" / f"{collection}.json",
               {"source": {"name": f"<{collection}>", "path": "my/texts"}})


def test_classifiers_of_texts_are_told_with_what_they_were_chosen_by(make, render):
    page = render(make())
    section = page.partition('<section id="texts">')[2].partition("</section>")[0]
    assert "<h3>&lt;newsgroups&gt;</h3>" in section and "<rain>" not in section
    assert "<b>75.0 %</b> of 4 test documents are" in section and "of 1,234 held out" in section
    assert "tfidf (kept)</td><td>93.8 %</td><td>0.250" in section and "learnt</td>" in section
    assert "<td>reuters:2</td><td>sun</td><td>&lt;rain&gt;</td>" in section


def write_images(folder, labels, predicted, about):
    """As many test images as answers, in turns of each label."""
    targets = np.array([number % len(labels) for number in range(len(predicted))])
    probabilities = np.full((len(predicted), len(labels)), 0.1)
    probabilities[np.arange(len(predicted)), predicted] = 1.1 - 0.1 * len(labels)
    paths = [f"{number}.png" for number in range(len(predicted))]
    (folder / "data" / "images").mkdir(parents=True)
    (folder / "data" / "encoded").mkdir()
    np.save(folder / "data" / "encoded" / "ids.npy", np.zeros(98765, np.int32))
    for path in paths:
        Image.new("RGB", (30, 20), (200, 60, 40)).save(folder / "data" / "images" / path)
    evaluation = Evaluation(labels, paths, targets, probabilities)
    results = folder / "results"
    write_json(results / "metrics" / "images.json", evaluation.metrics())
    write_json(results / "images" / "predictions.json", prediction_rows(evaluation))
    write_json(results / "images" / "roc.json", evaluation.roc_rows())
    write_json(results / "images" / "calibration.json", evaluation.calibration_rows())
    write_json(results / "images" / "coverage.json", evaluation.coverage_rows())
    write_json(results / "images" / "summary.json", evaluation.summary())
    write_json(folder / "data" / "split.json", {"labels": labels, "images": [
        {"path": path, "label": labels[target], "split": "test"}
        for path, target in zip(paths, targets, strict=True)]})
    write_explanation(results / "explanation", labels)
    write_json(results / "training" / "images.json", [
        {"step": step, "training_loss": 0.5, "training_accuracy": 1.0,
         "validation_loss": 0.4 if step else None, "validation_accuracy": 0.9 if step else None}
        for step in (0, 10)])
    write_json(folder / "data" / "images.json", {"source": about, "counts": {}, "skipped": []})
    write_json(folder / "data" / "corpus.json", {
        "source": "embedded", "documents": 1234, "bytes": 5,
        "origins": [{"name": "tales", "about": "tales", "licence": "none", "citation": "Grimm"}]})
    write_json(folder / "models" / "classifier" / "labels.json", labels)
    write_json(folder / "models" / "classifier" / "record.json",
               {"backbone": {"name": "small", "licence": "MIT", "citation": "nobody"}})


def write_explanation(folder, labels):
    folder.mkdir()
    Image.new("RGB", (30, 20), (200, 60, 40)).save(folder / "a.jpg")
    write_json(folder / "explanation.json", {
        "path": "a & b.png", "label": labels[0], "answer": labels[1], "score": 0.75,
        "file": "a.jpg", "width": 30, "height": 20, "place": "top left",
        "drops": [[0.5, 0.25], [0.0, -0.125]], "left_out": None})
    write_json(folder / "variants.json", {"path": "c.png", "label": labels[0], "variants": [
        {"file": "a.jpg", "kind": kind, "answer": labels[0], "score": 0.5, "learnt": learnt}
        for kind, learnt in (("original", True), ("distorted", True), ("inset", False))]})


def write_study(folder, name, verdict):
    tried = [{"number": number, "values": {"l2": 0.1 * number}, "state": "whole", "score": score,
              "course": [score], "also": {}, "seconds": 1.0}
             for number, score in enumerate((0.8, 0.9))]
    write_json(folder / "results" / "tuning" / f"{name}.json", {
        "measure": "<accuracy>", "space": {"l2": {"low": 0, "high": 1}}, "verdict": verdict,
        "best": {"l2": 0.1}, "defaults": tried[0], "trials": tried, "identity": {}, "confirmed": [
            {"number": 1, "values": {"l2": 0.1}, "scores": [0.88, 0.9], "difference": 0.08,
             "interval": [0.01, 0.15]},
            {"number": 0, "values": {"l2": 0.0}, "scores": [0.8, 0.82], "difference": None,
             "interval": None}]})


def test_a_search_is_told_with_its_verdict_and_a_link_to_its_page(make, render, tmp_path):
    write_study(tmp_path, "images", "better than the defaults: +0.0800")
    page = " ".join(render(make()).split())
    assert "Better than the defaults: +0.0800." in page and 'href="tuning.html"' in page
    assert 'href="#searches"' in page and "&lt;accuracy&gt;" in page
    assert cells(page, "trial 1") == ["0.8900 ± 0.0141", "+0.0800 +0.0100 to +0.1500"]
    assert figure_of(page, "search-1-course")["data"][0]["y"] == [0.8, 0.9]
    assert "search-2-course" not in data_of(page)["charts"]


def test_without_a_search_the_report_says_nothing_of_one(make, render):
    page = render(make())
    assert "earches" not in page and "tuning.html" not in page


def test_labels_and_names_are_escaped(make, render):
    page = render(make())
    body = page[page.index("<body>"):page.index('<script type="application/json"')]
    assert "<script" not in body and "hot & dog" not in body
    assert "&lt;script&gt;" in body and "hot &amp; dog" in body
    assert "capitals &amp; &lt;more&gt;" in body
    assert "&lt;i&gt;" in body and "<i>" not in body and "a &amp; b.png" in body


def test_no_text_can_end_the_scripts(make, render):
    page = render(make())
    assert "<" not in re.search(r'id="page-data">(.*?)</script>', page, re.DOTALL)[1]
    assert "<b>" in data_of(page)["maps"]["CBOW"]["words"]


def test_names_stand_in_charts_as_they_are(make, render):
    page = render(make())
    assert figure_of(page, "confusion")["data"][0]["x"] == ["&lt;script&gt;", "hot &amp; dog"]
    assert figure_of(page, "analogies")["data"][0]["y"][0] == "capitals &amp; &lt;more&gt;"


def test_the_page_fetches_nothing(make, render):
    page = render(make())
    assert "default-src 'none'" in page
    markup = page[:page.index('<script type="application/json"')]
    sources = re.findall(r'(?:src|href|srcset|action)="([^"]*)"', markup)
    assert sources and all(address.startswith(("data:", "#")) for address in sources)
    assert "@import" not in markup and "url(" not in markup


def test_the_confusion_counts_rows_by_the_true_label(make, render):
    # True 0 1 0 1, answered 0 1 1 1.
    report = make()
    assert report.images.confusion == [[1, 1], [0, 2]]
    page = render(report)
    assert cells(page, "<script>") == ["1", "1"] and cells(page, "hot & dog") == ["0", "2"]
    assert figure_of(page, "confusion")["data"][0]["z"] == [[50, 50], [0, 100]]


def test_every_chart_has_its_numbers(make, render):
    report = make()
    page = render(report)
    charts = page_charts(report)
    assert list(data_of(page)["charts"]) == [chart.name for chart in charts]
    for chart in charts:
        place = page[page.index(f'id="chart-{chart.name}"'):]
        figure = place[:place.index("</figure>")]
        assert "<summary>Numbers</summary>" in figure and chart.rows
        assert figure.count("<tr>") == len(chart.rows) + 1
        assert all(len(row) == len(chart.columns) for row in chart.rows)


def test_mistakes_come_with_their_scores(make, render):
    report = make()
    assert [image.right for image in report.images.mistakes] == [False]
    assert [image.right for image in report.images.answered] == [True] * 3
    page = render(report)
    assert "1 test image answered wrongly" in page
    assert page.count('<figure class="wrong">') == 1 and "is &lt;script&gt;" in page


def test_without_mistakes_the_page_says_so(make, render):
    page = render(make(predicted=(0, 1, 0, 1)))
    assert "There are none among the 4 test images" in page
    assert '<figure class="wrong">' not in page


def test_without_mistakes_a_sentence_takes_the_place_of_perfect_lines(make, render):
    report = make(predicted=(0, 1, 0, 1))
    page = render(report)
    assert not {"confusion", "roc", "calibration", "coverage"} & set(data_of(page)["charts"])
    assert "Nothing was answered wrongly, with scores from 0.900" in page


def test_with_mistakes_their_charts_are_there(make, render):
    page = render(make())
    assert {"confusion", "roc", "calibration", "coverage"} <= set(data_of(page)["charts"])
    assert "Nothing was answered wrongly" not in page


def test_the_accuracy_stands_beside_what_it_hides(make, render):
    page = " ".join(render(make(predicted=(0, 1, 1, 1))).split())
    assert ("75.0 % are right (95 % interval 30.1 % to 95.4 %); always answering &lt;script&gt; "
            "would be right for 50.0 %; worst class &lt;script&gt; 50.0 % (1 of 2); fewer than 10 "
            "images to test on, so that chance decides: ") in page


def test_the_numbers_of_the_map_are_told_by_row_and_column(make):
    chart = next(each for each in page_charts(make()) if each.name == "occlusion")
    assert chart.columns == ("down \\ across", "25 %", "75 %")
    assert chart.rows == [("25 %", "0.500", "0.250"), ("75 %", "0.000", "-0.125")]


def test_without_right_answers_only_mistakes_are_shown(make, render):
    page = render(make(predicted=(1, 0)))
    assert page.count('<figure class="wrong">') == 2 and "Right answers" not in page


def test_three_classes_have_a_curve_each(make, render):
    page = render(make(LABELS, (0, 1, 2, 0, 1, 1)))
    curves = figure_of(page, "roc")["data"][1:]  # the first is the diagonal
    assert [curve["name"] for curve in curves] == ["&lt;script&gt;", "hot &amp; dog", "third"]
    assert cells(page, "third") == ["0", "1", "1"]


def test_a_class_without_a_curve_leaves_the_chart_out(make, render):
    report = make()
    images = replace(report.images, tables={**report.images.tables, "roc": []})
    page = render(replace(report, images=images))
    assert "roc" not in data_of(page)["charts"] and 'id="chart-roc"' not in page


def test_calibration_has_intervals_of_the_answered_scores(make, render):
    # Of four answers with the score 0.9 three are right: Wilson's interval is 0.301 to 0.954.
    page = render(make())
    line = figure_of(page, "calibration")["data"][1]
    assert line["y"] == [75]
    assert line["error_y"]["array"][0] == pytest.approx(95.4 - 75, abs=0.1)
    assert line["error_y"]["arrayminus"][0] == pytest.approx(75 - 30.1, abs=0.1)
    assert cells(page, "0.9 to 1.0") == ["4", "3", "75.0 %", "30.1 to 95.4 %"]


def test_the_map_holds_frequent_words_and_the_places_of_their_neighbours(make, render):
    table = data_of(render(make()))["maps"]["Skip-gram"]
    assert table["count"] == 5 and table["words"][:5] == WORDS[:5]
    assert len(table["coordinates"]) == len(table["words"]) == 7
    assert all(place not in row for place, row in enumerate(table["neighbours"]))
    assert all(len(row) == 6 for row in table["neighbours"])
    assert all(row == sorted(row, reverse=True) for row in table["cosines"])


def test_capitals_are_joined_by_lines(make, render):
    page = render(make())
    lines, countries, capitals = figure_of(page, "capitals-cbow")["data"]
    assert countries["meta"] == ["france", "england"] and capitals["meta"] == ["paris", "london"]
    assert lines["x"] == [countries["x"][0], capitals["x"][0], None,
                          countries["x"][1], capitals["x"][1], None]


def test_too_few_capitals_are_said_and_not_drawn(make, render):
    report = make()
    none = {"pairs": [], "explained": [0, 0], "left_out": []}
    page = render(replace(report, words=[replace(each, capitals=none) for each in report.words]))
    assert "capitals-cbow" not in data_of(page)["charts"]
    assert page.count("knows fewer than two of the pairs") == 2


def test_the_known_sets_of_pairs_have_their_titles(make, render):
    page = render(make(pairs={"wordsim353": (0.7, 0.61, 0.997), "simlex999": (0.3, 0.2, 1.0)}))
    assert cells(page, "WordSim-353") == [
        "0.700", "0.610", "0.700", "0.610", "997 of 1,000", "99.7 %"]
    assert figure_of(page, "pairs")["data"][0]["y"] == ["WordSim-353", "SimLex-999"]


def test_every_score_stands_with_its_bound_coverage_and_rule_for_unknown_words(make, render):
    page = " ".join(render(make()).split())
    assert "among the 7 most frequent words, by 3cosadd" in page
    assert "are left out (unknown words: skip)" in page
    assert "over all 7 words" in page and "count as of similarity 0 (unknown words: wrong)" in page
    assert cells(page, "MSR") == ["25.00 %", "25.00 %", "4,736", "50.0 %"]
    assert "msr: all" not in page


def test_ones_own_sets_stand_under_their_names_and_unknown_correlations_are_dashes(make, render):
    page = render(make(pairs={"my_pairs": (None, None, 0.0)}))
    assert cells(page, "my_pairs") == ["-", "-", "-", "-", "0 of 1,000", "0.0 %"]
    assert re.search(r"<b>-</b>\s+Skip-gram: my_pairs, Spearman", page)
    assert "Not computed: my pairs spearman (of &lt;too few&gt;); my pairs pearson" in " ".join(
        page.split())
    assert "WordSim" not in page


def test_no_sets_of_pairs_leave_the_page_whole(make, render, tmp_path):
    make()
    for model in ("skipgram", "cbow"):
        write_json(tmp_path / "results" / "metrics" / f"{model}.json", metrics({}))
    page = render(gather(tmp_path / "data", tmp_path / "models", tmp_path / "results",
                         tmp_path / "params.yaml"))
    assert "Spearman</div>" not in page and "Countries and capitals" in page
    assert "pairs" not in data_of(page)["charts"]


def test_a_section_without_known_questions_says_so(make, render):
    page = render(make())
    assert cells(page, "gram1-none") == ["none known", "none known", "0", "0.0 %"]
    assert cells(page, "capitals & <more>") == ["50.0 %", "50.0 %", "2", "100.0 %"]
    assert figure_of(page, "analogies")["data"][0]["x"] == [50, None]


def test_sections_of_one_name_keep_their_own_figures(make, render):
    report = make()
    twice = [{**SECTIONS[0], "accuracy": accuracy} for accuracy in (0.75, 0.25)]
    page = render(replace(report, words=[replace(each, sections=twice) for each in report.words]))
    bars = figure_of(page, "analogies")["data"][0]
    assert bars["x"] == [75, 25]
    assert bars["y"] == ["capitals &amp; &lt;more&gt;", "capitals &amp; &lt;more&gt; (2)"]


@pytest.mark.parametrize("chart", ["analogies", "pairs", "confusion", "costs-seconds"])
def test_names_that_look_like_numbers_are_names(make, render, chart):
    assert figure_of(render(make()), chart)["layout"]["yaxis"]["type"] == "category"


def test_the_slider_reaches_every_word(make, render):
    report = make()
    table = {**report.words[0].map, "count": 777}
    page = render(replace(report, words=[replace(each, map=table) for each in report.words]))
    slider = re.search(r'id="map-count" min="(\d+)" max="(\d+)" step="(\d+)"', page)
    least, most, step = map(int, slider.groups())
    assert most >= 777 and (most - least) % step == 0


def test_a_folder_of_ones_own_is_named_by_its_path(make, render):
    page = render(make(about={"name": "photos", "path": "/home/me/photos"}))
    assert '<p class="note">/home/me/photos</p>' in page


def test_the_words_shown_are_known_ones_and_each_once(make):
    words = make().words[0]
    assert [word for word, _ in words.neighbours] == ["king", "france", "dog"]
    assert [question for question, _ in words.analogies] == [("france", "paris", "england")]
    assert all(word not in [near for near, _ in nearest] for word, nearest in words.neighbours)


def test_every_row_of_the_closing_tables_is_there(make, render, tmp_path):
    page = render(make())
    assert cells(page, "tales") == ["tales", "none", "Grimm"]
    assert cells(page, "drawings") == ["drawn", "", ""]
    assert cells(page, "small") == ["", "MIT", "nobody"]
    assert cells(page, "profile") == ["embedded"]
    assert cells(page, "images.source") == ["by the profile"]
    assert cells(page, "evaluate.word_pairs") == ["['a', '<i>']"]
    assert set(read_parameters(tmp_path / "params.yaml")) == {"profile", "images", "evaluate"}
    assert cells(page, "test count") == ["4"] and cells(page, "test accuracy") == ["0.7500"]


def test_what_was_learnt_from_is_told_in_front(make, render):
    page = " ".join(render(make()).split())
    assert "98,765 words of 1,234 documents" in page and "a vocabulary of 7, 4 dimensions" in page
    assert "5 epochs" in page and 'href="#sources"' in page


def test_stages_have_their_costs_and_those_that_never_ran_here_a_dash(make, tmp_path, render):
    make()
    write_json(tmp_path / "results" / "costs" / "train_embeddings@cbow.json", {
        "stage": "train_embeddings@cbow", "seconds": 1.25, "cpu_seconds": 2.5,
        "peak_memory_mb": 300.0, "memory": "x", "finished": "2026-01-02T03:04:05+00:00"})
    page = render(gather(tmp_path / "data", tmp_path / "models", tmp_path / "results",
                         tmp_path / "params.yaml"))
    assert cells(page, "train_embeddings@cbow") == ["1.2", "2.5", "2026-01-02T03:04:05+00:00"]
    assert cells(page, "fetch_corpus") == ["-", "-", "not on this machine"]
    assert figure_of(page, "costs-peak")["data"][0]["x"] == [300.0]


def test_what_moved_is_told_with_sign_and_judgement(make, render):
    report = make()
    assert report.comparison.commit is None
    assert "There is no committed run to compare with" in render(report)
    unmoved = replace(report, comparison=Comparison(COMMIT, unmoved=5))
    assert "Nothing moved: all 5 figures" in " ".join(render(unmoved).split())
    scores = (("cbow", Moved("log_loss", 0.5, 0.75, False)),
              ("images", Moved("test_count", 1096, 96)))
    parameters = (Moved("train.dim", 100, 50), Moved("corpus.source", None, "mine.txt"))
    moved = Comparison(COMMIT, "", scores, parameters, 3)
    page = render(replace(report, comparison=moved))
    assert cells(page, "CBOW") == ["log loss", "+0.2500 worse", "0.5000", "0.7500"]
    assert cells(page, "images") == ["test count", "-1,000", "1,096", "96"]
    assert cells(page, "train.dim") == ["100", "50"]
    assert cells(page, "corpus.source") == ["not set", "mine.txt"]
    assert "2 figures moved, 3 did not" in " ".join(page.split())
    assert "Train &lt;vectors&gt;" in page


@pytest.mark.parametrize("name, title", [
    ("men_spearman", "MEN, spearman"), ("wordsim353_known", "WordSim-353, known"),
    ("log_loss", "log loss"), ("mendel_pearson", "mendel pearson")])
def test_scores_have_the_titles_of_their_sets(name, title):
    assert titled(name) == title


@pytest.mark.parametrize("value, text", [
    (None, "-"), (0.25, "0.2500"), (12345, "12,345"), ("3cosadd", "3cosadd"), (True, "True")])
def test_scores_are_shown_with_four_digits(value, text):
    assert plain_value(value) == text


def test_equal_results_give_equal_pages(make, render):
    report = make()
    assert render(report) == render(report)


def test_photos_on_their_side_are_shown_upright(make, tmp_path):
    make()
    # Orientation 3: upside down. The file's upper half is red, so the picture's lower half is.
    image = Image.new("RGB", (40, 40), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 3
    image.save(tmp_path / "data" / "images" / "0.png", exif=exif)
    report = gather(tmp_path / "data", tmp_path / "models", tmp_path / "results",
                    tmp_path / "params.yaml")
    shown = next(each for each in report.images.answered if each.label == "<script>")
    assert decoded(shown.uri).getpixel((80, 40))[2] > 200


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


@pytest.mark.parametrize("file, change", [
    ("images/predictions.json", lambda content: content[0].update(path="../../secret.png")),
    ("explanation/explanation.json", lambda content: content.update(file="/secret.png")),
    ("explanation/variants.json", lambda content: content["variants"][0].update(file="../x"))])
def test_only_pictures_below_their_folders_are_shown(make, tmp_path, file, change):
    make()
    content = json.loads((tmp_path / "results" / file).read_text())
    change(content)
    write_json(tmp_path / "results" / file, content)
    with pytest.raises(UserError, match=f"{Path(file).name} names .*make that file anew"):
        gather(tmp_path / "data", tmp_path / "models", tmp_path / "results",
               tmp_path / "params.yaml")


def test_no_name_turns_a_line_or_breaks_it(make, render):
    bad = "<b>\u202e\"'\nx"
    page = render(make(labels=[bad, "dog"], about={"name": bad, "about": bad}))
    assert "\u202e" not in page
    assert "&lt;b&gt;\\u202e&#34;&#39;\\nx" in page
    assert figure_of(page, "confusion")["data"][0]["x"][0] == "&lt;b&gt;\\u202e\"'\\nx"
