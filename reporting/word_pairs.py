"""The sets of word pairs and of questions in a metrics file, which may be the user's own."""

from collections.abc import Mapping
from typing import Any

TITLES = {"wordsim353": "WordSim-353", "simlex999": "SimLex-999", "men": "MEN",
          "rarewords": "Rare Words", "rg65": "RG-65", "mturk771": "MTurk-771", "msr": "MSR"}
HEADLINE = "analogies"  # what the scores of the first set of questions begin with


def pair_sets(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The names of the sets of word pairs as they stand in the metrics, with their titles."""
    return _titled(metrics, "_known")


def question_sets(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The names of the sets of questions but the first, with their titles."""
    sets = _titled(metrics, "_total")
    sets.pop(HEADLINE, None)
    return sets


def unknown_words(metrics: Mapping[str, Any]) -> str:
    """What has become of questions and pairs with unknown words."""
    if metrics["unknown_words"] == "skip":
        return "left out"
    return "questions wrong, pairs of similarity 0"


def correlation(value: float | None) -> str:
    """A correlation with three digits; a dash where too few pairs are known for one."""
    return "-" if value is None else f"{value:.3f}"


def _titled(metrics: Mapping[str, Any], suffix: str) -> dict[str, str]:
    names = [key.removesuffix(suffix) for key in metrics if key.endswith(suffix)]
    return {name: TITLES.get(name, name) for name in names}
