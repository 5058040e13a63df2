"""What a model of texts is, and how it is found."""

from dataclasses import dataclass

from words_and_images.common.parameters import require, require_choice

AUTO = "auto"
KINDS = ("tfidf", "vectors", "combined", "learnt")


@dataclass(frozen=True)
class ModelParameters:
    """Which model is fitted.

    Attributes
    ----------
    kind : str
        One of tfidf, vectors, combined and learnt; or auto.
    seed : int, 0 or more
        Of everything random.
    """

    kind: str = AUTO
    seed: int = 1

    def __post_init__(self) -> None:
        require_choice("kind", self.kind, (AUTO, *KINDS))
        require(self.seed >= 0, "seed", self.seed, "0 or more")
