"""The report page."""

from collections import Counter
from pathlib import Path
from typing import Any

from reporting.charts import (
    Curve,
    analogy_chart,
    calibration_chart,
    capitals_chart,
    confusion_chart,
    correlation,
    cost_charts,
    curves_of,
    line_chart,
    occlusion_chart,
    pair_chart,
)
from reporting.comparison import Moved
from reporting.content import ImageSection, Report
from reporting.word_pairs import TITLES, pair_sets, question_sets
from words_and_images.common.errors import printable
from words_and_images.pages.charts import Chart
from words_and_images.pages.page import write_from_template
from words_and_images.tuning import page as tuning
from words_and_images.tuning.charts import course_chart, of_state
from words_and_images.tuning.study import WHOLE

TEMPLATES = Path(__file__).parent / "templates"
MODEL_NAMES = {"skipgram": "Skip-gram", "cbow": "CBOW"}


def write_page(report: Report, path: Path) -> None:
    """Write the page, atomically."""
    write_from_template(
        path, "report.html", [TEMPLATES, tuning.TEMPLATES], page_charts(report),
        filters={"percent": lambda share, places=1: f"{100 * share:.{places}f} %",
                 "correlation": correlation, "plain": plain_value, "signed": signed,
                 "titled": titled, "verdict": tuning.verdict_of,
                 "confirmed": tuning.confirmed_table},
        drawn={"maps": {MODEL_NAMES[words.model]:
                        {**words.map, "words": [*map(printable, words.map["words"])]}
                        for words in report.words}},
        report=report, model_names=MODEL_NAMES, pair_sets=pair_sets(report.words[0].metrics),
        question_sets=question_sets(report.words[0].metrics))


def page_charts(report: Report) -> list[Chart]:
    """All charts, each of another name."""
    searches = [course_chart(f"search-{place}", study)
                for place, (_, study) in enumerate(report.studies, start=1)
                if of_state(study, WHOLE)]
    return [*searches, *_word_charts(report), *_image_charts(report.images),
            *cost_charts(report.costs)]


def plain_value(value: Any) -> str:
    """A score as text: whole numbers in full, shares with four digits, nothing as a dash."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def titled(name: str) -> str:
    """The name of a score in words, with the title of the set that it is of."""
    known = next((key for key in TITLES if name.startswith(f"{key}_")), "")
    rest = name.removeprefix(known).replace("_", " ").strip()
    return f"{TITLES[known]}, {rest}" if known else rest


def signed(moved: Moved) -> str:
    """How much a score has moved, with its sign; a count as a whole number."""
    if moved.change is None:
        return ""
    return f"{moved.change:+.4f}" if isinstance(moved.now, float) else f"{moved.change:+,.0f}"


def _word_charts(report: Report) -> list[Chart]:
    names = [MODEL_NAMES[words.model] for words in report.words]
    charts = [analogy_chart(_sections(report), names)]
    pairs = _pair_rows(report)
    if pairs:
        charts.append(pair_chart(pairs, names))
    for words, name in zip(report.words, names, strict=True):
        if words.capitals["pairs"]:
            charts.append(capitals_chart(words.model, f"{name}: countries and their capitals",
                                         words.capitals))
        # The two models' losses are of different predictions, so each has a chart of its own.
        curve = Curve(name, *_columns(words.losses, "epoch", "loss"))
        charts.append(line_chart(f"loss-{words.model}", f"{name}: loss by epoch", [curve],
                                 "epoch", "loss"))
    return charts


def _image_charts(images: ImageSection) -> list[Chart]:
    # Where nothing is wrong, they are perfect lines: the page has a sentence for them.
    charts = _test_charts(images) if images.wrong else []
    for quantity in ("loss", "accuracy"):
        curves = [Curve(kind, *_columns(images.curve, "step", f"{kind}_{quantity}"))
                  for kind in ("training", "validation")]
        charts.append(line_chart(f"head-{quantity}", f"Training of the head: {quantity}", curves,
                                 "step", quantity, shares=quantity == "accuracy"))
    return [*charts, occlusion_chart(images.explanation, images.explained.uri)]


def _test_charts(images: ImageSection) -> list[Chart]:
    charts = [confusion_chart(images.confusion, images.labels),
              calibration_chart(images.tables["calibration"],
                                images.tables["summary"]["score_ranges"])]
    if images.tables["roc"]:
        curves = curves_of(images.tables["roc"], "label", "false_positive_rate",
                           "true_positive_rate")
        charts.append(line_chart("roc", _roc_title(images), curves, "false positive rate",
                                 "true positive rate", diagonal=True, shares=True))
    covered = Curve("answered", *_columns(images.tables["coverage"], "coverage", "accuracy"))
    charts.append(line_chart("coverage", "Accuracy on the images that are answered", [covered],
                             "share answered", "share that is right", shares=True))
    return charts


def _roc_title(images: ImageSection) -> str:
    title = "Receiver operating characteristic"
    area = images.metrics.get("auc")
    return title if area is None else f"{title}, area {area:.4f}"


def _sections(report: Report) -> list[tuple[str, list[dict[str, Any]]]]:
    """Sections of the first set of analogies in the order of its questions, with models' rows.

    Sections of one name are numbered.
    """
    first = report.words[0].sections[0]["questions"]
    models = [[row for row in words.sections if row["questions"] == first]
              for words in report.words]
    seen: Counter[str] = Counter()
    sections = []
    for rows in zip(*models, strict=True):
        name = rows[0]["section"]
        seen[name] += 1
        sections.append((f"{name} ({seen[name]})" if seen[name] > 1 else name, list(rows)))
    return sections


def _pair_rows(report: Report) -> list[dict[str, Any]]:
    """One row a set of word pairs, as `pair_chart` takes them."""
    first = report.words[0].metrics
    return [
        {"title": title, "known": first[f"{name}_known"], "asked": first[f"{name}_asked"],
         "coverage": first[f"{name}_coverage"],
         **{kind: [words.metrics[f"{name}_{kind}"] for words in report.words]
            for kind in ("spearman", "pearson")}}
        for name, title in pair_sets(first).items()
    ]


def _columns(rows: list[dict], x: str, y: str) -> tuple[list[float], list[float | None]]:
    """Two columns of rows, without those where y is missing."""
    kept = [row for row in rows if row.get(y) is not None]
    return [row[x] for row in kept], [row[y] for row in kept]
