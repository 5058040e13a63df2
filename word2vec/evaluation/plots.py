"""The picture of word pairs: two principal components, a line from one word to the other.

Where vectors have learnt a relation, its lines run alike (Mikolov et al., Distributed
Representations of Words and Phrases, 2013, figure 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from word2vec.corpus.documents.text import read_whole
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError, percent, printable
from words_and_images.common.files import replacing
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.principal_components import principal_components

Pair = tuple[str, str]

COUNTRIES_AND_CAPITALS: tuple[Pair, ...] = (
    ("afghanistan", "kabul"), ("australia", "canberra"), ("austria", "vienna"),
    ("belgium", "brussels"), ("canada", "ottawa"), ("china", "beijing"), ("cuba", "havana"),
    ("egypt", "cairo"), ("england", "london"), ("finland", "helsinki"), ("france", "paris"),
    ("germany", "berlin"), ("greece", "athens"), ("hungary", "budapest"), ("iran", "tehran"),
    ("iraq", "baghdad"), ("ireland", "dublin"), ("italy", "rome"), ("japan", "tokyo"),
    ("kenya", "nairobi"), ("norway", "oslo"), ("pakistan", "islamabad"), ("poland", "warsaw"),
    ("portugal", "lisbon"), ("russia", "moscow"), ("spain", "madrid"), ("sweden", "stockholm"),
    ("syria", "damascus"), ("thailand", "bangkok"), ("turkey", "ankara"),
)
"""By their names in lower case, in the order of the alphabet."""
KINDS = ("country", "capital")
COLOURS = ("#1b4f8a", "#b8431a")
LINE_COLOUR = "#b9bec6"
# Words are no formulas, whatever dollars they hold.
SETTINGS = {"svg.hashsalt": "word pairs", "font.family": "DejaVu Sans", "text.parse_math": False}
# Without dates and versions, equal vectors give equal bytes.
METADATA: dict[str, dict[str, str | None]] = {
    ".svg": {"Date": None, "Creator": None}, ".png": {"Software": None}}
FONT_SIZE = 8
DIGITS = 4  # of coordinates in a file: what several machines agree on


@dataclass(frozen=True)
class PairsPicture:
    """What a picture of pairs shows.

    Parameters
    ----------
    pairs : the pairs drawn.
    left_out : the pairs with an unknown word.
    coordinates : (pairs, 2 words, 2 components).
    explained : share of the drawn vectors' variance along each component, (2,).
    """

    pairs: tuple[Pair, ...]
    left_out: tuple[Pair, ...]
    coordinates: FloatArray
    explained: FloatArray


def plot_pairs(
    vectors: WordVectors, pairs: Sequence[Pair], paths: Sequence[Path | str],
    kinds: Pair = KINDS,
) -> PairsPicture:
    """Draw word pairs and write the picture, the same bytes for the same vectors.

    Parameters
    ----------
    vectors : where the words are looked up as given, lower-cased, then capitalised.
    pairs : the words to draw; pairs with an unknown word are left out and named below the
        picture.
    paths : files to write, ending in .svg or .png.
    kinds : what the first and the second words are, for the legend.

    Returns
    -------
    PairsPicture
        With fewer than two known pairs nothing is drawn, and the picture says so.

    Raises
    ------
    UserError
        For a path that ends otherwise.
    """
    files = [Path(path) for path in paths]
    for path in files:
        if path.suffix not in METADATA:
            raise UserError(f"the picture {path} is neither .svg nor .png; let its name end so.")
    picture = locate_pairs(vectors, pairs)
    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = _draw(picture, kinds)
        for path in files:
            with replacing(path) as temporary:
                figure.savefig(temporary, metadata=METADATA[path.suffix])
    return picture


def locate_pairs(vectors: WordVectors, pairs: Sequence[Pair]) -> PairsPicture:
    """The coordinates of the known pairs along their first two principal components."""
    known = [pair for pair in pairs if all(vectors.find(word) for word in pair)]
    left_out = tuple(pair for pair in pairs if pair not in known)
    if len(known) < 2 or vectors.vector_size < 2:
        return PairsPicture((), left_out, np.zeros((0, 2, 2)), np.zeros(2))
    places = [vectors.index(vectors.spelling(word)) for pair in known for word in pair]
    units = vectors.unit_vectors(np.array(places, np.int64))
    components = principal_components(units, 2)
    coordinates = components.project(units).reshape(-1, 2, 2)
    return PairsPicture(tuple(known), left_out, coordinates,
                        components.explained_variance_ratio)


def pair_rows(picture: PairsPicture) -> dict[str, Any]:
    """What a picture shows as plain values, for JSON."""
    points = picture.coordinates.round(DIGITS).tolist()
    rows = [{"first": pair[0], "second": pair[1], "from": ends[0], "to": ends[1]}
            for pair, ends in zip(picture.pairs, points, strict=True)]
    return {"pairs": rows, "explained": picture.explained.round(DIGITS).tolist(),
            "left_out": [list(pair) for pair in picture.left_out]}


def read_plot_pairs(path: Path | str) -> list[Pair]:
    """Pairs of words of your own, two a line; UserError naming the line that is none."""
    lines = read_whole(Path(path), "a text file with two words a line").split("\n")
    pairs = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if len(words) not in (0, 2):
            raise UserError(f"{path}, line {number:,}: {line[:80]!r} is no pair; write two words.")
        if words:
            pairs.append((words[0], words[1]))
    return pairs


def _draw(picture: PairsPicture, kinds: Pair) -> Figure:
    figure = Figure(figsize=(10, 7.5), dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.07, 0.11, 0.9, 0.82))
    if picture.pairs:
        _draw_pairs(axes, picture, kinds)
    else:
        axes.text(0.5, 0.5, "fewer than two of the pairs are known: nothing to draw",
                  ha="center", transform=axes.transAxes)
    if picture.left_out:
        names = ", ".join(printable("-".join(pair)) for pair in picture.left_out[:8])
        more = len(picture.left_out) - 8
        figure.text(0.07, 0.02, f"left out, with an unknown word: {names}"
                    + (f" and {more} more" if more > 0 else ""), fontsize=7, color="#555555")
    return figure


def _draw_pairs(axes: Axes, picture: PairsPicture, kinds: Pair) -> None:
    first, second = picture.explained
    explained = f"{percent(first, 0)} + {percent(second, 0)}"
    axes.set_title(f"{len(picture.pairs)} pairs of {kinds[0]} and {kinds[1]}: the first two "
                   f"principal components explain {explained} of the variance", fontsize=10)
    axes.set_xlabel(f"component 1 ({percent(first)})", fontsize=FONT_SIZE)
    axes.set_ylabel(f"component 2 ({percent(second)})", fontsize=FONT_SIZE)
    axes.tick_params(labelsize=7, colors="#777777")
    axes.spines[["top", "right"]].set_visible(False)
    for ends in picture.coordinates:  # (2 words, 2 components)
        axes.plot(ends[:, 0], ends[:, 1], color=LINE_COLOUR, linewidth=0.9, zorder=1)
    for which, (kind, colour) in enumerate(zip(kinds, COLOURS, strict=True)):
        x, y = picture.coordinates[:, which].T
        axes.scatter(x, y, s=22, color=colour, label=kind, zorder=2)
    axes.margins(0.07)
    axes.legend(fontsize=FONT_SIZE, frameon=False, loc="best")
    _label(axes, picture)


def _label(axes: Axes, picture: PairsPicture) -> None:
    """Write each word beside its point, where it covers least of the rest."""
    axes.autoscale_view()
    ends = axes.transData.transform(picture.coordinates.reshape(-1, 2)).reshape(-1, 2, 2)
    points = ends.reshape(-1, 2)
    words = [printable(word) for pair in picture.pairs for word in pair]
    along = np.linspace(0, 1, 30)[:, np.newaxis, np.newaxis]
    lines = (ends[:, 0] * (1 - along) + ends[:, 1] * along).reshape(-1, 2)
    obstacles = [_boxes(points, 8.0, 8.0), _boxes(lines, 2.0, 2.0), _legend_box(axes)]
    for i, (word, point) in enumerate(zip(words, points, strict=True)):
        text = axes.text(0.5, 0.5, word, fontsize=FONT_SIZE, color=COLOURS[i % 2], ha="center",
                         va="center", transform=axes.transAxes, zorder=3)
        size = text.get_window_extent()
        candidates = _around(point, size.width, size.height)
        covered = _overlaps(_boxes(candidates, size.width, size.height), np.concatenate(obstacles))
        # A little farther costs a little: of equally free places the nearest is taken.
        cost = covered + 0.5 * np.linalg.norm(candidates - point, axis=1)
        best = candidates[[cost.argmin()]]
        x, y = axes.transAxes.inverted().transform(best[0])
        text.set_position((x, y))
        obstacles.append(_boxes(best, size.width, size.height))


def _around(point: FloatArray, width: float, height: float) -> FloatArray:
    """Centres for a label beside a point, in pixels: eight directions, four distances."""
    directions = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)])
    distances = np.array([3, 8, 14, 22])[:, np.newaxis, np.newaxis]
    shifts = directions * (np.array([width, height]) / 2 + distances)
    return point + shifts.reshape(-1, 2)


def _boxes(centres: FloatArray, width: float, height: float) -> FloatArray:
    """Left, bottom, right, top of boxes around centres, (boxes, 4)."""
    half = np.array([width, height]) / 2
    return np.hstack([centres - half, centres + half])


def _legend_box(axes: Axes) -> FloatArray:
    legend = axes.get_legend()
    return np.array([legend.get_window_extent().extents]) if legend else np.zeros((0, 4))


def _overlaps(boxes: FloatArray, obstacles: FloatArray) -> FloatArray:
    """Area of each box that obstacles cover, (boxes,)."""
    lower = np.maximum(boxes[:, np.newaxis, :2], obstacles[:, :2])
    upper = np.minimum(boxes[:, np.newaxis, 2:], obstacles[:, 2:])
    return np.clip(upper - lower, 0, None).prod(axis=-1).sum(axis=-1)
