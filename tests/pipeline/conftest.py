"""Repositories (tests/tools/repositories.py) that the tests of the pipeline share."""

import fcntl
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from repositories import (
    PARAMETERS,
    Repository,
    copy_project,
    make_repository,
    save_small_model,
    set_parameters,
    write_corpus,
    write_pictures,
)

NAMES = ("first", "second")


@dataclass(frozen=True)
class Workspace:
    """A folder with parameters in it, where stages are run one by one."""

    folder: Path
    project: Repository

    def set(self, changes: dict) -> None:
        """Change values of params.yaml group by group."""
        set_parameters(self.folder, changes)

    def stage(self, name: str, *paths: str) -> subprocess.CompletedProcess:
        """Run a stage's script here."""
        script = self.project.folder / "pipelines" / f"{name}.py"
        return self.project.run(str(script), *paths, folder=self.folder)

    def refused(self, name: str, *paths: str) -> str:
        """The one sentence of a stage that refuses its input and leaves every file as it was."""
        before = self.files()
        finished = self.stage(name, *paths)
        assert finished.returncode == 2, finished.stderr
        lines = finished.stderr.splitlines()
        # Before the sentence there may be lines about progress.
        assert lines[-1].startswith(f"{name}: ") and lines[-1].endswith((".", "?"))
        assert "Traceback" not in finished.stderr and finished.stdout == ""
        assert self.files() == before
        return lines[-1]

    def files(self) -> dict[str, bytes]:
        """The content of every file here, hidden ones too."""
        return {str(path.relative_to(self.folder)): path.read_bytes()
                for path in sorted(self.folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Repository:
    """The project's files alone, for stages that are run one by one."""
    return Repository(copy_project(tmp_path_factory.mktemp("project") / "copy"))


@pytest.fixture
def workspace(project, tmp_path) -> Workspace:
    """A folder with the tiny configuration."""
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copyfile(project.folder / name, tmp_path / name)
    set_parameters(tmp_path, PARAMETERS)
    return Workspace(tmp_path, project)


@pytest.fixture(scope="session")
def pictures():
    """`write_pictures`."""
    return write_pictures


@pytest.fixture(scope="session")
def corpus():
    """`write_corpus`."""
    return write_corpus


@pytest.fixture(scope="session")
def finished_repositories(tmp_path_factory, worker_id) -> list[Repository]:
    """Two repositories made from the same inputs, each after its own `dvc repro`.

    Of several workers that run tests, the first makes them, and each has copies.
    """
    own = tmp_path_factory.getbasetemp()
    made = (own if worker_id == "master" else own.parent) / "repositories"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make_finished_repositories(made.with_suffix(".begun"))
            made.with_suffix(".begun").rename(made)
    shutil.copytree(made, own / "copies", symlinks=True)
    return [Repository(own / "copies" / name) for name in NAMES]


def make_finished_repositories(folder: Path) -> None:
    """Make them in a folder, both at once."""
    folder.mkdir()
    save_small_model(folder / "saved_model")
    repositories = [make_repository(folder / name, folder / "saved_model") for name in NAMES]
    running = [each.start("-m", "dvc", "repro", "--quiet") for each in repositories]
    for process in running:
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, output + errors


@pytest.fixture(scope="session")
def finished(finished_repositories) -> Repository:
    """A repository after `dvc repro`."""
    return finished_repositories[0]


@pytest.fixture(scope="module")
def ask(project, tmp_path_factory, corpus):
    """Run `word2vec` in a folder with a text, tiny.txt."""
    folder = tmp_path_factory.mktemp("words")
    corpus(folder / "tiny.txt")

    def run(*arguments: str):
        return project.run("-m", "word2vec.command_line", *arguments, folder=folder)

    run.folder = folder
    return run
