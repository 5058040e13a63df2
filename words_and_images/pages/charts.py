"""Charts of pages: a Plotly figure each, with its numbers as a table.

Colours of text, grid and ground are not here: the page sets them to suit light or dark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from words_and_images.common.errors import printable

# After Okabe and Ito, each of a lightness that stands out from white and from black.
COLOURS = ("#3b8fd0", "#e07b39", "#2a9d72", "#c46ba8", "#b59b00", "#8a7fd6")
GREY = "#8a929b"
HEIGHT = 320  # pixels
MARGIN = {"l": 56, "r": 16, "t": 16, "b": 48}
BAR = 26  # pixels of a bar with the space around it

Cells = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """A figure, what it shows in words, and its numbers.

    Parameters
    ----------
    name : of its place in the page, unique.
    title : what it shows, for the heading and for screen readers.
    figure : as Plotly's JSON has it: data and layout.
    columns, rows : the numbers, as text.
    zoom : whether it gets buttons to move about in it.
    """

    name: str
    title: str
    figure: dict[str, Any]
    columns: Sequence[str]
    rows: Cells
    zoom: bool = False

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.figure["layout"]["height"])


def text_of(name: str) -> str:
    """A name as Plotly writes it: without this, <b> in it would be bold."""
    return printable(name).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def new_figure(x_label: str, y_label: str, height: int = HEIGHT) -> go.Figure:
    """An empty one, with the titles of its axes and its height in pixels."""
    figure = go.Figure()
    figure.update_layout(
        template="none", height=height, margin=MARGIN, hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        xaxis={"title": {"text": x_label}, "zeroline": False},
        yaxis={"title": {"text": y_label}, "zeroline": False})
    return figure


def name_rows(figure: go.Figure) -> None:
    """Names from the top down, as names, even where they look like numbers or dates."""
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)


def figure_json(figure: go.Figure) -> dict[str, Any]:
    """Data and layout, without a template of Plotly's."""
    plain: dict[str, Any] = figure.to_plotly_json()
    plain["layout"].pop("template", None)
    return plain
