"""The sets of judged word pairs in a metrics file, which may be the user's own."""

from collections.abc import Mapping
from typing import Any

TITLES = {"wordsim353": "WordSim-353", "simlex999": "SimLex-999"}
_SUFFIX = "_spearman"


def pair_sets(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The sets' names as they stand in the metrics, with their titles."""
    names = [key.removesuffix(_SUFFIX) for key in metrics if key.endswith(_SUFFIX)]
    return {name: TITLES.get(name, name) for name in names}


def correlation(value: float | None) -> str:
    """A correlation with three digits; a dash where too few pairs are known for one."""
    return "-" if value is None else f"{value:.3f}"
