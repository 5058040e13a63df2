"""Change the code bit by bit and see whether a test fails: mutmut's results, a table by module.

A mutant is the code with one such change. It is killed when a test fails, crashes or takes far
longer than it should, and survives when the tests pass or none reaches it. docs/testing.md judges
the survivors.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from mutmut.configuration import config
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError
from words_and_images.common.tables import table
from words_and_images.neural.metrics import accuracy_interval

SURVIVED = ("survived", "no tests")
SEED = 20
HEADING = "module", "mutants", "survived", "killed", "95 % interval"

application = typer.Typer(add_completion=False)


def mutants(module: Path) -> list[str]:
    """The names of the mutants of a file or folder, as mutmut gives them."""
    paths = sorted(module.rglob("*.py")) if module.is_dir() else [module]
    return [get_mutant_name(path, name) for path in paths if config().should_mutate(path)
            for name in mutate_file_contents(str(path), path.read_text("utf-8")).mutant_names]


def run(names: Iterable[str], processes: int) -> None:
    """Let mutmut test the mutants of these names or patterns; of none, those not tested yet."""
    copy = Path("mutants").absolute()
    (copy / "data").mkdir(parents=True, exist_ok=True)  # mutmut copies a file to where a folder is
    # Which tests reach what: kept, it would not be asked anew of tests that have changed.
    (copy / "mutmut-stats.json").unlink(missing_ok=True)
    ended = subprocess.run(
        [_mutmut(), "run", "--max-children", str(processes), *names],
        # The processes that tests start are to run the mutants, too.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(copy)})
    if ended.returncode:
        raise UserError(f"mutmut ended with exit code {ended.returncode}; look above for why, and "
                        "let the tests pass without a mutant first.")


def results() -> dict[str, str]:
    """What became of each mutant, by its name."""
    told = subprocess.run([_mutmut(), "results", "--all", "true"], check=True, text=True,
                          capture_output=True).stdout
    lines = (line.strip().rpartition(": ") for line in told.splitlines())
    return {name: outcome for name, _, outcome in lines if outcome != "not checked"}


def _mutmut() -> str:
    return str(Path(sys.executable).with_name("mutmut"))


def summary(outcomes: dict[str, str]) -> list[tuple[str, int, int]]:
    """Module, mutants and survivors, by module; all of them last."""
    modules: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        modules.setdefault(name.rpartition(".")[0], []).append(outcome)
    rows = [(module, len(found), sum(outcome in SURVIVED for outcome in found))
            for module, found in sorted(modules.items())]
    return [*rows, ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))]


@application.command()
def main(
    module: Annotated[Path | None, typer.Argument(help="file or folder whose mutants are tested; "
                      "if not told, all that pyproject.toml names and were not tested yet")] = None,
    sample: Annotated[int, typer.Option(help="so many of them, drawn at random; 0: all")] = 0,
    least: Annotated[float, typer.Option(help="per cent that are to be killed")] = 85.0,
    processes: Annotated[int, typer.Option(help="that test side by side")] = os.cpu_count() or 1,
) -> None:
    """Test the mutants of a module, and print how many are killed and which survive."""
    names = mutants(module) if module else []
    if module and not names:
        raise UserError(f"{module} has no mutants: name a file or folder of those that "
                        "[tool.mutmut] in pyproject.toml lists.")
    if sample and not names:
        raise UserError("sample needs a module: name the one whose mutants are to be drawn.")
    if sample:
        names = random.Random(SEED).sample(names, min(sample, len(names)))
    run(names, processes)
    outcomes = results()
    # One that was stopped has not tested all
    chosen = {name: outcomes[name] for name in names or outcomes if name in outcomes}
    rows = summary(chosen)
    print(table([HEADING, *(_told(*row) for row in rows)], sys.stdout))
    print("\n".join(f"{outcome}: {name}" for name, outcome in sorted(chosen.items())
                    if outcome in SURVIVED))
    _, tested, survived = rows[-1]
    if (tested - survived) * 100 < least * tested:
        raise UserError(f"{survived} of {tested} mutants survive: look at them with mutmut show "
                        f"NAME, and write tests until {least:g} % are killed.")


def _told(module: str, tested: int, survived: int) -> tuple[str, str, str, str, str]:
    low, high = accuracy_interval(tested - survived, tested)
    return (module, f"{tested:,}", f"{survived:,}", f"{1 - survived / tested:.1%}",
            f"{low:.1%} to {high:.1%}")


if __name__ == "__main__":
    run_application(application)
