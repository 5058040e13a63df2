"""What the pictures of all examples have in common."""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from words_and_images.common.files import replacing
from words_and_images.neural.arrays import FloatArray

BLUE, RED, GREEN, ORANGE, GREY = "#1b4f8a", "#b8431a", "#2f7d4f", "#c98a12", "#8a8f98"
LINES = (BLUE, RED, GREEN, ORANGE, GREY)
STYLES = ("-", "--", ":")  # so that a line shows through the one on top of it
SETTINGS: Any = {"font.family": "DejaVu Sans", "font.size": 8, "axes.spines.top": False,
            "axes.spines.right": False, "axes.titlesize": 9, "legend.frameon": False}
DOTS_AN_INCH = 110
GRID = 200  # points a side, at which a decision boundary is computed

Draw = Callable[[Axes], None]


def draw_panels(
    path: Path | str, panels: Sequence[Draw], columns: int, size: tuple[float, float] = (3.2, 2.6)
) -> None:
    """Draw panels row by row and write the picture as PNG: the same panels give the same bytes.

    Parameters
    ----------
    path : of the PNG.
    panels : each draws into the axes it is given.
    columns : panels in a row.
    size : of a panel, width and height in inches.
    """
    rows = -(-len(panels) // columns)
    with matplotlib.rc_context(SETTINGS), replacing(path) as temporary:
        figure = Figure((columns * size[0], rows * size[1]), layout="constrained")
        FigureCanvasAgg(figure)
        for number, panel in enumerate(panels, start=1):
            panel(figure.add_subplot(rows, columns, number))
        # Without the version of the library, which is no part of the picture
        figure.savefig(temporary, format="png", dpi=DOTS_AN_INCH, metadata={"Software": None})


def draw_boundary(
    axes: Axes,
    probability: Callable[[FloatArray], FloatArray],
    points: FloatArray,
    labels: NDArray[np.integer],
    title: str,
) -> None:
    """Two classes of points in the plane, and on the colours behind them what a model says.

    `probability` takes (places, 2) to the probability of class 1, (places,).
    """
    margin = 0.3
    (left, bottom), (right, top) = points.min(axis=0) - margin, points.max(axis=0) + margin
    x, y = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    said = probability(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    axes.contourf(x, y, said, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.45)
    axes.contour(x, y, said, levels=[0.5], colors="black", linewidths=0.8)
    for label, colour in ((0, BLUE), (1, RED)):
        chosen = points[labels == label]
        axes.scatter(chosen[:, 0], chosen[:, 1], s=6, color=colour, linewidths=0)
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_table(axes: Axes, values: FloatArray, title: str, across: str, up: str) -> None:
    """A matrix as colours, red above 0 and blue below, with the number in every cell."""
    most = float(np.abs(values).max()) or 1.0
    axes.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", alpha=0.6)
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, f"{value:.3f}" if value else "0", ha="center", va="center",
                  fontsize=5)
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_curves(
    axes: Axes, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], title: str,
    across: str, up: str, logarithmic: bool = False, whole: bool = True,
) -> None:
    """Lines by name, each x and y; x in whole numbers unless told else."""
    styles = zip(cycle(LINES), cycle(STYLES), strict=False)
    for (name, (x, y)), (colour, style) in zip(curves.items(), styles, strict=False):
        axes.plot(x, y, label=name, color=colour, linestyle=style, linewidth=1.2)
    if logarithmic:
        axes.set_yscale("log")
    axes.set_title(title)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=whole))
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend()
