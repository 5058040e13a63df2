"""The figures of `cores` as tables."""

from typing import Any

from rich.table import Table

from words_and_images.common.errors import counted, percent, percent_range
from words_and_images.common.tables import table_console

Figures = dict[str, Any]


def show(figures: Figures) -> None:
    """Print everything that was measured, and the model."""
    console = table_console()
    machine = figures["machine"]
    console.print(f"{machine['processor']}, {machine['cores']} cores; Python {machine['python']}, "
                  f"NumPy {machine['numpy']}, gensim {machine['gensim']}; {figures['corpus']}, "
                  f"documents in {'random' if figures['shuffle'] else 'their'} order",
                  highlight=False)
    console.print("Memory bandwidth, read and written: " + ", ".join(
        f"{rate / 1e9:.1f} GB/s by {counted(int(count), 'core')}"
        for count, rate in figures["bandwidth"].items()), highlight=False)
    for model, measured in figures["models"].items():
        for table in (speeds(figures, model), costs(figures, model), predictions(model, measured)):
            console.print(table)
        console.print(_explained(measured), highlight=False, soft_wrap=True)


def speeds(figures: Figures, model: str) -> Table:
    """Words a second by processes, beside gensim."""
    measured = figures["models"][model]
    table = _table(f"{model}, {counted(figures['words'], 'word')}, words a second; the text's "
                   f"default is {counted(measured['default_replicas'], 'replica')}",
                   "processes", "replicas", "here", "gensim", "here / gensim")
    for row in measured["speeds"]:
        table.add_row(str(row["processes"]), str(row["replicas"]), _cell(row["here"], ",.0f"),
                      _cell(row["gensim"], ",.0f"), _cell(row["ratio"], ".2f"))
    return table


def costs(figures: Figures, model: str) -> Table:
    """CPU time and accuracy by replicas."""
    table = _table(f"{model}, by the number of replicas: {counted(figures['epochs'], 'epoch')} by "
                   f"one process, median of {counted(figures['seeds'], 'seed')} "
                   "(lowest to highest)",
                   "replicas", "CPU s a million words", "of it merging", "merges",
                   "analogies", "semantic", "syntactic")
    for row in figures["models"][model]["replicas"]:
        worked = row["stepping"] + row["merging"]
        table.add_row(str(row["replicas"]), f"{row['cpu_seconds_a_million_words']:.3f}",
                      _cell(row["merging"] / worked if worked else None, ".1%"),
                      f"{row['rounds'] if row['replicas'] > 1 else 0:.0f}", *(
            _spread(row["accuracy"][kind])
            for kind in ("accuracy", "semantic", "syntactic")))
    return table


def predictions(model: str, measured: Figures) -> Table:
    """The model."""
    table = _table(f"{model}, as many processes as replicas, by the model", "processes",
                   "words a second", "times one", "steps", "merging", "waiting",
                   "GB/s of steps", "GB/s of merging")
    first = measured["model"][0]
    for row in measured["model"]:
        shares, bandwidth = row["shares"], row["bandwidth"]
        faster = (row["words_a_second"] / first["words_a_second"]
                  if row["words_a_second"] and first["words_a_second"] else None)
        table.add_row(str(row["processes"]), _cell(row["words_a_second"], ",.0f"),
                      _cell(faster, ".1f"), *(_cell(shares[name], ".0%")
                                              for name in ("steps", "merging", "waiting")),
                      *(_cell(bandwidth[name] and bandwidth[name] / 1e9, ".1f")
                        for name in ("steps", "merging")))
    return table


def _explained(measured: Figures) -> str:
    """The numbers that the model is made of."""
    every, row = measured["speeds"][-1], measured["model"][0]
    alone = measured["speeds"][0]
    return (f"A step takes {1e3 * alone['stepping'] / max(1, alone['steps']):.2f} ms in one "
            f"process; with all {every['processes']} cores at work {row['hindrance']:.2f} times "
            f"as long. A process waits {1e3 * row['wait']:.2f} ms a round for the others.")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form).replace("%", " %")


def _spread(row: Figures) -> str:
    if row["median"] is None:
        return "-"
    return f"{percent(row['median'])} ({percent_range([row['lowest'], row['highest']])})"
