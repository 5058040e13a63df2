"""Four players of NetHack on the same games: `make nethack`."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from threadpoolctl import threadpool_limits

from examples.nethack.experiment import ExamSettings
from examples.nethack.imitation import ImitationSettings
from examples.nethack.policy_gradient import GradientSettings
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError, percent, percent_range
from words_and_images.common.files import refuse_unwritable_file, write_json, write_text
from words_and_images.common.options import Options, spread_parameters
from words_and_images.common.progress import tell
from words_and_images.common.tables import print_lines, table
from words_and_images.common.workers import cores

RESULTS = Path("examples/results")
FIGURES, CURVES, MAP, MAP_TEXT = ("nethack.json", "nethack.png", "nethack_map.png",
                                  "nethack_map.txt")
MISSING = ("NetHack is skipped: the NetHack Learning Environment is not installed; "
           "pip install '.[nethack]' brings it, on Linux only.")

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@application.command()
@spread_parameters
def main(
    exam: Annotated[ExamSettings, Options("Test")],
    imitation: Annotated[ImitationSettings, Options("Imitation")],
    gradient: Annotated[GradientSettings, Options("Policy gradient")],
    results: Annotated[Path, typer.Option(help="Folder for figures and pictures.")] = RESULTS,
    processes: Annotated[int, typer.Option(
        help="That play, 1 or 2, to the same result; 0: one a core.")] = 0,
) -> None:
    """Play NetHackStaircase at random, by a planner, by imitation and by policy gradient."""
    if not 0 <= processes <= 2:
        raise UserError(f"processes is {processes}; it must be 0, 1 or 2.")
    if find_spec("nle") is None:
        tell(MISSING)
        return
    from examples.nethack.episodes import Team
    from examples.nethack.experiment import experiment
    from examples.nethack.pictures import draw_learning, draw_map, map_text, walked

    for name in (FIGURES, CURVES, MAP, MAP_TEXT):
        refuse_unwritable_file(results / name)
    with threadpool_limits(limits=1, user_api="blas"), Team(processes or min(cores(), 2)) as team:
        figures = experiment(team, exam, imitation, gradient)
    write_json(results / FIGURES, figures)
    draw_learning(results / CURVES, figures)
    walk = walked(figures["map"], exam.steps)
    write_text(results / MAP_TEXT, map_text(walk))
    draw_map(results / MAP, walk)
    print_lines(*table(figure_rows(figures)).splitlines(), comparison(figures),
                f"pictures: {results / CURVES}, {results / MAP}; a map: {results / MAP_TEXT}; "
                f"all figures: {results / FIGURES}")


def figure_rows(figures: dict[str, Any]) -> list[list[str]]:
    """The table that the run ends with."""
    rows = [["player", "reach the stairs", "95 % interval", "median of their actions"]]
    for name, found in figures["players"].items():
        median = found["median_steps_of_reached"]
        rows.append([name, f"{found['reached']} of {figures['games']}, {percent(found['share'])}",
                     percent_range(found["interval"]), "-" if median is None else f"{median:.0f}"])
    return rows


def comparison(figures: dict[str, Any]) -> str:
    """Imitation and what came of it, game by game."""
    found = figures["policy gradient beside imitation"]
    return (f"Of the same games policy gradient alone reached {found['only_after']}, imitation "
            f"alone {found['only_before']}; equals would differ so much with a chance of "
            f"{found['p']:.1g}.")


if __name__ == "__main__":
    run_application(application)
