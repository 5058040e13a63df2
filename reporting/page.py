"""The report page: one HTML file that needs nothing else, neither network nor scripts."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from common.files import write_text
from reporting.charts import line_chart
from reporting.content import Report
from reporting.word_pairs import correlation, pair_sets, question_sets

TEMPLATE_FOLDER = Path(__file__).parent
MODEL_NAMES = {"skipgram": "Skip-gram", "cbow": "CBOW"}


def write_page(report: Report, path: Path) -> None:
    """Write the page, atomically."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = lambda share, places=1: f"{100 * share:.{places}f} %"
    environment.filters["correlation"] = correlation
    template = environment.get_template("page.html")
    write_text(path, template.render(
        report=report, model_names=MODEL_NAMES, sections=_sections(report),
        pair_sets=pair_sets(report.words[0].metrics),
        question_sets=question_sets(report.words[0].metrics),
        loss_chart=_loss_chart(report), head_charts=_head_charts(report),
        roc_chart=_roc_chart(report),
    ))


def _sections(report: Report) -> list[tuple[str, list[dict]]]:
    """Sections of the first set of analogies in the order of its questions, with models' rows."""
    rows = report.words[0].sections
    names = [row["section"] for row in rows if row["questions"] == rows[0]["questions"]]
    by_name = [{row["section"]: row for row in words.sections} for words in report.words]
    return [(name, [rows[name] for rows in by_name]) for name in names]


def _loss_chart(report: Report) -> str:
    """Loss by epoch; the two models' losses are of different predictions, so each has its own."""
    return "".join(
        line_chart([(MODEL_NAMES[words.model], *_columns(words.losses, "epoch", "loss"))],
                   "epoch", f"{MODEL_NAMES[words.model]} loss")
        for words in report.words
    )


def _head_charts(report: Report) -> str:
    charts = ""
    for quantity in ("loss", "accuracy"):
        series = [(kind, *_columns(report.curve, "step", f"{kind}_{quantity}"))
                  for kind in ("training", "validation")]
        charts += line_chart(series, "step", quantity)
    return charts


def _roc_chart(report: Report) -> str:
    labels = list(dict.fromkeys(row["label"] for row in report.roc))
    series = [
        (label, *_columns([row for row in report.roc if row["label"] == label],
                          "false_positive_rate", "true_positive_rate"))
        for label in labels
    ]
    return line_chart(series, "false positive rate", "true positive rate") if series else ""


def _columns(rows: list[dict], x: str, y: str) -> tuple[list[float], list[float]]:
    """Two columns of rows, without those where y is missing."""
    kept = [row for row in rows if row.get(y) is not None]
    return [row[x] for row in kept], [row[y] for row in kept]
