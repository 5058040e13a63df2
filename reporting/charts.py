"""The report's charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from words_and_images.pages.charts import (
    BAR,
    COLOURS,
    GREY,
    HEIGHT,
    Chart,
    figure_json,
    name_rows,
    new_figure,
    text_of,
)

POINTS = 15  # of a curve: up to so many are marked


@dataclass(frozen=True)
class Curve:
    """A line of a chart; where `y` is None there is no point."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]


def line_chart(
    name: str, title: str, curves: Sequence[Curve], x_label: str, y_label: str,
    diagonal: bool = False, shares: bool = False,
) -> Chart:
    """Curves over one axis.

    `diagonal` draws y = x as well, to compare with; `shares` are values of y up to 1.
    """
    figure = new_figure(x_label, y_label)
    if diagonal:
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
                           line={"color": GREY, "dash": "dot", "width": 1})
    for curve, colour in zip(curves, cycle(COLOURS), strict=False):
        mode = "lines+markers" if len(curve.x) <= POINTS else "lines"
        figure.add_scatter(x=curve.x, y=curve.y, name=text_of(curve.name), mode=mode,
                           line={"color": colour, "width": 2})
    figure.update_layout(showlegend=len(curves) > 1)
    if shares:
        lowest = min((y for curve in curves for y in curve.y if y is not None), default=0)
        figure.update_yaxes(range=[max(0, lowest - 0.1), 1.03])
    rows = [(*((curve.name,) if len(curves) > 1 else ()), f"{x:.6g}", f"{y:.4f}")
            for curve in curves for x, y in zip(curve.x, curve.y, strict=True) if y is not None]
    columns = (*(("curve",) if len(curves) > 1 else ()), x_label, y_label)
    return Chart(name, title, figure_json(figure), columns, rows)


