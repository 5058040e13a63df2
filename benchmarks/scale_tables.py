"""The figures of `scale` as tables."""

from typing import Any

from rich.table import Table

from words_and_images.common.errors import counted, percent
from words_and_images.common.tables import table_console

Figures = dict[str, Any]


def show(figures: Figures) -> None:
    """Print all tables of what was measured."""
    console = table_console()
    for table in (*_of_words(figures.get("words")), *_of_images(figures.get("images"))):
        console.print(table)


def _of_words(figures: Figures | None) -> list[Table]:
    if not figures:
        return []
    tables = []
    for model, rows in figures["models"].items():
        tables.append(_beside(
            f"{model}, {counted(figures['words'], 'word')}, "
            f"{counted(figures['epochs'], 'epoch')}: words a second", rows,
            ("bytes moved a word", "same vectors"), ",.0f", "moved_bytes_a_word", ".1f"))
    table = _table("word2vec train, one epoch, texts made up", "words", "different", "seconds",
                   "peak memory, MB")
    for row in figures["lengths"]:
        table.add_row(f"{row['words']:,}", f"{row['distinct']:,}", f"{row['seconds']:.1f}",
                      f"{row['peak_memory_mb']:.0f}")
    return [*tables, table]


def _of_images(figures: Figures | None) -> list[Table]:
    if not figures:
        return []
    engines = _beside(
        f"bottlenecks by {figures['backbone']}, {counted(figures['count'], 'photo')} of "
        f"{figures['photos']}: photos a second", figures["engines"],
        ("bytes moved a photo", "same bytes"), ",.1f", "moved_bytes_a_photo", ",.0f")
    rows = figures["counts"]
    table = _table("vision retrain, small images made up, the network a stand-in: seconds, and "
                   "largest memory so far in MB", "", *(f"{row['images']:,}" for row in rows))
    for number, step in enumerate(rows[0]["steps"]):
        table.add_row(step["step"], *(
            f"{row['steps'][number]['seconds']:.1f}  "
            f"{row['steps'][number]['memory_so_far_mb']:6,.0f}" for row in rows))
    table.add_section()
    table.add_row("all, with start and end", *(
        f"{row['seconds']:.1f}  {row['peak_memory_mb']:6,.0f}" for row in rows))
    return [engines, table]


def _beside(
    title: str, rows: list[Figures], columns: tuple[str, str], speed: str, moved: str, bytes_: str
) -> Table:
    """Both engines, a row for each number of processes."""
    table = _table(title, "processes", "local", "dask", "cost", *columns)
    for row in rows:
        apart = ", apart" if row.get("apart") else ""
        table.add_row(f"{row['workers']}{apart}", f"{row['local']:{speed}}",
                      f"{row['dask']:{speed}}", percent(row['cost'], 0), f"{row[moved]:{bytes_}}",
                      "yes" if row["same"] else "NO")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if not column and not number else "right")
    return table
