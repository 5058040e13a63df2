"""The table at the end of `make examples`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from words_and_images.common.commandline import AsJson, print_json, run_application
from words_and_images.common.errors import percent, percent_range
from words_and_images.common.files import read_json
from words_and_images.common.tables import table_console

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
RESULTS = Path("examples/results")
Figures = dict[str, Any]
Lines = list[tuple[str, str]]


@application.command()
def main(as_json: AsJson = False) -> None:
    """Print what the last run of the examples found, and what it cost."""
    if as_json:
        print_json({name: _figures(RESULTS, name) for name in EXAMPLES})
        return
    console = table_console()
    console.print(figure_table(RESULTS))
    console.print(f"pictures: {RESULTS}/*.png; all figures: {RESULTS}/*.json")


def _figures(results: Path, name: str) -> dict[str, Figures | None]:
    """All figures of an example and of its costs; None for what did not run."""
    paths = {"figures": results / f"{name}.json", "costs": results / "costs" / f"{name}.json"}
    return {key: read_json(path) if path.exists() else None for key, path in paths.items()
            if key == "figures" or name in COSTS}


def figure_table(results: Path) -> Table:
    """Some figures of every example, in the order of docs/mathematics.md."""
    table = Table("worked example", "figure", header_style="bold cyan")
    for name, lines in EXAMPLES.items():
        path = results / f"{name}.json"
        found = lines(read_json(path)) if path.exists() else [("did not run", "")]
        if name in COSTS and path.exists():
            found += _costs(results / "costs" / f"{name}.json", COSTS[name])
        table.add_row(name.replace("_", " "), "")
        for label, value in found:
            table.add_row(escape(f"  {label}"), escape(value))
    return table


def _costs(path: Path, lines: Callable[[Figures], Lines]) -> Lines:
    """Times are no output of a stage: one that DVC takes from its cache has none."""
    if not path.exists():
        return [("cost", f"not measured; dvc repro -f -s examples/dvc.yaml:{path.stem}")]
    return lines(read_json(path))


def _softmax_derivatives(figures: Figures) -> Lines:
    return [("loss", f"{figures['loss']:.8f}"),
            ("largest difference of both ways",
             f"{figures['largest_difference_of_both_ways']:.0e}")]


def _softmax_costs(costs: Figures) -> Lines:
    rows = [costs["of the loss, by the product"], costs["of the loss, closed form"]]
    long, short = (f"{1000 * row['seconds']:.2f} ms, {row['megabytes']:.1f} MB" for row in rows)
    return [(f"of {rows[0]['classes']} classes, the long way", long), ("the closed form", short)]


def _moons(figures: Figures) -> Lines:
    models = [(f"{name}: right on fresh points", percent(found['fresh_accuracy']))
              for name, found in figures["models"].items()]
    deviations = [(f"deviation of w.x + b, weights of {name}", f"{deviation:.2f}")
                  for name, deviation in figures["pre_activation_deviation"].items()]
    return models + deviations


def _optimisation(figures: Figures) -> Lines:
    return [("Newton's steps to within 1e-8 of the minimum", str(figures["newton_steps"] or "-")),
            ("gradient descent, above it in the end", f"{figures['descent_above_lowest']:.4f}"),
            ("smallest eigenvalue of any Hessian", f"{figures['smallest_eigenvalue']:.4f}"),
            *((f"{name}: loss", f"{loss:.4f}") for name, loss in figures["loss"].items())]


def _optimisation_costs(costs: Figures) -> Lines:
    return [(f"{name}: time", f"{seconds:.2f} s") for name, seconds in list(costs.items())[:2]]


def _xor(figures: Figures) -> Lines:
    outputs = ", ".join(f"{value:.3f}" for value in figures["outputs"].values())
    return [(f"outputs for {', '.join(figures['outputs'])}", outputs),
            ("first weights that find the way", f"{figures['learned']} of {figures['seeds']}")]


def _reversal(figures: Figures) -> Lines:
    return [(f"trained on {trained}: right of {first}xxx",
             percent(figures[key][f'begins_with_{first}']['numbers'], 0))
            for trained, key in (("0xxx", "trained_on_0"), ("all", "trained_on_both"))
            for first in (0, 1)]


def _digits(figures: Figures) -> Lines:
    interval = percent_range(figures["interval"], 2)
    return [("right of 10,000, median", f"{percent(figures['accuracy'], 2)} ({interval})"),
            ("by seed", ", ".join(percent(value, 2) for value in figures["accuracies"]))]


def _digits_costs(costs: Figures) -> Lines:
    here, keras = (", ".join(f"{value:.1f}" for value in costs[key])
                   for key in ("seconds", "keras_seconds"))
    return [("seconds of training", here), ("seconds of Keras", keras),
            ("ratio of the medians", f"{costs['seconds_by_keras_seconds']:.2f}")]


def _bandits(figures: Figures) -> Lines:
    return [(f"{name}: P(a), regret",
             f"{found['third_is_a']:.4f}, {found['regret']:.0f}")
            for name, found in figures.items()]


def _words(figures: Figures) -> Lines:
    return [(f"{model}, {loss}: loss",
             f"{found['first_loss']:.2f} to {found['last_loss']:.2f}, nearest "
             f"{percent(found['nearest_of_its_kind'], 0)}")
            for model, members in figures.items() for loss, found in members.items()]


EXAMPLES: dict[str, Callable[[Figures], Lines]] = {
    "softmax_derivatives": _softmax_derivatives, "xor": _xor, "reversal": _reversal,
    "moons": _moons, "optimisation": _optimisation, "digits": _digits, "bandits": _bandits,
    "words": _words,
}
COSTS: dict[str, Callable[[Figures], Lines]] = {
    "softmax_derivatives": _softmax_costs, "optimisation": _optimisation_costs,
    "digits": _digits_costs,
}


if __name__ == "__main__":
    run_application(application)
