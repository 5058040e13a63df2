"""Whether the pipeline makes the same twice, and how far scores move from processor to processor.

Two clones of the last commit, each with DVC's cache and a cache of downloads of its own, run the
whole pipeline one after the other; every output is compared byte for byte, and so is the report but
for the costs that it tells. With `--kernels` a clone runs for each, and the scores are compared.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import read_json, write_json
from words_and_images.common.processor import KERNELS_VARIABLE
from words_and_images.common.progress import say
from words_and_images.common.tables import table

# What may differ between processors, by how a score's name ends or begins: docs/pipeline.md.
TOLERANCES = {"analogies": 0.015, "msr": 0.02, "correlation": 0.02, "classifier": 0.03,
              "calibration": 0.03}
CALIBRATION = ("log_loss", "brier", "calibration_error")
# The features of a processor that NumPy must not use where OpenBLAS is to run older kernels.
WITHOUT = {"SkylakeX": "", "Haswell": "X86_V4 AVX512_ICL AVX512_SPR",
           "Sandybridge": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}
REPORT = "results/report.html"
# The report as it would be, had no stage run here: its costs are those of one run.
WRITE_REPORT = """
import sys
from dataclasses import replace
from pathlib import Path
from reporting.content import gather
from reporting.page import write_page
report = gather(*map(Path, ("data", "models", "results", "params.yaml")))
write_page(replace(report, costs=[]), Path(sys.argv[1]))
"""

application = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Checkout:
    """A folder with the project in it, and the environment in which it runs on its own."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> str:
        """What a command prints; UserError with the end of what it says where it fails."""
        ended = subprocess.run(command, cwd=self.folder, env=self.environment, text=True,
                               capture_output=True, stdin=subprocess.DEVNULL)
        if ended.returncode != 0:
            last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1:]
            raise UserError(f"{' '.join(command[:4])} in {self.folder} ended with exit code "
                            f"{ended.returncode}: {' '.join(last)}")
        return ended.stdout

    def outputs(self) -> list[str]:
        """Every file that dvc.lock tells of as made by a stage, and dvc.lock."""
        stages = yaml.safe_load((self.folder / "dvc.lock").read_text(encoding="utf-8"))["stages"]
        paths = [self.folder / output["path"] for stage in stages.values()
                 for output in stage.get("outs", ())]
        files = {str(file.relative_to(self.folder)) for path in paths
                 for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()}
        return ["dvc.lock", *sorted(files)]

    def report(self, path: Path) -> bytes:
        """The report without the costs of a run."""
        self.run(sys.executable, "-c", WRITE_REPORT, str(path))
        return path.read_bytes()

    def scores(self) -> dict[str, float]:
        """All numbers of results/metrics by the name of their file and their own."""
        return {f"{path.stem}.{name}": float(value)
                for path in sorted((self.folder / "results" / "metrics").glob("*.json"))
                for name, value in read_json(path).items() if isinstance(value, (int, float))}


def clone(source: Path, folder: Path, downloads: Path, **variables: str) -> Checkout:
    """The last commit of a checkout, with nothing in common with it but the installed packages."""
    here = Checkout(source, {name: value for name, value in os.environ.items()
                             if not name.startswith("GIT_")})
    here.run("git", "clone", "--quiet", "--no-local", str(source), str(folder))
    beside = str(folder.with_name(f"{folder.name}-settings"))
    own = {name: beside for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR",
                                     "DVC_SITE_CACHE_DIR")}
    return Checkout(folder, {
        **here.environment, **own, **variables, "WORDS_AND_IMAGES_CACHE": str(downloads),
        "PYTHONPATH": str(folder), "DVC_NO_ANALYTICS": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])})


def repro(checkout: Checkout) -> Checkout:
    """Run its whole pipeline."""
    say(f"dvc repro in {checkout.folder}")
    checkout.run(sys.executable, "-m", "dvc", "repro", "--quiet")
    return checkout


def differences(first: Checkout, second: Checkout, names: Sequence[str]) -> Iterator[str]:
    """What is not the same in both, a sentence a file."""
    for name in names:
        one, other = first.folder / name, second.folder / name
        missing = next((path for path in (one, other) if not path.is_file()), None)
        if missing:
            yield f"{name} is missing in {missing.parents[name.count('/')]}"
        elif (at := first_difference(one.read_bytes(), other.read_bytes())) is not None:
            yield f"{name} differs from byte {at:,} on"


