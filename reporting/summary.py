"""The short table at the end of `make run`."""

import sys
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from reporting.word_pairs import correlation, pair_sets, question_sets, unknown_words
from words_and_images.common.commandline import AsJson, print_json, run_application
from words_and_images.common.errors import UserError, percent, percent_range
from words_and_images.common.files import read_json
from words_and_images.common.tables import shown, table_console
from words_and_images.neural.metrics import NOT_COMPUTED

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
RESULTS = Path("results")
MODELS = ("cbow", "skipgram")
COLLECTIONS = ("newsgroups", "reuters")


def word_table(metrics: dict[str, dict[str, Any]]) -> Table:
    """Scores of the vectors, a column a model."""
    table = Table("word vectors", *metrics, header_style="bold cyan")
    first = next(iter(metrics.values()))
    bound, questions = first["vocabulary_bound"], first["analogies_total"]
    rows = {
        f"analogies right, of {questions:,.0f} within {bound:,.0f} words": "analogies_accuracy",
        "  semantic": "analogies_semantic",
        "  syntactic": "analogies_syntactic",
        "  questions covered": "analogies_coverage",
    }
    for label, name in rows.items():
        table.add_row(label, *(percent(values.get(name), 2) for values in metrics.values()))
    for name, title in question_sets(first).items():
        questions, bound = first[f"{name}_total"], first[f"{name}_bound"]
        shares = (percent(values.get(f'{name}_accuracy'), 2) for values in metrics.values())
        table.add_row(_cell(f"{title} right, of {questions:,} within {bound:,} words"), *shares)
    for name, title in pair_sets(first).items():
        pairs = f"{first[f'{name}_known']:,} of {first[f'{name}_asked']:,} pairs"
        scores = (correlation(values.get(f"{name}_spearman")) for values in metrics.values())
        table.add_row(_cell(f"{title}, Spearman over {pairs}"), *scores)
    table.add_row("unknown words", *(unknown_words(values) for values in metrics.values()))
    return table


def image_table(metrics: dict[str, Any], record: dict) -> Table:
    """Scores of the classifier on its test images."""
    table = Table("classifier", _cell(str(record["source"]["name"])), header_style="bold cyan")
    interval = percent_range([metrics["test_interval_low"], metrics["test_interval_high"]])
    table.add_row(f"accuracy on {metrics['test_count']:,.0f} test images",
                  f"{percent(metrics['test_accuracy'], 2)} (95 % interval {interval})")
    for name, value in metrics.items():
        if name.startswith(("precision_", "recall_")):
            table.add_row(_cell(name.replace("_", " of ", 1)), percent(value, 2))
    for name, reason in metrics.get(NOT_COMPUTED, {}).items():
        if name.startswith(("precision_", "recall_")):
            table.add_row(_cell(name.replace("_", " of ", 1)), _cell(f"- ({reason})"))
    return table


def text_table(summaries: dict[str, dict[str, Any]]) -> Table:
    """Scores of the classifiers of texts on their test documents."""
    table = Table("texts", "model", "accuracy", header_style="bold cyan")
    for collection, summary in summaries.items():
        table.add_row(f"{collection}, {summary['count']:,} test documents",
                      summary["chosen"]["kind"],
                      f"{percent(summary['accuracy'], 2)} (95 % interval "
                      f"{percent_range(summary['interval'])})")
    return table


def _cell(text: str) -> str:
    """A text that may hold anything, for a table."""
    return escape(shown(text, sys.stdout))


@application.command()
def main(as_json: AsJson = False) -> None:
    """Print the scores that the last run of the pipeline wrote."""
    try:
        words = {model: read_json(RESULTS / "metrics" / f"{model}.json") for model in MODELS}
        images = read_json(RESULTS / "metrics" / "images.json")
        record = read_json(Path("data") / "images.json")
        texts = {collection: read_json(RESULTS / "texts" / collection / "summary.json")
                 for collection in COLLECTIONS}
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing; run `dvc repro` first.") from None
    page = str(RESULTS / "report.html")
    if as_json:
        print_json({"words": words, "images": {**record, "scores": images}, "texts": texts,
                    "report": page})
        return
    console = table_console()
    console.print(word_table(words), image_table(images, record), text_table(texts),
                  f"report page: {page}", sep="\n")


if __name__ == "__main__":
    run_application(application)
