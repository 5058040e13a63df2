"""What people install: the wheel, not editable, on every Python that is at hand.

On each, an environment of its own with the core alone is measured, and its commands are used in an
empty folder; then the page is added and asked. With `--tests` a clone of the last commit is
installed from the lock and runs the tests of the mathematics, of vectors and of texts. Fails where
the core is larger or slower than promised.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from packaging.specifiers import SpecifierSet

from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError
from words_and_images.common.progress import say
from words_and_images.common.tables import table

ROOT = Path(__file__).resolve().parents[1]
MINORS = range(11, 15)
WITH_TENSORFLOW = "3.14"  # the first Python that it has no wheels for
MOST_MEGABYTES = 400  # of the core, in 2^20 bytes on disk
MOST_SECONDS = 0.3  # for --help
TEXT = "the king and the queen of the land\n" * 200
# What is computed; how it is started, stopped and shown is the same on every Python.
TESTS = ("tests/words_and_images/neural", "tests/words_and_images/retraining",
         "tests/word2vec/vectors", "tests/texts")
PROGRAMS = ("word2vec", "vision", "texts", "words-and-images-page")

application = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Installed:
    """An environment, and an empty folder to work in."""

    environment: Path
    folder: Path

    def command(self, name: str) -> str:
        """The path of a program of the environment."""
        return str(self.environment / "bin" / name)

    def run(self, name: str, *arguments: str) -> float:
        """How many seconds a program takes; UserError with the end of what it says if it fails."""
        started = time.perf_counter()
        ended = subprocess.run([self.command(name), *arguments], cwd=self.folder, text=True,
                               capture_output=True, stdin=subprocess.DEVNULL, env=_environment())
        if ended.returncode:
            last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1:]
            raise UserError(f"{name} {' '.join(arguments)[:80]} ended with exit code "
                            f"{ended.returncode}: {' '.join(last)}")
        return time.perf_counter() - started

    def processor_seconds(self, name: str, *arguments: str) -> float:
        """The same of the processor, which is what a program takes where nothing else runs."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.run(name, *arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def megabytes(self) -> float:
        """Of the environment on disk, in 2^20 bytes."""
        files = (path.lstat() for path in self.environment.rglob("*"))
        return sum(512 * file.st_blocks for file in files) / 2**20


@application.command(help="Install the wheel on every Python at hand, and use it.")
def main(
    classifier: Annotated[Path, typer.Option(help="As `dvc repro` exports it.")
                          ] = ROOT / "models" / "classifier",
    photos: Annotated[Path, typer.Option(help="Class folders.")] = ROOT / "data" / "images",
    tests: Annotated[bool, typer.Option("--tests", help="Run tests on each as well.")] = False,
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        wheel = build_wheel(Path(temporary))
        rows = []
        for minor, python in pythons_at_hand():
            say(f"Python 3.{minor}: the core")
            installed = Installed(Path(temporary, minor), Path(temporary, f"{minor}-empty"))
            installed.folder.mkdir()
            rows.append((f"3.{minor}", *measure(installed, python, wheel, classifier, photos)))
            if tests and f"3.{minor}" < WITH_TENSORFLOW and not _is_this(python):
                say(f"Python 3.{minor}: the tests")
                run_tests(python, Path(temporary, f"{minor}-clone"))
    print(table([("the core", "MB", "seconds to install", "--help, s", "page, bytes"), *rows]))


def pythons_at_hand() -> Iterator[tuple[str, str]]:
    """The minor version and the path of every Python that the project runs on."""
    accepted = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())
                            ["project"]["requires-python"])
    for minor in map(str, MINORS):
        for python in _candidates(f"python3.{minor}"):
            asked = subprocess.run([python, "-c", "import platform; print(platform."
                                    "python_version())"], text=True, capture_output=True)
            if not asked.returncode and asked.stdout.strip() in accepted:
                yield minor, python
                break


def _candidates(name: str) -> list[str]:
    """On the path, and among the versions of pyenv, whose programs on the path may not run."""
    found = [path for path in [shutil.which(name)] if path]
    if shutil.which("pyenv"):
        listed = subprocess.run(["pyenv", "whence", "--path", name], text=True, capture_output=True)
        found += listed.stdout.split()
    return found


