"""The page of a search, or of some: what came out, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from words_and_images.common.errors import counted
from words_and_images.pages.charts import Cells, Chart
from words_and_images.pages.page import write_from_template
from words_and_images.tuning.charts import (
    Rows,
    best_trial,
    confirmed_chart,
    cost_chart,
    course_chart,
    importance_chart,
    interval_text,
    noise_of_seed,
    of_state,
    parallel_chart,
    score_text,
    slice_chart,
    value_text,
)
from words_and_images.tuning.importance import FEWEST, importances
from words_and_images.tuning.study import FAILED, PRUNED, WHOLE

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Table:
    """Text in columns."""

    columns: Sequence[str]
    rows: Cells


@dataclass(frozen=True)
class Shown:
    """A study as the page tells it.

    Parameters
    ----------
    name : of its place in the page.
    heading : what the search was for.
    verdict : what came out, a sentence.
    counts : how many trials there are, how they ended, and how long they took.
    values : of the defaults and of the best, and what could be tried.
    confirmed : what further seeds have said; without rows where there were none.
    trials : all of them.
    seeds : with how many that was.
    noise : the standard deviation of the score over seeds, None where it is not known.
    charts : in the order of the page.
    slices : of each parameter.
    """

    name: str
    heading: str
    verdict: str
    counts: str
    values: Table
    confirmed: Table
    trials: Table
    seeds: int
    noise: float | None
    charts: Sequence[Chart]
    slices: Sequence[Chart]


def write_page(studies: Sequence[tuple[str, Mapping[str, Any]]], path: Path) -> None:
    """Write one self-contained file about studies, atomically.

    Parameters
    ----------
    studies : pairs of a heading and what `Study.rows` gives, as it is or read back from JSON.
    """
    shown = [_shown(f"study-{place}", heading, study)
             for place, (heading, study) in enumerate(studies, start=1)]
    charts = [chart for each in shown for chart in (*each.charts, *each.slices)]
    write_from_template(path, "tuning.html", [TEMPLATES], charts, filters={"score": score_text},
                        drawn={}, studies=shown, fewest=FEWEST)


def verdict_of(study: Rows) -> str:
    """What came out, as a sentence that stands alone."""
    verdict = study["verdict"]
    return f"{verdict[:1].upper()}{verdict[1:]}."


def confirmed_table(study: Rows) -> Table:
    """The best with further seeds, the best first, and the defaults last."""
    *found, defaults = study["confirmed"] or [None]
    rows = []
    for each in study["confirmed"]:
        other = [f"{name}: {value_text(value)}" for name, value in each["values"].items()
                 if value != defaults["values"][name]]
        told = ("", "") if each is defaults else (f"{each['difference']:+.4f}",
                                                  interval_text(each))
        rows.append(("defaults" if each is defaults else f"trial {each['number']}",
                     *_mean_and_deviation(each["scores"]), *told, "; ".join(other)))
    return Table(("", study["measure"], "more than the defaults"), rows)


def _mean_and_deviation(scores: Sequence[float]) -> tuple[str, str]:
    deviation = f"\xb1 {np.std(scores, ddof=1):.4f}" if len(scores) > 1 else ""
    return score_text(float(np.mean(scores))), deviation


def _shown(name: str, heading: str, study: Rows) -> Shown:
    found, noise = best_trial(study), noise_of_seed(study)
    charts: list[Chart] = []
    slices: list[Chart] = []
    if found:
        important = importances(study)
        charts.append(parallel_chart(name, study))
        if len(study["confirmed"]) > 1:
            charts.append(confirmed_chart(name, study))
        if important:
            charts.append(importance_chart(name, important))
        charts += [course_chart(name, study), cost_chart(name, study)]
        order = [each.name for each in important] or list(study["space"])
        slices = [slice_chart(name, study, parameter) for parameter in order]
    return Shown(name, heading, verdict_of(study), _counts(study), _values(study),
                 confirmed_table(study), _trials(study),
                 max((len(each["scores"]) for each in study["confirmed"]), default=0), noise,
                 charts, slices)


def _counts(study: Rows) -> str:
    ended = [f"{len(of_state(study, state))} {told}" for state, told in (
        (WHOLE, "tried to the end"), (PRUNED, "pruned, as they did worse than half of the others"),
        (FAILED, "failed")) if of_state(study, state)]
    seconds = sum(each["seconds"] for each in study["trials"])
    return (f"{counted(len(study['trials']), 'trial')}: {', '.join(ended) or 'none'}; "
            f"{seconds:,.1f} seconds in all")


def _values(study: Rows) -> Table:
    """The parameters with their defaults, the best that was found, and what could be tried."""
    usual = study["defaults"]["values"] if study["defaults"] else {}
    confirmed = study["confirmed"]
    found = confirmed[0] if confirmed else best_trial(study)
    best = f"best, trial {found['number']}" if found else "best"
    rows = [(name, _told(written), value_text(usual[name]) if usual else "-",
             value_text(found["values"][name]) if found else "-")
            for name, written in study["space"].items()]
    return Table(("parameter", "default", best), rows)


def _told(written: Any) -> str:
    """What of a parameter could be tried, as a space is written."""
    if not isinstance(written, Mapping):
        return " | ".join(map(value_text, written))
    step = f", in steps of {value_text(written['step'])}" if "step" in written else ""
    log = ", by the logarithm" if written.get("log") else ""
    return f"{value_text(written['low'])} to {value_text(written['high'])}{step}{log}"


def _trials(study: Rows) -> Table:
    rows = [(str(each["number"]), each["state"], score_text(each["score"]),
             f"{each['seconds']:.1f}", *map(value_text, (each["values"][name]
                                                        for name in study["space"])))
            for each in study["trials"]]
    return Table(("trial", "ended", "score", "seconds", *study["space"]), rows)
