"""The figures of `scale` as a picture: a row of panels for words, one for images."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benchmarks.bars import PALETTE, draw_panels

Figures = dict[str, Any]
STYLES = {"local": "o-", "dask": "s:"}
PANELS = 3  # a row


def draw(figures: Figures, path: Path) -> None:
    """Draw speeds by processes, and time and memory by size."""
    rows = [(fill, figures[part]) for part, fill in (("words", _words), ("images", _images))
            if part in figures]

    def fill_all(axes: list[Axes]) -> None:
        for number, (fill, own) in enumerate(rows):
            fill(axes[number * PANELS : (number + 1) * PANELS], own)
        for panel in axes:
            panel.set_ylim(bottom=0)
            panel.spines[["top", "right"]].set_visible(False)

    draw_panels(path, PANELS, fill_all, len(rows))


def _words(axes: list[Axes], figures: Figures) -> None:
    for (model, rows), colour in zip(figures["models"].items(), PALETTE, strict=False):
        together = [row for row in rows if not row.get("apart")]
        _speeds(axes[0], model, together, colour, 1e6)
    axes[0].set_title("million words a second", fontsize=10)
    lengths = [row["words"] / 1e6 for row in figures["lengths"]]
    _by_size(axes[1:], lengths, figures["lengths"], "million words", "word2vec train, one epoch")


def _images(axes: list[Axes], figures: Figures) -> None:
    _speeds(axes[0], figures["backbone"], figures["engines"], PALETTE[1], 1)
    axes[0].set_title("photos a second", fontsize=10)
    counts = [row["images"] / 1e3 for row in figures["counts"]]
    # The processes' own largest: looks from outside miss the moment of the export.
    rows = [{**row, "peak_memory_mb": row["steps"][-1]["memory_so_far_mb"]}
            for row in figures["counts"]]
    _by_size(axes[1:], counts, rows, "thousand images", "vision retrain, network a stand-in")


def _speeds(panel: Axes, name: str, rows: list[Figures], colour: str, unit: float) -> None:
    for engine, style in STYLES.items():
        panel.plot([row["workers"] for row in rows], [row[engine] / unit for row in rows], style,
                   color=colour, label=f"{name}, {engine}", markersize=5)
    panel.set_xlabel("processes")
    panel.set_xticks([row["workers"] for row in rows])


def _by_size(
    axes: list[Axes], sizes: list[float], rows: list[Figures], unit: str, what: str
) -> None:
    """Time and memory of all processes."""
    for panel, name, title in ((axes[0], "seconds", f"seconds of {what}"),
                               (axes[1], "peak_memory_mb", "peak memory, MB")):
        panel.plot(sizes, [row[name] for row in rows], "o-", color=PALETTE[0], markersize=5)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel(unit)
