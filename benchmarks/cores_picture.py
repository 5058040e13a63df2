"""The figures of `cores` as a picture: speed by processes, and accuracy by replicas."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benchmarks.bars import PALETTE, draw_panels
from words_and_images.common.errors import counted

MODELS = {"skipgram": "skip-gram", "cbow": "CBOW"}
COLOUR = dict(zip(MODELS, PALETTE, strict=False))


def draw(figures: dict[str, Any], path: Path) -> None:
    """Draw the figures of a run and write the picture."""
    def fill(axes: list[Axes]) -> None:
        draw_speeds(axes[0], figures)
        draw_accuracies(axes[1], figures)

    draw_panels(path, 2, fill)


def draw_speeds(axes: Axes, figures: dict[str, Any]) -> None:
    """Million words a second: measured, gensim's, and the model's."""
    for model, measured in figures["models"].items():
        name, colour = MODELS[model], COLOUR[model]
        rows = measured["speeds"]
        processes = [row["processes"] for row in rows]
        for who, style, label in (("here", "o-", name), ("gensim", "s:", f"gensim, {name}")):
            axes.plot(processes, [(row[who] or float("nan")) / 1e6 for row in rows], style,
                      color=colour, label=label, markersize=5)
        rows = measured["model"]
        axes.plot([row["processes"] for row in rows],
                  [(row["words_a_second"] or float("nan")) / 1e6 for row in rows], "--",
                  color=colour, label=f"{name}, the model", linewidth=1)
    _logarithmic(axes)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("processes")
    axes.set_title(f"million words a second, {counted(figures['cores'], 'core')};\n"
                   "more than these by the model", fontsize=10)


def draw_accuracies(axes: Axes, figures: dict[str, Any]) -> None:
    """Analogies answered rightly, median and spread over the seeds."""
    for model, measured in figures["models"].items():
        rows = [row for row in measured["replicas"]
                if row["accuracy"]["accuracy"]["median"] is not None]
        replicas = [row["replicas"] for row in rows]
        found = {name: [100 * row["accuracy"]["accuracy"][name] for row in rows]
                 for name in ("median", "lowest", "highest")}
        axes.plot(replicas, found["median"], "o-", color=COLOUR[model], markersize=5)
        axes.fill_between(replicas, found["lowest"], found["highest"], color=COLOUR[model],
                          alpha=0.15, linewidth=0)
    if any(len(line.get_xdata()) for line in axes.lines):
        _logarithmic(axes)
        axes.set_ylim(bottom=0)
    else:
        axes.text(0.5, 0.5, "no analogy could be asked", ha="center", transform=axes.transAxes)
    axes.set_xlabel("replicas")
    axes.set_title(f"% of analogies answered rightly, {counted(figures['epochs'], 'epoch')},\n"
                   f"median and spread of {counted(figures['seeds'], 'seed')}", fontsize=10)


def _logarithmic(axes: Axes) -> None:
    """Powers of two, as numbers."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.spines[["top", "right"]].set_visible(False)
