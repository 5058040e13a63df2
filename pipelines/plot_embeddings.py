"""Draw countries and capitals along the first two principal components of their vectors."""

from pathlib import Path

from common.commandline import run_stage
from word2vec.plots import COUNTRIES_AND_CAPITALS, plot_pairs
from word2vec.vectors import load_vectors


def main(vectors: str, svg: str, png: str) -> None:
    """Write the picture twice, in the formats that the file names end in."""
    plot_pairs(load_vectors(Path(vectors)), COUNTRIES_AND_CAPITALS, [Path(svg), Path(png)])


if __name__ == "__main__":
    run_stage(main)
