"""The map of words as a Plotly figure, plain data: the frequent words, and arrows of an analogy."""

import json
from html import escape
from typing import Any

import numpy as np

from words_and_images.common.errors import percent, printable
from words_and_images_page.words import PlacedWords

Point = tuple[float, float]

GREY, FIRST, SECOND = "#8a929b", "#0a84c6", "#d9620c"
DIGITS = 4  # of coordinates: a screen has fewer pixels
LEAST_VIEW = 0.4  # of the map's sides, that is seen around words which lie close together
SHARE_OF_LABELS = 70  # of so many background words one is written beside its point
CONFIG = {"displayModeBar": False, "scrollZoom": False, "displaylogo": False}


def analogy_figure(placed: PlacedWords) -> str:
    """The figure as JSON.

    Parameters
    ----------
    placed : the words a, b, c and the answer, in this order; without an answer, a, b and c.
    """
    points = [(round(x, DIGITS), round(y, DIGITS)) for x, y in placed.places.tolist()]
    pairs = [(points[0], points[1], FIRST), *((points[2], end, SECOND) for end in points[3:])]
    figure = {
        "data": [_background(placed), *_asked(placed.words, points)],
        "layout": _layout(placed, [_arrow(*pair) for pair in pairs]),
        "config": CONFIG,
    }
    return json.dumps(figure)


def _text(word: str) -> str:
    """A word as Plotly writes it, which knows < > and & by name, and quotes as they are."""
    return escape(printable(word), quote=False)


def _background(placed: PlacedWords) -> dict[str, Any]:
    """The frequent words, grey; one in so many with its name."""
    x, y = placed.background_places.round(DIGITS).T.tolist()
    shown = [_text(word) if place % SHARE_OF_LABELS == 0 and word not in placed.words else ""
             for place, word in enumerate(placed.background)]
    return {"type": "scatter", "mode": "markers+text", "x": x, "y": y, "text": shown,
            "hovertext": [_text(word) for word in placed.background], "hoverinfo": "text",
            "textposition": "top center",
            "textfont": {"size": 10, "color": GREY}, "showlegend": False,
            "marker": {"size": 4, "color": GREY, "opacity": 0.35}}


def _asked(words: list[str], points: list[Point]) -> list[dict[str, Any]]:
    """The question's words, the second pair in another colour, their names off the arrows."""
    pairs = [(0, 1, FIRST), (2, 3, SECOND)]
    traces = []
    for start, end, colour in pairs:
        places = [place for place in (start, end) if place < len(points)]
        down = len(places) == 2 and points[end][1] < points[start][1]
        positions = ["top center", "bottom center"] if down else ["bottom center", "top center"]
        traces.append({
            "type": "scatter", "mode": "markers+text", "x": [points[place][0] for place in places],
            "y": [points[place][1] for place in places], "hoverinfo": "text",
            "text": [f"<b>{_text(words[place])}</b>" for place in places],
            "textposition": positions[:len(places)], "textfont": {"size": 15, "color": colour},
            "showlegend": False, "marker": {"size": 9, "color": colour}})
    return traces


def _arrow(start: Point, end: Point, colour: str) -> dict[str, Any]:
    return {"x": end[0], "y": end[1], "ax": start[0], "ay": start[1], "xref": "x", "yref": "y",
            "axref": "x", "ayref": "y", "showarrow": True, "arrowhead": 2, "arrowsize": 1.2,
            "arrowwidth": 2.2, "arrowcolor": colour, "standoff": 5, "startstandoff": 5, "text": ""}


def _layout(placed: PlacedWords, arrows: list[dict[str, Any]]) -> dict[str, Any]:
    first, second = map(float, placed.explained)
    x_range, y_range = _view(placed)
    clear = "rgba(0,0,0,0)"
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "color": GREY,
            "fixedrange": True}
    return {"annotations": arrows, "height": 460, "margin": {"l": 30, "r": 10, "t": 10, "b": 34},
            "paper_bgcolor": clear, "plot_bgcolor": clear, "font": {"family": "sans-serif"},
            "hoverlabel": {"font": {"size": 13}}, "dragmode": False,
            "xaxis": {**axis, "range": x_range,
                      "title": {"text": f"component 1 ({percent(first)} of the variance)"}},
            "yaxis": {**axis, "range": y_range,
                      "title": {"text": f"component 2 ({percent(second)})"}}}


def _view(placed: PlacedWords) -> list[list[float]]:
    """From where to where the axes go: the question's words with some of the map around them."""
    everything = np.concatenate([placed.background_places, placed.places])
    sides = everything.max(axis=0) - everything.min(axis=0)
    middle = (placed.places.max(axis=0) + placed.places.min(axis=0)) / 2
    extent = placed.places.max(axis=0) - placed.places.min(axis=0)
    half = np.maximum(1.6 * extent, LEAST_VIEW * sides) / 2
    bounds = np.stack([middle - half, middle + half], axis=1)  # (2 axes, from and to)
    return bounds.round(DIGITS).tolist()
