"""The page's curves as SVG, by matplotlib, readable on light and on dark ground."""

import io
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Mid-grey text and a transparent ground suit both colour schemes; colours after Okabe and Ito.
GREY, COLOURS = "#808080", ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "report", "font.family": "sans-serif",
    "font.size": 11, "text.color": GREY, "axes.edgecolor": GREY, "axes.labelcolor": GREY,
    "text.parse_math": False,  # a label may hold dollar signs
    "xtick.color": GREY, "ytick.color": GREY, "axes.spines.top": False,
    "axes.spines.right": False, "legend.frameon": False,
}

Series = tuple[str, Sequence[float], Sequence[float]]


def line_chart(series: Sequence[Series], x_label: str, y_label: str) -> str:
    """Named curves in one picture, as an <svg> element.

    Parameters
    ----------
    series : name, x and y of each curve; values that are None are left out.
    x_label, y_label : of the axes.
    """
    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = Figure(figsize=(5.2, 3.2), layout="constrained")
        axes: Axes = figure.subplots()
        for (name, x, y), colour in zip(series, cycle(COLOURS), strict=False):
            marker = "o" if len(x) < 15 else None
            axes.plot(x, y, label=name, color=colour, marker=marker, linewidth=2)
        if all(float(value).is_integer() for _, x, _ in series for value in x):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(color=GREY, alpha=0.25)
        if len(series) > 1:
            axes.legend()
        return _svg(figure, f"{y_label} by {x_label}")


def _svg(figure: Figure, description: str) -> str:
    """The figure as an <svg> element with a description for screen readers."""
    content = io.StringIO()
    figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    text = content.getvalue()
    label = f'<svg role="img" aria-label="{description}"'
    return text[text.index("<svg"):].replace("<svg", label, 1)
