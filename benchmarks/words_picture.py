"""The figures of `words` as a picture: the speed of all trainers and models, and the accuracies."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from common.errors import counted
from common.files import replacing
from word2vec.plots import COLOURS, FONT_SIZE, METADATA, SETTINGS

COLOUR = dict(zip(("here", "gensim", "word2vec.c", "fastText"),
                  (*COLOURS, "#8a929c", "#c9a227"), strict=True))
MODELS = {"skipgram": "skip-gram", "cbow": "CBOW"}
KINDS = {"analogies_semantic": "semantic", "analogies_syntactic": "syntactic",
         "analogies_accuracy": "overall"}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Draw the figures of a run and write the picture."""
    models = figures["models"]
    panels = 1 + (len(models) if figures["epochs"] else 0)
    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = Figure(figsize=(4.3 * panels, 4.4), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, panels, squeeze=False, gridspec_kw={"wspace": 0.08})[0]
        draw_speeds(axes[0], figures)
        for panel, model in zip(axes[1:], models, strict=False):
            panel.sharey(axes[1])
            draw_accuracies(panel, figures, model)
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=len(names),
                      fontsize=FONT_SIZE + 1, frameon=False)
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata=METADATA[".png"])


def draw_speeds(axes: Axes, figures: dict[str, Any]) -> None:
    """Words a second, and for each other trainer how many times as fast this one is."""
    models = figures["models"]
    bars = {name: [(row["trainers"][name]["words_a_second"] or 0) / 1e6 for row in models.values()]
            for name in _trainers(figures)}
    labels = {name: [f"{speed:.2f}" + _times(row["ratios"].get(name, {}))
                     for speed, row in zip(speeds, models.values(), strict=True)]
              for name, speeds in bars.items()}
    _draw_bars(axes, [MODELS[model] for model in models], bars, labels)
    axes.set_title(f"million words a second, {counted(figures['threads'], 'thread')}\n"
                   "(in brackets: how many times as fast here)", fontsize=10)


def draw_accuracies(axes: Axes, figures: dict[str, Any], model: str) -> None:
    """Analogies answered rightly, in percent."""
    trainers = figures["models"][model]["trainers"]
    bars = {name: [100 * row["scores"][kind] for kind in KINDS] for name, row in trainers.items()}
    labels = {name: [f"{share:.1f}" for share in shares] for name, shares in bars.items()}
    _draw_bars(axes, list(KINDS.values()), bars, labels)
    axes.set_title(f"{MODELS[model]}, {counted(figures['epochs'], 'epoch')}:\n"
                   "% of analogies answered rightly", fontsize=10)


def _trainers(figures: dict[str, Any]) -> list[str]:
    return list(next(iter(figures["models"].values()))["trainers"])


def _times(ratios: dict[str, float | None]) -> str:
    """The ratio as a second line of a label."""
    ratio = ratios.get("words_a_second")
    return f"\n({ratio:.1f}×)" if ratio else ""


def _draw_bars(
    axes: Axes, groups: list[str], bars: dict[str, list[float]], labels: dict[str, list[str]]
) -> None:
    """Groups of bars, one a trainer, with their values above them instead of a scale."""
    places, width = np.arange(len(groups)), 0.8 / len(bars)
    for number, (name, heights) in enumerate(bars.items()):
        shifted = places + (number - (len(bars) - 1) / 2) * width
        drawn = axes.bar(shifted, heights, 0.92 * width, color=COLOUR[name], label=name)
        axes.bar_label(drawn, labels[name], padding=2, fontsize=FONT_SIZE, color="#333333")
    axes.set_xticks(places, groups, fontsize=FONT_SIZE + 1)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.margins(y=0.14)
