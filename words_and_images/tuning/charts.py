"""Charts of a study: a Plotly figure each, with its numbers.

A study is taken as `Study.rows` gives it, or as JSON of that. Trials that were pruned or failed
have no score to be drawn at: they stand on lines of their own below the others.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from words_and_images.common.errors import percent, percent_range
from words_and_images.pages.charts import (
    BAR,
    COLOURS,
    GREY,
    HEIGHT,
    MARGIN,
    Chart,
    figure_json,
    name_rows,
    new_figure,
    text_of,
)
from words_and_images.tuning.importance import Importance
from words_and_images.tuning.space import Choice, Range, space_as_described
from words_and_images.tuning.study import FAILED, PRUNED, WHOLE

Rows = Mapping[str, Any]

BLUE, ORANGE, GREEN = COLOURS[:3]
RED = "#d1495b"
WIDE = 3  # distances from the best to the lower quartile of scores that are drawn to scale
DECADES = 20  # largest over smallest cost, from which on its axis is logarithmic
SLICE = 260  # pixels
FEW = 6  # values of a list that are all written below its axis
NAME_ROOM, SLOPE, LINE = 24, 22, 14  # pixels of an axis of parallel coordinates, and of a line


@dataclass(frozen=True)
class Scale:
    """What of the scores is drawn: from `low` to `high`, and the others on `lines` below."""

    low: float
    high: float
    lines: int

    def below(self, line: float) -> float:
        """Where those stand that have no score, or one too low to be drawn to scale."""
        return self.low - (0.04 + 0.08 * line) * (self.high - self.low)

    @property
    def ends(self) -> tuple[float, float]:
        """Of the axis."""
        return self.below(self.lines + 1), self.high + 0.06 * (self.high - self.low)


def of_state(study: Rows, state: str) -> list[Rows]:
    """The trials of a study that ended so."""
    return [each for each in study["trials"] if each["state"] == state]


def best_trial(study: Rows) -> Rows | None:
    """The first of the trials that scored best."""
    return max(of_state(study, WHOLE), key=lambda each: each["score"], default=None)


def noise_of_seed(study: Rows) -> float | None:
    """The standard deviation of the score over seeds, pooled over what was confirmed."""
    scores = [each["scores"] for each in study["confirmed"] if len(each["scores"]) > 1]
    return math.sqrt(np.mean([np.var(each, ddof=1) for each in scores])) if scores else None


def value_text(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "not set"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def score_text(score: float | None) -> str:
    """A score with four digits; a dash where there is none."""
    return "-" if score is None else f"{score:.4f}"


def course_chart(name: str, study: Rows) -> Chart:
    """The score of every trial, in their order, and the best so far."""
    figure, scale = _scored(study, "trial", text_of(study["measure"]))
    whole = of_state(study, WHOLE)
    best_so_far = np.maximum.accumulate([each["score"] for each in whole]).tolist()
    figure.add_scatter(
        x=[each["number"] for each in whole], y=best_so_far, name="best so far", mode="lines",
        line={"color": ORANGE, "width": 2, "shape": "hv"}, hovertemplate="best so far %{y:.4f}")
    _add_trials(figure, study, scale, lambda each: each["number"])
    known = dict(zip((each["number"] for each in whole), best_so_far, strict=True))
    rows = [(str(each["number"]), each["state"], score_text(each["score"]),
             score_text(known.get(each["number"]))) for each in study["trials"]]
    return Chart(f"{name}-course", "The course of the best", figure_json(figure),
                 ("trial", "ended", "score", "best so far"), rows)


def cost_chart(name: str, study: Rows) -> Chart:
    """Seconds of every trial against its score, with those that none beats in both."""
    figure, scale = _scored(study, "seconds", text_of(study["measure"]))
    front = trade_offs(study)
    figure.add_scatter(
        x=[each["seconds"] for each in front], y=[each["score"] for each in front],
        name="best trade-offs", mode="lines+markers", hoverinfo="skip",
        line={"color": ORANGE, "width": 2, "shape": "hv"},
        marker={"size": 14, "symbol": "circle-open", "line": {"width": 2}})
    _add_trials(figure, study, scale, lambda each: each["seconds"])
    seconds = [each["seconds"] for each in study["trials"]]
    if min(seconds) > 0 and max(seconds) > DECADES * min(seconds):
        figure.update_xaxes(type="log")
    numbers = {each["number"] for each in front}
    rows = [(str(each["number"]), f"{each['seconds']:.1f}", score_text(each["score"]),
             "yes" if each["number"] in numbers else "")
            for each in sorted(of_state(study, WHOLE), key=lambda each: each["seconds"])]
    return Chart(f"{name}-cost", "Cost against score", figure_json(figure),
                 ("trial", "seconds", "score", "best trade-off"), rows)


def trade_offs(study: Rows) -> list[Rows]:
    """The Pareto front: trials than which no faster one scores as high, the fastest first."""
    front: list[Rows] = []
    for each in sorted(of_state(study, WHOLE), key=lambda each: (each["seconds"], -each["score"])):
        if not front or each["score"] > front[-1]["score"]:
            front.append(each)
    return front


def importance_chart(name: str, found: Sequence[Importance]) -> Chart:
    """Each parameter's share, with its spread."""
    figure = new_figure("share of the importance", "", HEIGHT // 4 + BAR * len(found))
    figure.add_bar(
        y=[text_of(each.name) for each in found], x=[100 * each.share for each in found],
        orientation="h",
        marker={"color": [BLUE if each.beyond_chance else GREY for each in found]}, error_x={
            "type": "data", "symmetric": False, "color": ORANGE, "thickness": 1.5,
            "array": [100 * (each.spread[1] - each.share) for each in found],
            "arrayminus": [100 * (each.share - each.spread[0]) for each in found]},
        hovertemplate="%{y}<br>%{x:.1f} %<extra></extra>")
    name_rows(figure)
    figure.update_xaxes(ticksuffix=" %", rangemode="tozero")
    rows = [(each.name, percent(each.share), percent_range(each.spread),
             "yes" if each.beyond_chance else "no") for each in found]
    return Chart(f"{name}-importance", "Importance of each parameter", figure_json(figure),
                 ("parameter", "share", "8 of 10 resamplings", "beyond chance"), rows)


def confirmed_chart(name: str, study: Rows) -> Chart:
    """How much more than the defaults the best score with further seeds, with the intervals."""
    *found, defaults = study["confirmed"]
    names = [f"trial {each['number']}" for each in found]
    figure = new_figure("difference from the defaults", "", HEIGHT // 3 + 2 * BAR * len(found))
    figure.add_vline(0, line={"color": GREEN, "width": 2, "dash": "dash"})
    by_seed = [(place, one - other) for place, each in zip(names, found, strict=True)
               for one, other in zip(each["scores"], defaults["scores"], strict=True)]
    figure.add_scatter(y=[place for place, _ in by_seed], x=[more for _, more in by_seed],
                       name="one seed", mode="markers", hovertemplate="%{x:+.4f}",
                       marker={"color": GREY, "symbol": "line-ns-open", "size": 12})
    told = [(place, each) for place, each in zip(names, found, strict=True) if each["interval"]]
    figure.add_scatter(
        y=[place for place, _ in told], x=[each["difference"] for _, each in told],
        name="mean and 95 % interval", mode="markers", marker={"color": BLUE, "size": 10},
        error_x={"type": "data", "symmetric": False, "color": BLUE, "thickness": 2,
                 "array": [each["interval"][1] - each["difference"] for _, each in told],
                 "arrayminus": [each["difference"] - each["interval"][0] for _, each in told]},
        hovertemplate="%{x:+.4f}")
    name_rows(figure)
    rows = [(place, f"{each['difference']:+.4f}", interval_text(each))
            for place, each in zip(names, found, strict=True)]
    return Chart(f"{name}-confirmed", "More than the defaults, with further seeds",
                 figure_json(figure), ("", "difference", "95 % interval"), rows)


def interval_text(confirmed: Rows) -> str:
    """From where to where a difference lies."""
    interval = confirmed["interval"]
    return f"{interval[0]:+.4f} to {interval[1]:+.4f}" if interval else "-"


def slice_chart(name: str, study: Rows, parameter: str) -> Chart:
    """The score against one parameter, with the noise of the seed around the best."""
    dimension = space_as_described(study["space"])[parameter]
    figure, scale = _scored(study, "", "score", SLICE)
    figure.update_layout(showlegend=False, margin={**MARGIN, "b": MARGIN["b"] // 2})
    best, noise = best_trial(study), noise_of_seed(study)
    if best and noise:
        figure.add_hrect(best["score"] - noise, best["score"] + noise, line={"width": 0},
                         fillcolor="rgba(138,146,155,0.28)", layer="below")
    if isinstance(dimension, Choice):
        places = list(range(len(dimension.values)))
        figure.update_xaxes(
            tickvals=places, ticktext=[_lines(value) for value in dimension.values],
            range=[-0.5, len(places) - 0.5], automargin=True, zeroline=False)
    elif dimension.log:
        figure.update_xaxes(type="log", exponentformat="e")

    def place(each: Rows) -> float:
        value = each["values"][parameter]
        return _index(dimension, value) if isinstance(dimension, Choice) else value

    _add_trials(figure, study, scale, place)
    rows = [(value_text(each["values"][parameter]), str(each["number"]), each["state"],
             score_text(each["score"])) for each in sorted(study["trials"], key=place)]
    return Chart(f"{name}-slice-{list(study['space']).index(parameter)}", parameter,
                 figure_json(figure), ("value", "trial", "ended", "score"), rows)


def parallel_chart(name: str, study: Rows) -> Chart:
    """Parallel coordinates: an axis below the other, and a line through the values of a trial.

    From the top down they have room on a phone too. The lowest axis is the score.
    """
    space = space_as_described(study["space"])
    scale = _scale(study)
    axes = [*space, study["measure"]]
    ticks = {**{parameter: _ticks(dimension) for parameter, dimension in space.items()},
             study["measure"]: [(0.0, f"{scale.low:.4f}"), (1.0, f"{scale.high:.4f}")]}
    height, at = 0, {}
    for axis in axes:
        at[axis] = height + NAME_ROOM
        height += NAME_ROOM + SLOPE + LINE * max(text.count("<br>") + 1 for _, text in ticks[axis])
    figure = new_figure("", "", height + 90)
    for label, trials, line in _groups(study):
        _add_lines(figure, label, trials, line, space, at, scale, study["measure"])
    for axis in axes:
        figure.add_scatter(x=[0, 1], y=[at[axis]] * 2, mode="lines", hoverinfo="skip",
                           showlegend=False, line={"color": GREY, "width": 1.5})
        figure.add_scatter(
            x=[0], y=[at[axis] - 2], mode="text", text=[f"<b>{text_of(axis)}</b>"],
            textposition="top right", hoverinfo="skip", showlegend=False, cliponaxis=False)
        figure.add_scatter(
            x=[place for place, _ in ticks[axis]], y=[at[axis] + 2] * len(ticks[axis]),
            mode="text", text=[text for _, text in ticks[axis]], hoverinfo="skip",
            textposition=[_side(place) for place, _ in ticks[axis]], textfont={"size": 11},
            showlegend=False, cliponaxis=False)
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True)
    figure.update_yaxes(visible=False, range=[height, 0], fixedrange=True)
    figure.update_layout(margin={"l": 12, "r": 12, "t": 16, "b": 4})
    ranked = sorted(study["trials"], key=lambda each: (-math.inf if each["score"] is None
                                                       else each["score"]), reverse=True)
    rows = [(str(each["number"]), each["state"], score_text(each["score"]),
             *(value_text(each["values"][parameter]) for parameter in space)) for each in ranked]
    return Chart(f"{name}-parallel", "Parallel coordinates", figure_json(figure),
                 ("trial", "ended", "score", *space), rows)


# ---- what they share ----


def _scale(study: Rows) -> Scale:
    scores = [each["score"] for each in of_state(study, WHOLE)]
    best, quartile = max(scores), float(np.quantile(scores, 0.25))
    low = max(min(scores), best - WIDE * (best - quartile)) if best > quartile else min(scores)
    high = best + (noise_of_seed(study) or 0.0)
    if study["defaults"]:
        low, high = min(low, study["defaults"]["score"]), max(high, study["defaults"]["score"])
    if low == high:
        low, high = low - 0.01, high + 0.01
    kinds = (min(scores) < low, of_state(study, PRUNED), of_state(study, FAILED))
    return Scale(low, high, sum(map(bool, kinds)))


def _scored(
    study: Rows, x_label: str, y_label: str, height: int = HEIGHT
) -> tuple[go.Figure, Scale]:
    """A figure over whose y axis are scores, with a line at that of the defaults."""
    scale = _scale(study)
    figure = new_figure(x_label, y_label, height)
    figure.update_yaxes(range=scale.ends, automargin=True)
    if scale.lines:
        figure.add_hline(scale.below(0.5), layer="below",
                         line={"color": GREY, "width": 1, "dash": "dot"})
    if study["defaults"]:
        figure.add_hline(study["defaults"]["score"], layer="below",
                         line={"color": GREEN, "width": 1.5, "dash": "dash"})
    return figure, scale


def _add_trials(
    figure: go.Figure, study: Rows, scale: Scale, place: Callable[[Rows], float]
) -> None:
    """Marks of all trials, of another shape for each kind; `place` is that on the x axis."""
    best, defaults = best_trial(study), study["defaults"]
    chosen: list[Rows] = [best] if best else []
    usual: list[Rows] = [defaults] if defaults and defaults["number"] >= 0 else []
    drawn = [each for each in of_state(study, WHOLE)
             if each["score"] >= scale.low and each is not best]
    lower = [each for each in of_state(study, WHOLE) if each["score"] < scale.low]
    line = 0
    for label, trials, symbol, size, colour, on_scale in (
            ("tried to its end", drawn, "circle", 7, BLUE, True),
            ("defaults", usual, "diamond-open", 13, GREEN, True),
            ("best", chosen, "star", 14, ORANGE, True),
            ("far lower score", lower, "triangle-down-open", 8, BLUE, False),
            ("pruned", of_state(study, PRUNED), "line-ns-open", 8, GREY, False),
            ("failed", of_state(study, FAILED), "x-thin-open", 7, RED, False)):
        if trials:
            line += not on_scale
            figure.add_scatter(
                x=[place(each) for each in trials], name=label, mode="markers",
                y=[each["score"] if on_scale else scale.below(line) for each in trials],
                marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 2}
                        if symbol.endswith("open") else {}},
                customdata=[[each["number"], _told(each)] for each in trials],
                hovertemplate="trial %{customdata[0]}<br>%{customdata[1]}")


def _told(each: Rows) -> str:
    """How a trial ended, for who points at it."""
    if each["state"] == WHOLE:
        return f"score {each['score']:.4f}, {each['seconds']:.1f} s"
    so_far = f" at {each['course'][-1]:.4f}" if each["course"] else ""
    return f"{each['state']}{so_far}, {each['seconds']:.1f} s"


def _groups(study: Rows) -> list[tuple[str, list[Rows], dict[str, Any]]]:
    """Trials by how they did, the best last, so that it lies above the others."""
    ranked = sorted(of_state(study, WHOLE), key=lambda each: -each["score"])
    best, others = ranked[:1], ranked[1:]
    third = math.ceil(len(others) / 3)
    groups: list[tuple[str, list[Rows], dict[str, Any]]] = [
        ("failed", of_state(study, FAILED), {"color": RED, "width": 1, "dash": "dot"}),
        ("pruned", of_state(study, PRUNED), {"color": GREY, "width": 1, "dash": "dot"})]
    for label, trials, colour, width in (
            ("lowest third", others[2 * third:], "rgba(59,143,208,0.28)", 1),
            ("middle third", others[third:2 * third], "rgba(59,143,208,0.6)", 1.3),
            ("highest third", others[:third], BLUE, 1.6), ("best", best, ORANGE, 3.5)):
        groups.append((label, trials, {"color": colour, "width": width}))
    return [group for group in groups if group[1]]


def _add_lines(
    figure: go.Figure, label: str, trials: Sequence[Rows], line: dict[str, Any],
    space: Mapping[str, Choice | Range], at: Mapping[str, float], scale: Scale, measure: str,
) -> None:
    """The lines of a group, one trace with gaps between them."""
    points: list[tuple[float | None, float | None, str]] = []
    for each in trials:
        told = f"trial {each['number']}, {_told(each)}"
        points += [(_share(dimension, each["values"][name]), at[name],
                    f"{told}<br>{text_of(name)}: {text_of(value_text(each['values'][name]))}")
                   for name, dimension in space.items()]
        if each["state"] == WHOLE:
            share = (each["score"] - scale.low) / (scale.high - scale.low)
            points.append((max(0.0, share), at[measure], told))
        points.append((None, None, ""))
    x, y, texts = zip(*points, strict=True)
    figure.add_scatter(x=x, y=y, text=texts, name=label, mode="lines", line=line,
                       hovertemplate="%{text}<extra></extra>")


def _share(dimension: Choice | Range, value: Any) -> float:
    """Where a value lies on the axis of its parameter, from 0 to 1."""
    if isinstance(dimension, Choice):
        return _index(dimension, value) / max(1, len(dimension.values) - 1)
    low, high = float(dimension.low), float(dimension.high)
    if dimension.log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)


def _index(dimension: Choice, value: Any) -> int:
    return dimension.values.index(list(value) if isinstance(value, tuple) else value)


def _ticks(dimension: Choice | Range) -> list[tuple[float, str]]:
    """What is written below an axis of parallel coordinates, and where."""
    if isinstance(dimension, Range):
        return [(0.0, value_text(dimension.low)), (1.0, value_text(dimension.high))]
    values = dimension.values if len(dimension.values) <= FEW else (
        dimension.values[0], dimension.values[-1])
    return [(_share(dimension, value), _lines(value)) for value in values]


def _side(place: float) -> str:
    """Of a text, so that none goes beyond the ends of its axis."""
    return {0.0: "bottom right", 1.0: "bottom left"}.get(place, "bottom center")


def _lines(value: Any) -> str:
    """A value below an axis: what is a list, one below the other."""
    items = value if isinstance(value, (list, tuple)) and value else [value]
    return "<br>".join(text_of(value_text(each)) for each in items)
