"""The figures of `words` as tables."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from benchmarks import encoding, queries
from benchmarks.trainers import PROGRAMS
from words_and_images.common.errors import counted
from words_and_images.common.tables import table_console


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    label : what it shows.
    keys : where each trainer's figures have it.
    form : of the numbers.
    compared : whether here / other means something.
    """

    label: str
    keys: tuple[str, ...]
    form: str = ",.0f"
    compared: bool = False


SPEED = (
    Row("words a second", ("words_a_second",), compared=True),
    Row("words a CPU second", ("words_a_cpu_second",), compared=True),
    Row("words a second, {epochs}", ("final", "words_a_second"), compared=True),
    Row("words a second, 1 thread", ("one_thread", "words_a_second")),
    Row("peak memory, MB", ("peak_memory_mb",), compared=True),
    Row("  of encoding", ("encoding_mb",)),
    Row("  of training", ("training_mb",)),
)
SCORES = (
    Row("analogies", ("scores", "analogies_accuracy"), ".1%"),
    Row("  semantic", ("scores", "analogies_semantic"), ".1%"),
    Row("  syntactic", ("scores", "analogies_syntactic"), ".1%"),
    Row("MSR's analogies", ("scores", "msr_accuracy"), ".1%"),
    *(Row(label, ("scores", f"{name}_spearman"), ".3f") for name, label in (
        ("wordsim353", "WordSim-353, Spearman"), ("simlex999", "SimLex-999"), ("men", "MEN"),
        ("rarewords", "rare words"), ("rg65", "RG-65"), ("mturk771", "MTurk-771"))),
    Row("  pairs of rare words", ("scores", "rarewords_known")),
    Row("  composed words of them", ("scores", "rarewords_composed")),
)


def show(figures: dict[str, Any]) -> None:
    """Print everything that was measured."""
    console = table_console()
    machine = figures["machine"]
    console.print(f"{machine['processor']}, {machine['cores']} cores; Python {machine['python']}, "
                  f"NumPy {machine['numpy']}, gensim {machine['gensim']}", highlight=False)
    for model, measured in figures["models"].items():
        console.print(speed_table(figures, model))
        for line in notes(figures, measured["trainers"]):
            console.print(line, highlight=False, soft_wrap=True)
        if figures["epochs"]:
            console.print(section_table(model, measured["trainers"]))
    if "vocabulary" in figures:
        encoding.show({"work": "encoding", "words": figures["words"],
                       "trainers": figures["vocabulary"]})
    if "queries" in figures:
        queries.show(figures["queries"])


def speed_table(figures: dict[str, Any], model: str) -> Table:
    """Speed, memory and scores of each trainer, and the ratios."""
    trainers = figures["models"][model]["trainers"]
    others = [name for name in trainers if name != "here"] if "here" in trainers else []
    title = (f"{model}, {counted(figures['words'], 'word')}, "
             f"{counted(figures['threads'], 'thread')}")
    table = _table(title, *trainers, *(f"here /\n{name}" for name in others))
    for row in (*SPEED, *SCORES):
        values = {name: _value(figures, row.keys) for name, figures in trainers.items()}
        if any(value is not None for value in values.values()):
            compared = [_ratio(values["here"], values[name]) for name in others if row.compared]
            table.add_row(row.label.format(epochs=counted(figures["epochs"], "epoch")),
                          *(_cell(value, row.form) for value in values.values()), *compared)
    return table


def section_table(model: str, trainers: dict[str, dict[str, Any]]) -> Table:
    """Each trainer's share of right answers, section by section."""
    table = _table(f"{model}, the analogies by section", *trainers)
    for sections in zip(*(figures["sections"] for figures in trainers.values()), strict=True):
        table.add_row(sections[0]["section"], *(
            _cell(section["accuracy"] if section["total"] else None, ".1%")
            for section in sections))
    return table


def notes(figures: dict[str, Any], trainers: dict[str, dict[str, Any]]) -> list[str]:
    """What a table means, below it."""
    lines = [f"Speed: training alone, median of {counted(figures['rounds'], 'round')} of one "
             f"epoch. Memory: {figures['memory']}."]
    if programs := [name for name in trainers if name in PROGRAMS]:
        lines.append(f"Training by {' and '.join(programs)}: a run less one that does all but the "
                     "training.")
    if scores := next(iter(trainers.values())).get("scores"):
        lines.append(f"Analogies: {scores['method']} over the {scores['vocabulary_bound']:,} most "
                     f"frequent words, after {counted(figures['epochs'], 'epoch')}.")
    if alone := trainers.get("here", {}).get("one_thread"):
        verdict = "the same vectors" if alone["same_vectors"] else "DIFFERENT vectors"
        lines.append(f"Here, {figures['threads']} threads have {alone['speed_up']:.2f} times the "
                     f"speed of one, and {verdict}: sha256 {' '.join(alone['sha256'])}")
    return lines


def _table(title: str, *columns: str) -> Table:
    table = Table("", title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _value(figures: dict[str, Any], keys: tuple[str, ...]) -> float | None:
    """A figure, where a trainer has it."""
    value: Any = figures
    for key in keys:
        value = value.get(key) if value else None
    return value


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form).replace("%", " %")


def _ratio(here: float | None, other: float | None) -> str:
    return f"{here / other:.2f}" if here and other else "-"