def analogy_chart(sections: Sequence[tuple[str, Sequence[dict[str, Any]]]], models: Sequence[str]
                  ) -> Chart:
    """Accuracy by section, a bar a model, with a mark at the share of questions covered.

    `sections` has a name and a row of each model.
    """
    names = [text_of(name) for name, _ in sections]
    figure = new_figure("share of the questions", "", HEIGHT // 4 + 2 * BAR * len(names))
    for place, (model, colour) in enumerate(zip(models, COLOURS, strict=False)):
        rows = [each[place] for _, each in sections]
        figure.add_bar(
            y=names, x=[row["accuracy"] if row["total"] else None for row in rows], name=model,
            orientation="h", marker={"color": colour},
            customdata=[(row["correct"], row["total"]) for row in rows],
            hovertemplate="%{y}<br>%{x:.1%} right, %{customdata[0]:,} of %{customdata[1]:,}")
    covered = [each[0]["coverage"] for _, each in sections]
    figure.add_scatter(y=names, x=covered, name="covered", mode="markers",
                       marker={"symbol": "line-ns-open", "size": 14, "color": GREY},
                       hovertemplate="%{y}<br>%{x:.1%} covered")
    figure.update_layout(barmode="group", bargap=0.3, legend_traceorder="normal")
    figure.update_xaxes(tickformat=".0%", range=[0, 1.02])
    name_rows(figure)
    cells = [(name, *(_share(row) for row in each), f"{each[0]['total']:,}",
              f"{each[0]['coverage']:.1%}") for name, each in sections]
    return Chart("analogies", "Analogies by section", figure_json(figure),
                 ("section", *models, "questions", "covered"), cells)


def pair_chart(rows: Sequence[dict[str, Any]], models: Sequence[str]) -> Chart:
    """Spearman's correlation on each set of word pairs, a bar a model.

    A row holds `title`, `known`, `asked`, `coverage` and, model by model, `spearman` and `pearson`.
    """
    titles = [text_of(row["title"]) for row in rows]
    figure = new_figure("Spearman's correlation", "", HEIGHT // 4 + 2 * BAR * len(titles))
    for place, (model, colour) in enumerate(zip(models, COLOURS, strict=False)):
        figure.add_bar(y=titles, x=[row["spearman"][place] for row in rows], name=model,
                       orientation="h", marker={"color": colour},
                       hovertemplate="%{y}<br>%{x:.3f}")
    figure.update_layout(barmode="group", bargap=0.3, legend_traceorder="normal")
    name_rows(figure)
    columns = ["set"] + [f"{model}, {kind}" for model in models for kind in ("Spearman", "Pearson")]
    cells = [(row["title"], *(correlation(value) for place in range(len(models))
                              for value in (row["spearman"][place], row["pearson"][place])),
              f"{row['known']:,} of {row['asked']:,}", f"{row['coverage']:.1%}") for row in rows]
    return Chart("pairs", "Word pairs judged by people", figure_json(figure),
                 (*columns, "pairs", "covered"), cells)


def capitals_chart(model: str, title: str, table: dict[str, Any]) -> Chart:
    """Pairs of words with a line from one to the other, along two principal components.

    `table` is what `word2vec.evaluation.plots.pair_rows` gives.
    """
    pairs = table["pairs"]
    x_label, y_label = (f"component {number} ({share:.1%} of the variance)"
                        for number, share in enumerate(table["explained"], start=1))
    figure = new_figure(x_label, y_label, 2 * HEIGHT)
    lines: list[list[float | None]] = [
        [value for pair in pairs for value in (pair["from"][axis], pair["to"][axis], None)]
        for axis in (0, 1)]
    figure.add_scatter(x=lines[0], y=lines[1], mode="lines", hoverinfo="skip", showlegend=False,
                       line={"color": GREY, "width": 1})
    for kind, word, end, colour in (("country", "first", "from", COLOURS[0]),
                                    ("capital", "second", "to", COLOURS[1])):
        names = [text_of(pair[word]) for pair in pairs]
        figure.add_scatter(
            x=[pair[end][0] for pair in pairs], y=[pair[end][1] for pair in pairs], name=kind,
            # The page keeps those labels that have room.
            meta=names, text=names, hovertext=names, mode="markers+text", textfont={"size": 11},
            marker={"color": colour, "size": 8},
            hovertemplate="%{hovertext}<br>%{x:.3f}, %{y:.3f}<extra></extra>")
    cells = [(pair["first"], *_points(pair["from"]), pair["second"], *_points(pair["to"]))
             for pair in pairs]
    return Chart(f"capitals-{model}", title, figure_json(figure),
                 ("country", "component 1", "component 2", "capital", "component 1", "component 2"),
                 cells, zoom=True)


def confusion_chart(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> Chart:
    """How often each true label was answered by which, coloured by the share of the true one."""
    shares = [[count / (sum(row) or 1) for count in row] for row in counts]
    figure = new_figure("answered", "true", max(HEIGHT, 40 * len(labels) + 120))
    names = [text_of(label) for label in labels]
    figure.add_heatmap(
        z=shares, x=names, y=names, text=counts, texttemplate="%{text:,}",
        colorscale=[[0, "rgba(59,143,208,0.06)"], [1, COLOURS[0]]], zmin=0, zmax=1,
        showscale=False, xgap=2, ygap=2,
        hovertemplate="true %{y}, answered %{x}<br>%{text:,} images, %{z:.1%} of the true ones")
    name_rows(figure)
    figure.update_xaxes(type="category", automargin=True, showgrid=False)
    figure.update_yaxes(showgrid=False)
    cells = [(label, *(f"{count:,}" for count in row))
             for label, row in zip(labels, counts, strict=True)]
    return Chart("confusion", "Confusion of the test images", figure_json(figure),
                 ("true \\ answered", *labels), cells)


def calibration_chart(rows: Sequence[dict[str, Any]], ranges: Sequence[dict[str, Any]]) -> Chart:
    """Share of right answers beside their mean score, with 95 % intervals.

    `rows` are those of `Evaluation.calibration_rows`, `ranges` those of `score_ranges`, which
    stand for the first of them: the scores as answered.
    """
    figure = new_figure("mean score", "share that is right")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
                       line={"color": GREY, "dash": "dot", "width": 1})
    kinds = list(dict.fromkeys(row["scores"] for row in rows))
    for kind, colour in zip(kinds, COLOURS, strict=False):
        shown = [row for row in rows if row["scores"] == kind]
        figure.add_scatter(
            x=[row["confidence"] for row in shown], y=[row["accuracy"] for row in shown], name=kind,
            mode="lines+markers", line={"color": colour}, error_y=_bars(shown, ranges, colour)
            if kind == kinds[0] else None, customdata=[row["count"] for row in shown],
            marker={"size": 9},
            hovertemplate="mean score %{x:.3f}<br>%{y:.1%} right of %{customdata:,} images")
    figure.update_layout(showlegend=len(kinds) > 1)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05])
    cells = [(f"{each['low']:.1f} to {each['high']:.1f}", f"{each['count']:,}",
              f"{each['right']:,}", f"{each['right'] / each['count']:.1%}",
              f"{each['interval'][0]:.1%} to {each['interval'][1]:.1%}") for each in ranges]
    return Chart("calibration", "Calibration: how often a score is right", figure_json(figure),
                 ("score", "images", "right", "share", "95 % interval"), cells)


