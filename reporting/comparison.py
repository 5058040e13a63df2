"""What moved since the last committed run: its scores and parameters beside today's."""

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from words_and_images.common.files import read_json

SMALLER_IS_BETTER = ("log_loss", "brier", "calibration_error")
# What says how something was counted, and not how good it is; but a label may be called so.
NEUTRAL = ("_total", "_asked", "_known", "_bound", "_count", "_correct", "not_sure",
           "constant_accuracy")
OF_LABELS = ("precision_", "recall_", "f1_", "interval_")


@dataclass(frozen=True)
class Commit:
    """The commit that the scores were last committed with."""

    name: str
    date: str
    subject: str


@dataclass(frozen=True)
class Moved:
    """A score or a parameter that is not what it was; None where it is new or gone.

    `better` tells whether a score has improved; None where neither is better.
    """

    name: str
    before: Any
    now: Any
    better: bool | None = None

    @property
    def change(self) -> float | None:
        """How much a number has grown."""
        if _is_number(self.before) and _is_number(self.now):
            return float(self.now - self.before)
        return None


@dataclass(frozen=True)
class Comparison:
    """Today's run beside the last committed one.

    Parameters
    ----------
    commit : of the earlier run, None where there is none.
    reason : why there is none.
    scores, parameters : what moved; scores by the name of their file.
    unmoved : how many scores are what they were, to the last bit.
    """

    commit: Commit | None
    reason: str = ""
    scores: tuple[tuple[str, Moved], ...] = ()
    parameters: tuple[Moved, ...] = ()
    unmoved: int = 0


def compare_with_last_commit(metrics: Path, parameters: Path) -> Comparison:
    """Compare the metrics files of a folder, and a parameters file, with the last commit's.

    Outside a git repository, before the first commit and where no scores are committed there is
    nothing to compare with, and the reason is told.
    """
    try:
        commit = _last_commit(metrics)
    except (OSError, subprocess.CalledProcessError) as error:
        return Comparison(None, _reason(error))
    if commit is None:
        return Comparison(None, f"no commit holds {metrics} yet")
    try:
        scores, unmoved = _moved_scores(metrics)
        before = _table(_committed(parameters), parameters)
    except (ValueError, yaml.YAMLError) as error:
        return Comparison(None, f"what commit {commit.name} holds cannot be read "
                                f"({str(error).splitlines()[0]})")
    today = _table(parameters.read_text(encoding="utf-8"), parameters)
    changed = tuple(replace(each, better=None) for each in differences(before, today))
    return Comparison(commit, "", tuple(scores), changed, unmoved)


def _moved_scores(metrics: Path) -> tuple[list[tuple[str, Moved]], int]:
    """What moved in the files that are there or were, and how many scores did not."""
    listed = _git(metrics, "ls-tree", "--name-only", "HEAD", f"{metrics.name}/").split()
    paths = {path.name: path for path in metrics.glob("*.json")}
    paths |= {Path(name).name: metrics / Path(name).name for name in listed
              if name.endswith(".json")}
    scores: list[tuple[str, Moved]] = []
    unmoved = 0
    for _, path in sorted(paths.items()):
        now = _flat(read_json(path)) if path.exists() else {}
        moved = differences(_table(_committed(path), path), now)
        unmoved += len(set(now) - {each.name for each in moved})
        scores += [(path.stem, each) for each in moved]
    return scores, unmoved


def _table(text: str, path: Path) -> dict[str, Any]:
    """The leaves of a JSON or YAML file by their dotted names; ValueError where it is no table."""
    tree = (yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text or "{}")) or {}
    if not isinstance(tree, dict):
        raise ValueError(f"{path.name} holds no table")
    return _flat(tree)


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[Moved]:
    """What two flat tables of scores do not agree on: those of `now`, then what is gone."""
    names = [*now, *(name for name in before if name not in now)]
    return [Moved(name, before.get(name), now.get(name),
                  _better(name, before.get(name), now.get(name)))
            for name in names if before.get(name) != now.get(name)]


def _better(name: str, before: Any, now: Any) -> bool | None:
    neutral = name.endswith(NEUTRAL) and not name.startswith(OF_LABELS)
    if neutral or not (_is_number(before) and _is_number(now)):
        return None
    return bool((now < before) == name.startswith(SMALLER_IS_BETTER))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _last_commit(path: Path) -> Commit | None:
    """The last commit that changed a path; None where none has."""
    line = _git(path, "log", "-1", "--format=%h%x00%cs%x00%s", "--", path.name)
    return Commit(*line.rstrip("\n").split("\0")) if line else None


def _committed(path: Path) -> str:
    """A file as the last commit has it, empty where it has none."""
    try:
        return _git(path, "show", f"HEAD:./{path.name}")
    except subprocess.CalledProcessError:
        return ""


def _git(path: Path, *arguments: str) -> str:
    """What git says in the folder that a path is in."""
    return subprocess.run(["git", *arguments], cwd=path.absolute().parent, capture_output=True,
                          text=True, check=True, encoding="utf-8", stdin=subprocess.DEVNULL).stdout


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = error.stderr.strip().splitlines()
        return lines[0] if lines else f"git ended with exit code {error.returncode}"
    return "git is not installed"


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The leaves of nested tables by their dotted names."""
    leaves: dict[str, Any] = {}
    for name, value in tree.items():
        key = f"{prefix}{name}"
        leaves.update(_flat(value, f"{key}.") if isinstance(value, dict) else {key: value})
    return leaves
