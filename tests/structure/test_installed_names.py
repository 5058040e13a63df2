"""The wheel takes no name that others use: beside their own packages, theirs and ours both work."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from project_imports import ROOT

TAKEN = ("common", "neural", "data", "app", "reporting", "retraining")  # by others, or by anyone
OURS = {"word2vec", "vision", "texts", "words_and_images", "words_and_images_page"}


def run(*command: object, cwd: Path) -> str:
    """What a command prints on standard output; it must end well."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    finished = subprocess.run([str(each) for each in command], cwd=cwd, env=environment, text=True,
                              capture_output=True)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of the project as it is, built in a copy: building leaves files behind."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("word2vec", "vision", "texts", "words_and_images", "words_and_images_page"):
        shutil.copytree(ROOT / name, folder / "source" / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "data/sources.yaml"):
        (folder / "source" / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, folder / "source" / name)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--wheel-dir", folder, folder / "source", cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """The Python of an environment with packages of those names, and then with the wheel.

    What the project needs is taken from the environment of the tests. The project itself is not:
    a path in a .pth file does not bring along the .pth files that lie there.
    """
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    packages = Path(run(folder / "bin" / "python", "-c",
                        "import sysconfig; print(sysconfig.get_path('purelib'))",
                        cwd=folder).strip())
    for name in TAKEN:
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text(f"OWNER = 'the owner of {name}'\n")
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet",
        "--no-deps", "--no-index", wheel, cwd=folder)
    return folder / "bin" / "python"


def test_the_wheel_has_five_names_and_the_catalogue(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == OURS
    assert "words_and_images/data/sources.yaml" in names
    assert "words_and_images_page/page.css" in names


def test_the_packages_of_others_stay_theirs(python, tmp_path):
    for name in TAKEN:
        printed = run(python, "-c", f"import {name}; print({name}.OWNER)", cwd=tmp_path)
        assert printed == f"the owner of {name}\n"


def test_everything_that_is_ours_is_the_wheels_and_works_beside_them(python, tmp_path):
    places = run(python, "-c", "import " + ", ".join(sorted(OURS)) + "\n"
                 + "\n".join(f"print({name}.__file__)" for name in sorted(OURS)), cwd=tmp_path)
    assert all(Path(place).is_relative_to(python.parents[1]) for place in places.split())
    (tmp_path / "text.txt").write_text("the king and the queen of the land\n" * 40)
    commands = python.parent
    run(commands / "word2vec", "train", "text.txt", "vectors", "--quiet", cwd=tmp_path)
    assert "queen" in run(commands / "word2vec", "nearest", "vectors", "king", cwd=tmp_path)
    printed = run(python, "-c", "from word2vec.vectors import load_vectors\n"
                  "print(len(load_vectors('vectors')))", cwd=tmp_path)
    assert printed == "6\n"
    # The catalogue came along, and lists the drawings that a classifier is retrained on.
    assert run(python, "-c", "from words_and_images.common.catalogue import names\n"
               "print('drawings' in names('images'))", cwd=tmp_path) == "True\n"
    # So did what the page of a search is made of.
    run(python, "-c", "from pathlib import Path\n"
        "from words_and_images.tuning.page import write_page\n"
        "write_page([], Path('tuning.html'))", cwd=tmp_path)
    assert "drawCharts" in (tmp_path / "tuning.html").read_text()
    assert "--at-least" in run(commands / "vision", "retrain", "--help", cwd=tmp_path)
    assert "--port" in run(commands / "words-and-images-page", "--help", cwd=tmp_path)
