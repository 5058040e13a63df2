"""The wheel: it takes no name that others use, and does without the extras what it promises."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from project_imports import ROOT
from repositories import save_small_model, write_pictures

from words_and_images.common.extras import EXTRAS

TAKEN = ("common", "neural", "data", "app", "reporting", "retraining")  # by others, or by anyone
OURS = {"word2vec", "vision", "texts", "words_and_images", "words_and_images_page"}


COMMANDS = {"word2vec": ("train", "tune", "phrases", "nearest", "analogy", "similarity",
                         "odd-one-out", "evaluate", "convert"),
            "vision": ("retrain", "tune", "check", "classify", "evaluate", "explain", "show"),
            "texts": ("retrain", "evaluate", "classify", "explain", "show")}
# Read when Python starts: without the modules that extras bring, as after `pip install .`
CORE_ALONE = ("import os, sys; "
              "sys.modules.update(dict.fromkeys(os.environ.get('MISSING', '').split()))\n")


def ended(
    *command: object, cwd: Path, missing: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A command run to its end where those modules are not installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["MISSING"] = " ".join(missing)
    return subprocess.run([str(each) for each in command], cwd=cwd, env=environment, text=True,
                          capture_output=True)


def run(*command: object, cwd: Path, missing: tuple[str, ...] = ()) -> str:
    """What a command prints on standard output; it must end well."""
    finished = ended(*command, cwd=cwd, missing=missing)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of the project as it is, built in a copy: building leaves files behind."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("word2vec", "vision", "texts", "words_and_images", "words_and_images_page"):
        shutil.copytree(ROOT / name, folder / "source" / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "data/sources.yaml"):
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
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n" + CORE_ALONE)
    run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet",
        "--no-deps", "--no-index", wheel, cwd=folder)
    return folder / "bin" / "python"


def test_the_wheel_has_five_names_the_catalogue_and_the_terms(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == OURS
    assert "words_and_images/data/sources.yaml" in names
    assert "words_and_images_page/page.css" in names
    terms = {name.rpartition("/licenses/")[2] for name in names if "/licenses/" in name}
    assert terms >= {"LICENSE", "NOTICE"}


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


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_each_extra_brings_the_modules_that_it_is_asked_for(project):
    packages = {extra: {canonicalize_name(Requirement(each).name) for each in needs}
                for extra, needs in project["optional-dependencies"].items()}
    core = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    for module, extra in EXTRAS.items():
        assert canonicalize_name(module) in packages[extra] - core
    everything = packages["all"] | {canonicalize_name(module) for module in EXTRAS}
    for extra in ("images", "plots", "pipeline", "app", "cluster", "tune"):
        assert packages[extra] - {"setuptools", "dvclive"} <= everything
        assert extra in re.search(r"\[(.*)\]", project["optional-dependencies"]["all"][0])[1]


@pytest.mark.parametrize("program", COMMANDS)
def test_every_command_is_there_without_any_extra(python, program, tmp_path):
    listed = run(python.parent / program, "--help", cwd=tmp_path, missing=tuple(EXTRAS))
    assert all(re.search(rf"^\W+{name}\s", listed, re.M) for name in COMMANDS[program])
    for name in COMMANDS[program]:
        assert "--help" in run(python.parent / program, name, "--help", cwd=tmp_path,
                               missing=tuple(EXTRAS))


def test_photos_are_classified_judged_and_explained_without_any_extra(python, tmp_path):
    vision = python.parent / "vision"
    write_pictures(tmp_path / "photos")
    save_small_model(tmp_path / "backbone")
    run(vision, "retrain", "photos", "classifier", "--backbone", "backbone", "--quiet",
        cwd=tmp_path)
    photo = next((tmp_path / "photos").rglob("*.bmp"))
    core = {"cwd": tmp_path, "missing": tuple(EXTRAS)}
    assert f"{photo.parent.name} (score = " in run(vision, "classify", "classifier", photo, **core)
    assert "accuracy" in run(vision, "evaluate", "classifier", "photos", "--mistakes",
                             "mistakes.png", **core)
    assert (tmp_path / "mistakes.png").stat().st_size > 1000
    run(vision, "explain", "classifier", photo, **core)
    assert (tmp_path / f"{photo.stem}-explained.png").stat().st_size > 1000


@pytest.mark.parametrize(("command", "module", "extra"), [
    (("vision", "retrain", "photos", "classifier"), "tensorflow", "images"),
    (("vision", "check", "photos"), "tensorflow", "images"),
    (("vision", "tune", "photos", "classifier"), "optuna", "tune"),
    (("word2vec", "tune", "text.txt", "vectors"), "optuna", "tune"),
    (("word2vec", "train", "text.txt", "vectors", "--engine", "dask"), "distributed", "cluster"),
    (("words-and-images-page", "--port", "0"), "gradio", "app")])
def test_without_its_extra_a_command_says_what_to_install(python, tmp_path, command, module, extra):
    write_pictures(tmp_path / "photos", count=3)
    (tmp_path / "text.txt").write_text("the king and the queen of the land\n" * 40)
    before = sorted(tmp_path.rglob("*"))
    told = ended(python.parent / command[0], *command[1:], cwd=tmp_path, missing=tuple(EXTRAS))
    assert told.returncode == 2
    assert told.stderr.splitlines()[-1] == (
        f"this needs {module}, which is not installed; install it with pip install "
        f"'.[{extra}]' in the project's folder.")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_page_is_served_in_an_empty_folder(python, tmp_path):
    vectors = tmp_path / "vectors"
    (tmp_path / "text.txt").write_text("the king and the queen of the land\n" * 40)
    run(python.parent / "word2vec", "train", "text.txt", vectors, "--quiet", cwd=tmp_path)
    page = subprocess.Popen(
        [str(python.parent / "words-and-images-page"), "--vectors", str(vectors), "--port", "0"],
        cwd=tmp_path, text=True, stdout=subprocess.PIPE)
    try:
        address = re.search(r"open (http://\S+)", page.stdout.readline())[1]
        with urllib.request.urlopen(address) as answer:
            assert b"gradio" in answer.read()
    finally:
        page.terminate()
        page.communicate(timeout=20)
