"""Bars for the pictures of the benchmarks."""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from word2vec.evaluation.plots import COLOURS, FONT_SIZE, METADATA, SETTINGS
from words_and_images.common.files import replacing

PALETTE = (*COLOURS, "#8a929c", "#c9a227")


def draw_panels(
    path: Path, panels: int, fill: Callable[[list[Axes]], None], rows: int = 1
) -> None:
    """Write a picture of panels side by side, in rows, that a function fills.

    With one legend, of what the first panel of each row shows.
    """
    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = Figure(figsize=(4.3 * panels, 4.1 * rows + 0.3), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, panels, squeeze=False, gridspec_kw={"wspace": 0.08})
        fill(list(axes.ravel()))
        handles, names = [], []
        for first in axes[:, 0]:
            shown = first.get_legend_handles_labels()
            handles, names = handles + shown[0], names + shown[1]
        lines = -(-len(names) // (2 * panels))
        figure.legend(handles, names, loc="outside lower center", ncols=-(-len(names) // lines),
                      fontsize=FONT_SIZE + 1, frameon=False)
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata=METADATA[".png"])


def draw_bars(
    axes: Axes, groups: list[str], bars: dict[str, list[float]], labels: dict[str, list[str]],
    colours: dict[str, str],
) -> None:
    """Groups of bars, one a contender, with their values above them instead of a scale."""
    places, width = np.arange(len(groups)), 0.8 / len(bars)
    for number, (name, heights) in enumerate(bars.items()):
        shifted = places + (number - (len(bars) - 1) / 2) * width
        drawn = axes.bar(shifted, heights, 0.92 * width, color=colours[name], label=name)
        axes.bar_label(drawn, labels[name], padding=2, fontsize=FONT_SIZE, color="#333333")
    axes.set_xticks(places, groups, fontsize=FONT_SIZE + 1)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.margins(y=0.14)
