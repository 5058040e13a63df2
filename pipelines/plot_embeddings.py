"""Draw countries and capitals along two principal components, and place the frequent words."""

from pathlib import Path

from word2vec.evaluation import COUNTRIES_AND_CAPITALS, map_table, pair_rows, plot_pairs
from word2vec.vectors import load_vectors
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json


def main(vectors: str, svg: str, png: str, pairs: str, word_map: str) -> None:
    """Write the picture twice, in the formats that the file names end in, and what it shows.

    `pairs` receives the points of the picture, `word_map` those of the most frequent words with
    their neighbours, both as JSON.
    """
    opened = load_vectors(Path(vectors))
    picture = plot_pairs(opened, COUNTRIES_AND_CAPITALS, [Path(svg), Path(png)])
    write_json(pairs, pair_rows(picture))
    write_json(word_map, map_table(opened), indent=None)


if __name__ == "__main__":
    run_stage(main)