def occlusion_chart(explanation: dict[str, Any], picture: str) -> Chart:
    """The map of what an answer loses where its image is covered, over the image.

    Parameters
    ----------
    explanation : as `vision.classifier.demonstration` writes it.
    picture : the image as a data URI.
    """
    drops = explanation["drops"]
    cells = len(drops)
    aspect = explanation["height"] / explanation["width"]
    figure = new_figure("", "", round(min(max(420 * aspect, 240), 560)))
    figure.add_layout_image(source=picture, x=-0.5, y=-0.5, sizex=cells, sizey=cells, xref="x",
                            yref="y", sizing="stretch", layer="below")
    figure.add_heatmap(z=drops, colorscale="Viridis", opacity=0.65, zsmooth="best",
                       zmax=max(0.01, *(max(row) for row in drops)),
                       colorbar={"title": {"text": "fall"}, "thickness": 14},
                       hovertemplate="covered here, the score falls by %{z:.3f}<extra></extra>")
    figure.update_xaxes(visible=False, range=[-0.5, cells - 0.5])
    figure.update_yaxes(visible=False, range=[cells - 0.5, -0.5], scaleanchor="x",
                        scaleratio=aspect, constrain="domain")
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    step = max(1, cells // 10)
    rows = [(f"{100 * (row + step / 2) / cells:.0f} %",
             *(f"{round(drops[row][column], 3) + 0.0:.3f}" for column in range(0, cells, step)))
            for row in range(0, cells, step)]
    columns = ("down \\ across", *(f"{100 * (column + step / 2) / cells:.0f} %"
                                  for column in range(0, cells, step)))
    return Chart("occlusion", "What the answer rests on", figure_json(figure), columns, rows)


def cost_charts(costs: Sequence[dict[str, Any]]) -> list[Chart]:
    """Time, and memory, of every stage; a row holds None where it has not run here."""
    return [
        _cost_chart(costs, "seconds", "Time of every stage", "seconds",
                    COLOURS[0], (("seconds", ".1f"), ("cpu_seconds", ".1f"))),
        _cost_chart(costs, "peak_memory_mb", "Memory of every stage", "MB", COLOURS[1],
                    (("peak_memory_mb", ",.0f"),)),
    ]


def correlation(value: float | None) -> str:
    """A correlation with three digits; a dash where too few pairs are known for one."""
    return "-" if value is None else f"{value:.3f}"


def curves_of(rows: Iterable[dict[str, Any]], by: str, x: str, y: str) -> list[Curve]:
    """One curve for each value of a column, in the order of their first rows."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[by], []).append(row)
    return [Curve(name, [row[x] for row in each], [row[y] for row in each])
            for name, each in grouped.items()]


def _cost_chart(
    costs: Sequence[dict[str, Any]], column: str, title: str, label: str, colour: str,
    shown: Sequence[tuple[str, str]],
) -> Chart:
    """A bar for each stage that has run; `shown` are columns of the numbers with their format."""
    known = [row for row in costs if row[column] is not None]
    figure = new_figure(label, "", HEIGHT // 4 + BAR * max(1, len(known)))
    figure.add_bar(y=[row["stage"] for row in known], x=[row[column] for row in known],
                   orientation="h", marker={"color": colour},
                   hovertemplate="%{y}<br>%{x:,.1f}<extra></extra>")
    name_rows(figure)
    names = {"seconds": "seconds by the wall clock", "cpu_seconds": "of the processors",
             "peak_memory_mb": "MB at its peak"}
    rows = [(row["stage"], *("-" if row[name] is None else format(row[name], form)
                             for name, form in shown), row["finished"] or "not on this machine")
            for row in costs]
    columns = ("stage", *(names[name] for name, _ in shown), "last run")
    return Chart(f"costs-{column.split('_')[0]}", title, figure_json(figure), columns, rows)


def _bars(rows: Sequence[dict[str, Any]], ranges: Sequence[dict[str, Any]], colour: str
          ) -> dict[str, Any]:
    """Error bars from each share to the ends of its interval."""
    intervals = [each["interval"] for each in ranges]
    above = [high - row["accuracy"] for row, (_, high) in zip(rows, intervals, strict=True)]
    below = [row["accuracy"] - low for row, (low, _) in zip(rows, intervals, strict=True)]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below,
            "color": colour, "thickness": 1.2}


def _share(row: dict[str, Any]) -> str:
    return f"{row['accuracy']:.1%}" if row["total"] else "none known"


def _points(coordinates: Sequence[float]) -> tuple[str, str]:
    return f"{coordinates[0]:.3f}", f"{coordinates[1]:.3f}"
