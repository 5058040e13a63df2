"""Compute the bottlenecks of every document to learn from: means of the vectors of its words."""

from pathlib import Path

from texts.bottlenecks import Bottlenecks
from texts.fitting import learnt_rows
from texts.folders import TEXT_BOTTLENECKS
from texts.models import Prepared
from texts.split import read_split
from texts.stored_models import read_documents, texts_of, write_bottlenecks
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.commandline import run_stage
from words_and_images.common.own_files import refuse_foreign


def main(documents: str, split_file: str, vectors: str, out: str) -> None:
    """Write the word vectors as they are used, and the means in the order of `learnt_rows`."""
    refuse_foreign(Path(out), TEXT_BOTTLENECKS)
    split = read_split(Path(split_file))
    texts = texts_of(read_documents(Path(documents)), split)
    bottlenecks = Bottlenecks.of(load_vectors(Path(vectors)))
    means = bottlenecks.means([texts[row] for row in learnt_rows(split)])
    write_bottlenecks(Prepared(bottlenecks, means), Path(out))


if __name__ == "__main__":
    run_stage(main)
