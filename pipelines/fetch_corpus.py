"""Fetch the corpus: documents of plain text, one a line."""

from pathlib import Path

from word2vec.corpus import collect_corpus, refuse_foreign_text
from word2vec.parameters import CorpusParameters
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json
from words_and_images.common.parameters import read_group
from words_and_images.common.profile import place_of_source, source_of


def main(corpus: str, record: str) -> None:
    """Write the documents of ``corpus.source``, or of the profile's corpus, and their record."""
    parameters = read_group("corpus", CorpusParameters)
    refuse_foreign_text(Path(corpus), Path(record))
    source = source_of("corpus", parameters.source)
    place = place_of_source(source)
    collected = collect_corpus(place, Path(corpus), parameters)
    write_json(record, collected if place == source else {**collected, "source": source})


if __name__ == "__main__":
    run_stage(main)