def _is_this(python: str) -> bool:
    asked = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], text=True,
                           capture_output=True, check=True)
    return asked.stdout.split() == [str(part) for part in sys.version_info[:2]]


def build_wheel(folder: Path) -> Path:
    """The wheel of the last commit."""
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps",
                    "--no-build-isolation", "--wheel-dir", str(folder), str(source)], check=True,
                   env={**os.environ, "PYTHONWARNINGS": "ignore"})
    return next(folder.glob("*.whl"))


def measure(
    installed: Installed, python: str, wheel: Path, classifier: Path, photos: Path
) -> tuple[str, str, str, str]:
    """The core's size, the seconds to install it and for --help, and whether the page answers."""
    subprocess.run([python, "-m", "venv", str(installed.environment)], check=True)
    empty = installed.megabytes()
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    seconds = installed.run("python", *install, str(wheel))
    megabytes = installed.megabytes() - empty
    if megabytes > MOST_MEGABYTES:
        raise UserError(f"the core takes {megabytes:.0f} MB; {MOST_MEGABYTES} are promised.")
    helped = {program: min(installed.processor_seconds(program, "--help") for _ in range(5))
              for program in PROGRAMS}
    slowest = max(helped, key=lambda program: helped[program])
    if helped[slowest] > MOST_SECONDS:
        raise UserError(f"{slowest} --help takes {helped[slowest]:.2f} s; {MOST_SECONDS} are "
                        "promised.")
    use_core(installed, classifier, photos)
    installed.run("python", *install, f"words-and-images[app] @ {wheel.as_uri()}")
    return (f"{megabytes:.0f}", f"{seconds:.0f}", f"{helped[slowest]:.2f}",
            f"{ask_page(installed, classifier):,}")


def use_core(installed: Installed, classifier: Path, photos: Path) -> None:
    """Words and photos in full use, in an empty folder."""
    (installed.folder / "text.txt").write_text(TEXT)
    (installed.folder / "questions.txt").write_text(": all\nthe king the queen\n")
    photo = str(next(path for path in sorted(photos.glob("*/*")) if path.is_file()))
    for command in (
        ("word2vec", "train", "text.txt", "vectors", "--min-count", "1"),
        ("word2vec", "nearest", "vectors", "king"),
        ("word2vec", "analogy", "vectors", "king", "queen", "land"),
        ("word2vec", "convert", "vectors", "vectors.txt.zst"),
        ("word2vec", "evaluate", "vectors", "--questions", "questions.txt"),
        ("word2vec", "phrases", "text.txt", "phrases.txt"),
        ("vision", "classify", str(classifier), photo),
        ("vision", "evaluate", str(classifier), str(photos), "--mistakes", "mistakes.png"),
        ("vision", "explain", str(classifier), photo),
        ("vision", "show", str(classifier)),
    ):
        installed.run(*command)


def ask_page(installed: Installed, classifier: Path) -> int:
    """How many bytes the page answers with."""
    page = subprocess.Popen(
        [installed.command("words-and-images-page"), "--vectors", "vectors", "--classifier",
         str(classifier), "--port", "0"],
        cwd=installed.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=_environment())
    try:
        told = page.stdout.readline() if page.stdout else ""
        found = re.search(r"open (http://\S+)", told)
        if found is None:
            raise UserError(f"the page says {told!r} and no address.")
        with urllib.request.urlopen(found[1]) as answer:
            return len(answer.read())
    finally:
        page.terminate()
        page.communicate()


def run_tests(python: str, clone: Path) -> None:
    """Some of the tests, in a clone of the last commit with an environment of its own."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    for command in (["make", "--silent", "install", f"PYTHON={python}"],
                    [".venv/bin/python", "-m", "pytest", "-n", "2", "--dist", "loadfile", *TESTS]):
        ended = subprocess.run(command, cwd=clone, env=_environment())
        if ended.returncode:
            raise UserError(f"the tests on {python} ended with exit code {ended.returncode}.")


def _environment() -> dict[str, str]:
    """Of this process, without what would show an environment the project's own code."""
    return {name: value for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "VIRTUAL_ENV") and not name.startswith("GIT_")}


if __name__ == "__main__":
    run_application(application)
