"""Encode the corpus: a vocabulary, and the words as memory-mapped ids."""

from pathlib import Path

from word2vec.corpus import encode, load_phrases
from word2vec.parameters import EncodeParameters
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import read_record
from words_and_images.common.parameters import read_group
from words_and_images.common.running import engine_of_the_pipeline, running


def main(corpus: str, record: str, phrases: str, encoded: str) -> None:
    """Write ids, document bounds and vocabulary of a text with one document a line."""
    origins = read_record(record, "origins")["origins"]
    parameters = read_group("encode", EncodeParameters).for_corpus(origins)
    passes = load_phrases(Path(phrases))
    with running(engine_of_the_pipeline()) as cluster:
        encode(Path(corpus), Path(encoded), parameters, passes, cluster=cluster)


if __name__ == "__main__":
    run_stage(main)