def first_difference(one: bytes, other: bytes) -> int | None:
    """The number of the first byte that is another, or None."""
    if one == other:
        return None
    return next(place for place, (a, b) in enumerate(zip_longest(one, other)) if a != b)


def compare(first: Checkout, second: Checkout, temporary: Path) -> tuple[int, int, list[str]]:
    """How many files and bytes were compared, and what differs."""
    names = list(dict.fromkeys([*first.outputs(), *second.outputs()]))
    found = list(differences(first, second, names))
    pages = [checkout.report(temporary / f"{number}.html")
             for number, checkout in enumerate((first, second))]
    if (at := first_difference(*pages)) is not None:
        found.append(f"{REPORT}, without its costs, differs from byte {at:,} on")
    size = sum((first.folder / name).stat().st_size for name in names
               if (first.folder / name).is_file()) + len(pages[0])
    return len(names) + 1, size, found


def kind_of(score: str) -> str | None:
    """The tolerance that a score has; None for a count, which others follow from."""
    file, name = score.split(".", 1)
    if file == "images":
        if name.endswith("_count") or name == "not_sure":
            return None
        return "calibration" if name.startswith(CALIBRATION) else "classifier"
    if name.endswith(("_spearman", "_pearson")):
        return "correlation"
    if name.endswith(("_accuracy", "_semantic", "_syntactic")):
        return "msr" if name.startswith("msr") else "analogies"
    return None


def spread(runs: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Of each kind of score, how far runs are apart at most, and in which score.

    Raises
    ------
    UserError
        Where runs do not have the same scores.
    """
    names = {frozenset(scores) for scores in runs.values()}
    if len(names) > 1:
        odd = sorted(set.union(*map(set, names)) - set.intersection(*map(set, names)))
        raise UserError(f"{odd[0]} is not computed in each of {', '.join(runs)}.")
    rows = []
    for kind, tolerance in TOLERANCES.items():
        apart = {name: max(run[name] for run in runs.values()) - min(
            run[name] for run in runs.values()) for name in next(iter(names)) if
            kind_of(name) == kind}
        if apart:
            worst = max(sorted(apart), key=lambda name: apart[name])
            rows.append({"kind": kind, "scores": len(apart), "score": worst,
                         "apart": apart[worst], "tolerance": tolerance})
    return rows


@application.command()
def main(
    beside: Annotated[Path | None, typer.Option(
        help="a checkout whose pipeline has run: one clone is compared with it")] = None,
    kernels: Annotated[str, typer.Option(
        help="compare the scores with these kernels of OpenBLAS, between commas")] = "",
    output: Annotated[Path | None, typer.Option(help="JSON of the scores by kernels")] = None,
) -> None:
    """Run the pipeline twice and compare all bytes; or with several kernels, and the scores."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory(prefix="same-") as name:
        folder = Path(name)
        if kernels:
            _compare_kernels(root, folder, kernels.split(","), output)
        else:
            _compare_bytes(root, folder, beside)


def _compare_bytes(root: Path, folder: Path, beside: Path | None) -> None:
    first = repro(clone(root, folder / "first", folder / "first-downloads"))
    second = Checkout(beside.absolute(), first.environment | {"PYTHONPATH": str(beside.absolute())}
                      ) if beside else repro(
                          clone(root, folder / "second", folder / "second-downloads"))
    files, size, found = compare(first, second, folder)
    print(f"{counted(files, 'file')} with {counted(size, 'byte')} compared: "
          + (f"{len(found)} not the same" if found else "all the same"))
    for sentence in found:
        print(sentence)
    if found:
        sys.exit(1)


def _compare_kernels(root: Path, folder: Path, kernels: list[str], output: Path | None) -> None:
    runs = {}
    for name in kernels:
        if name not in WITHOUT:
            raise UserError(f"kernels is {name!r}; it must be of {', '.join(WITHOUT)}.")
        checkout = repro(clone(root, folder / name, folder / "downloads", **{
            KERNELS_VARIABLE: name, "NPY_DISABLE_CPU_FEATURES": WITHOUT[name]}))
        runs[name] = checkout.scores()
        if output:
            write_json(output, runs)
        shutil.rmtree(checkout.folder)
    rows = spread(runs)
    cells = [["scores of", "number", "farthest apart", "by", "tolerance"]]
    cells += [[row["kind"], f"{row['scores']}", row["score"], f"{row['apart']:.4f}",
               f"{row['tolerance']:g}"] for row in rows]
    print(table(cells, sys.stdout))
    if any(row["apart"] > row["tolerance"] for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    run_application(application)
