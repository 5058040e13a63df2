"""Trials as experiments of DVC, which `dvc exp show` lists and `dvc exp apply` takes over.

An experiment of DVC is a commit that no branch has: its parent is the commit that it began from,
and it is named by a reference, refs/exps/<that commit>/<name>. A trial trains nothing that a stage
would, so there is nothing for DVC to run or to keep: its commit is what the working tree has, with
the trial's parameters and a file of its scores. git makes it without touching working tree or
index, whole or not at all.
"""

import hashlib
import json
import math
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from words_and_images.common.errors import UserError
from words_and_images.common.parameters import PARAMETERS_FILE
from words_and_images.common.workspaces import workspace
from words_and_images.tuning.parameters_file import with_changed
from words_and_images.tuning.space import Values
from words_and_images.tuning.study import Confirmed, Study, Tried

METRICS_FILE = "results/metrics/tuning.json"
AUTHOR = "words-and-images <tuning@localhost>"


class Experiments:
    """Records trials as experiments that began from the last commit and what has changed since.

    Parameters
    ----------
    root : Path
        Of the DVC repository.

    Raises
    ------
    UserError
        Where git is missing, and for a folder that is in no repository with a commit.
    """

    def __init__(self, root: Path = Path()) -> None:
        self._root = root
        self._commit = self._git("rev-parse", "--verify", "HEAD")
        self._prefix = self._git("rev-parse", "--show-prefix")
        self._parameters = (root / PARAMETERS_FILE).read_text(encoding="utf-8")
        self._tree = self._working_tree()
        self._recorded: dict[str, str] = {}

    def record(self, trials: Mapping[str, tuple[Values, Mapping[str, Any]]]) -> None:
        """Record values and scores of trials by the experiments' names, as far as they are new."""
        commands = {name: self._commands(name, *trial) for name, trial in trials.items()}
        new = {name: text for name, text in commands.items() if self._recorded.get(name) != text}
        if new:
            self._git("fast-import", "--quiet", "--force", "--date-format=now",
                      given="".join(new.values()))
            self._recorded.update(new)

    def _commands(self, name: str, values: Values, metrics: Mapping[str, Any]) -> str:
        """What makes the commit of a trial, for `git fast-import`."""
        files = {str(PARAMETERS_FILE): with_changed(self._parameters, values),
                 METRICS_FILE: f"{json.dumps(metrics, indent=2)}\n"}
        reference = f"refs/exps/{self._commit[:2]}/{self._commit[2:]}/{name}"
        return "".join([
            f"commit {reference}\ncommitter {AUTHOR} now\n", _data(f"trial {name}"),
            f"from {self._commit}\n", f'M 040000 {self._tree} ""\n',
            *(f"M 100644 inline {self._prefix}{path}\n{_data(text)}"
              for path, text in files.items()), "\n"])

    def _working_tree(self) -> str:
        """The tree of all that git follows, as it is now."""
        index = self._root / self._git("rev-parse", "--git-path", "index")
        with workspace() as folder:
            if index.exists():
                shutil.copy2(index, folder / "index")
            environment = {"GIT_INDEX_FILE": str(folder / "index")}
            self._git("add", "--update", ":/", environment=environment)
            return self._git("write-tree", environment=environment)

    def _git(
        self, *arguments: str, given: str = "", environment: Mapping[str, str] | None = None
    ) -> str:
        try:
            return subprocess.run(
                ["git", *arguments], cwd=self._root, input=given.encode(), check=True,
                env={**os.environ, **(environment or {})}, capture_output=True,
            ).stdout.decode().strip()
        except FileNotFoundError:
            raise UserError("trials are recorded by git, which is not installed; install it, or "
                            "search without recording.") from None
        except subprocess.CalledProcessError as error:
            *_, reason = error.stderr.decode(errors="replace").strip().splitlines() or ["no reason"]
            raise UserError(f"git cannot record trials ({reason}); record in a git repository with "
                            "a commit, or search without recording.") from None


def trials_of(study: Study, name: str) -> dict[str, tuple[Values, dict[str, Any]]]:
    """What `Experiments.record` takes of the trials of a study, by names that are its own."""
    digest = hashlib.sha256(json.dumps(study.identity, sort_keys=True).encode()).hexdigest()[:4]
    further = {each.number: each for each in study.confirmed}
    usual = [study.defaults] if study.defaults and study.defaults.number < 0 else []
    return {
        f"tune-{name}-{digest}-{'defaults' if each.number < 0 else each.number}":
            (each.values, _metrics(study.measure, each, further.get(each.number)))
        for each in (*study.tried, *usual) if each.course}


def _metrics(measure: str, tried: Tried, confirmed: Confirmed | None) -> dict[str, Any]:
    """Scores with flat names: with the search's seed, and the mean with further ones."""
    metrics = {"score": tried.course[-1], "state": tried.state, "measure": measure,
               "seconds": round(tried.seconds, 2), **tried.also}
    if confirmed:
        metrics["confirmed_score"] = float(np.mean(confirmed.scores))
    if confirmed and confirmed.interval:
        metrics |= {"more_than_defaults": confirmed.difference,
                    "interval_low": confirmed.interval[0], "interval_high": confirmed.interval[1]}
    return {name: value for name, value in metrics.items()
            if not isinstance(value, float) or math.isfinite(value)}


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
