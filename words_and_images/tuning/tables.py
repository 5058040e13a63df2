"""What a search prints for people."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from words_and_images.common.errors import counted
from words_and_images.common.tables import table
from words_and_images.tuning.study import (
    BEST,
    FAILED,
    LEVEL,
    PRUNED,
    Confirmed,
    Study,
    Tried,
    ranked,
)


def study_table(study: Study) -> str:
    """The best and the defaults side by side: what they score, and their values."""
    shown = _shown(study)
    names = [f"trial {each.number}" for each in shown]
    if study.defaults and names and shown[-1].values == study.defaults.values:
        names[-1] = "defaults"
    cells = [["", *names], ["score", *(f"{np.mean(each.scores):.4f}" for each in shown)]]
    if study.confirmed:
        cells += [
            ["more than the defaults", *(_signed(each.difference) for each in shown)],
            [f"{100 * LEVEL:.0f} % interval, from", *(_end(each, 0) for each in shown)],
            ["to", *(_end(each, 1) for each in shown)]]
    seconds = {each.number: each.seconds for each in (*study.tried, *_usual(study))}
    cells += [["seconds", *(f"{seconds[each.number]:,.1f}" for each in shown)]]
    cells += [[name, *(told(each.values[name]) for each in shown)] for name in study.space]
    return table(cells, sys.stdout)


def study_text(study: Study, seconds: float) -> str:
    """What was tried, and what came out, in words."""
    ended = {state: sum(each.state == state for each in study.tried) for state in (PRUNED, FAILED)}
    early = f", {ended[PRUNED]:,} ended early" if ended[PRUNED] else ""
    failed = f", {ended[FAILED]:,} failed or were interrupted" if ended[FAILED] else ""
    spent = sum(each.seconds for each in study.tried)
    return (f"{counted(len(study.tried), 'trial')}{early}{failed}: {spent:,.0f} s of trials, "
            f"{seconds:,.0f} s in all; {study.verdict}")


def told(value: Any) -> str:
    """A value as a cell."""
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(study: Study) -> Sequence[Confirmed]:
    """Those that were confirmed; without that the best, and the defaults, with their one score."""
    if study.confirmed:
        return study.confirmed
    best = ranked(study.tried)[:BEST]
    usual = _usual(study)
    others = [each for each in best if not usual or each.values != usual[0].values]
    return [Confirmed(each.number, each.values, (each.score,)) for each in (*others, *usual)]


def _usual(study: Study) -> Sequence[Tried]:
    return [study.defaults] if study.defaults else []


def _signed(difference: float | None) -> str:
    return "-" if difference is None else f"{difference:+.4f}"


def _end(confirmed: Confirmed, place: int) -> str:
    return _signed(confirmed.interval[place] if confirmed.interval else None)
