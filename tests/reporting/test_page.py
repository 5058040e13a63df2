"""The report page from made results of every shape that stages can write."""

import base64
import io
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from PIL import Image

from common.files import write_json, write_text
from common.parameters import read_parameters
from reporting.charts import COLOURS, line_chart
from reporting.content import Report, gather
from reporting.page import write_page
from vision.evaluation import Evaluation
from word2vec.vocabulary import Vocabulary

WORDS = ["king", "france", "paris", "england", "london", "dog", "<b>"]
SECTIONS = [
    {"section": "capitals & <more>", "accuracy": 0.5, "correct": 1, "total": 2, "skipped": 0,
     "coverage": 1.0, "questions": "own"},
    {"section": "gram1-none", "accuracy": 0.0, "correct": 0, "total": 0, "skipped": 3,
     "coverage": 0.0, "questions": "own"},
    {"section": "msr: all", "accuracy": 0.25, "correct": 1, "total": 4, "skipped": 4,
     "coverage": 0.5, "questions": "msr"},
]
SVG = '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg id="{model}-capitals"><g/></svg>\n'
LABELS = ["<script>", "hot & dog", "third"]


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
    return scores


@pytest.fixture
def make(tmp_path):
    """A function that writes what all stages write and gathers it."""

    def write(labels=LABELS[:2], predicted=(0, 1, 1, 1), pairs=None, about=None) -> Report:
        for model in ("skipgram", "cbow"):
            write_words(tmp_path, model, pairs or {"wordsim353": (0.7, 0.6, 1.0)})
        write_images(tmp_path, labels, predicted, about or {"name": "drawings", "about": "drawn"})
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
    write_text(folder / "results" / "words" / model / "capitals.svg", SVG.format(model=model))
    write_json(folder / "results" / "training" / f"{model}.json", [{"epoch": 1, "loss": 2.5}])


def write_images(folder, labels, predicted, about):
    """As many test images as answers, in turns of each label."""
    targets = np.array([number % len(labels) for number in range(len(predicted))])
    probabilities = np.full((len(predicted), len(labels)), 0.1)
    probabilities[np.arange(len(predicted)), predicted] = 1.1 - 0.1 * len(labels)
    paths = [f"{number}.png" for number in range(len(predicted))]
    (folder / "data" / "images").mkdir(parents=True)
    for path in paths:
        Image.new("RGB", (30, 20), (200, 60, 40)).save(folder / "data" / "images" / path)
    evaluation = Evaluation(labels, paths, targets, probabilities)
    results = folder / "results"
    write_json(results / "metrics" / "images.json", evaluation.metrics())
    write_json(results / "images" / "predictions.json", evaluation.predictions())
    write_json(results / "images" / "roc.json", evaluation.roc_rows())
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


def cells(page: str, beginning: str) -> list[str]:
    """The texts of the cells of the table row whose first cell is `beginning`."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    texts = [[" ".join(unescape(re.sub(r"<[^>]*>", "", cell)).split())
              for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
             for row in rows]
    return next(row[1:] for row in texts if row and row[0] == beginning)


def test_labels_and_names_are_escaped(make, render):
    page = render(make())
    assert "<script" not in page and "hot & dog" not in page
    assert "<th>&lt;script&gt;</th>" in page and "hot &amp; dog" in page
    assert "capitals &amp; &lt;more&gt;" in page
    assert "&lt;i&gt;" in page and "<i>" not in page


def test_the_confusion_counts_rows_by_the_true_label(make, render):
    # True 0 1 0 1, answered 0 1 1 1.
    report = make()
    assert report.confusion == [[1, 1], [0, 2]]
    page = render(report)
    assert cells(page, "<script>") == ["1", "1"] and cells(page, "hot & dog") == ["0", "2"]


def test_mistakes_come_first(make, render):
    report = make()
    assert [image.right for image in report.strip] == [False, True, True, True]
    page = render(report)
    assert page.count('<figure class="wrong">') == 1 and page.count('<figure class="right">') == 3
    assert "is &lt;script&gt;" in page
    assert all(image.uri.startswith("data:image/jpeg;base64,") for image in report.strip)


def test_without_mistakes_only_right_answers_are_shown(make, render):
    page = render(make(predicted=(0, 1, 0, 1)))
    assert '<figure class="wrong">' not in page and page.count('<figure class="right">') == 4


def test_without_right_answers_only_mistakes_are_shown(make, render):
    page = render(make(predicted=(1, 0)))
    assert page.count('<figure class="wrong">') == 2 and '<figure class="right">' not in page


def test_three_classes_have_a_curve_each(make, render):
    report = make(LABELS, (0, 1, 2, 0, 1, 1))
    assert report.confusion == [[2, 0, 0], [0, 2, 0], [0, 1, 1]]
    assert list(dict.fromkeys(row["label"] for row in report.roc)) == LABELS
    page = render(report)
    assert cells(page, "third") == ["0", "1", "1"]
    receiver = page[page.index('aria-label="true positive rate by'):]
    assert all(label in unescape(receiver[:receiver.index("</svg>")]) for label in LABELS)


def test_a_class_without_a_curve_leaves_the_chart_out(make, render):
    report = replace(make(), roc=[])
    assert "receiver operating characteristic" in render(report)
    assert 'aria-label="true positive rate' not in render(report)


def test_pictures_stand_in_the_page_without_their_prologue(make, render):
    page = render(make())
    assert '<svg id="skipgram-capitals">' in page and '<svg id="cbow-capitals">' in page
    assert "<?xml" not in page and "DOCTYPE svg" not in page


def test_a_missing_picture_is_left_out(make, render, tmp_path):
    make()
    (tmp_path / "results" / "words" / "cbow" / "capitals.svg").unlink()
    page = render(gather(tmp_path / "data", tmp_path / "models", tmp_path / "results",
                         tmp_path / "params.yaml"))
    assert page.count('<figure class="picture">') == 1 and "skipgram-capitals" in page


def test_the_known_sets_of_pairs_have_their_titles(make, render):
    page = render(make(pairs={"wordsim353": (0.7, 0.61, 0.997), "simlex999": (0.3, 0.2, 1.0)}))
    assert cells(page, "WordSim-353") == [
        "0.700", "0.610", "0.700", "0.610", "997 of 1,000", "99.7 %"]
    assert cells(page, "SimLex-999") == [
        "0.300", "0.200", "0.300", "0.200", "1,000 of 1,000", "100.0 %"]


def test_every_score_stands_with_its_bound_coverage_and_rule_for_unknown_words(make, render):
    page = " ".join(render(make()).split())
    assert "among the 7 most frequent words, by 3cosadd" in page
    assert "are left out (unknown words: skip)" in page
    assert "over all 7 words" in page and "count as of similarity 0 (unknown words: wrong)" in page
    assert cells(page, "MSR") == ["25.0 %", "25.0 %", "4,736", "50.0 %", "7"]
    assert "msr: all" not in page


def test_ones_own_sets_stand_under_their_names_and_unknown_correlations_are_dashes(make, render):
    page = render(make(pairs={"my_pairs": (None, None, 0.0)}))
    assert cells(page, "my_pairs") == ["-", "-", "-", "-", "0 of 1,000", "0.0 %"]
    assert re.search(r"<b>-</b>\s+Skip-gram: my_pairs, Spearman", page)
    assert "WordSim" not in page


def test_no_sets_of_pairs_leave_the_page_whole(make, render, tmp_path):
    make()
    for model in ("skipgram", "cbow"):
        write_json(tmp_path / "results" / "metrics" / f"{model}.json", metrics({}))
    page = render(gather(tmp_path / "data", tmp_path / "models", tmp_path / "results",
                         tmp_path / "params.yaml"))
    assert "Spearman</div>" not in page and "Countries and capitals" in page


def test_a_section_without_known_questions_says_so(make, render):
    page = render(make())
    assert cells(page, "gram1-none") == ["none known", "none known", "0"]
    assert cells(page, "capitals & <more>") == ["50.0 %", "50.0 %", "2"]


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
    assert cells(page, "1") == ["2.5000", "2.5000"]


def test_a_chart_draws_more_curves_than_it_has_colours():
    names = [f"curve {number}" for number in range(len(COLOURS) + 2)]
    chart = line_chart([(name, [0, 1], [0, 1]) for name in names], "x", "y")
    assert all(name in chart for name in names)


def test_a_chart_takes_labels_as_they_stand():
    chart = line_chart([(r"$\frac$ & <b>", [0, 1], [0, 1]), ("b", [0, 1], [1, 0])], "x", "y")
    assert r"$\frac$ &amp; &lt;b&gt;" in chart and "<b>" not in chart


def test_equal_curves_are_equal_bytes():
    series = [("a", [0, 1, 2], [0.5, 0.25, 0.125])]
    assert line_chart(series, "epoch", "loss") == line_chart(series, "epoch", "loss")


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
    shown = next(each for each in report.strip if each.label == "<script>" and each.right)
    assert decoded(shown.uri).getpixel((80, 40))[2] > 200


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
