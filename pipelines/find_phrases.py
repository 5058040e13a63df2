"""Find phrases: words that stand together far more often than by chance."""

from pathlib import Path

from word2vec.corpus import lines, phrases_of, refuse_foreign_phrases, save_phrases
from word2vec.parameters import EncodeParameters, PhraseParameters
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import read_record
from words_and_images.common.parameters import read_group


def main(corpus: str, record: str, phrases: str) -> None:
    """Write the phrases of a text with one document a line, or none where no pass is asked for."""
    refuse_foreign_phrases(phrases)
    parameters = read_group("phrases", PhraseParameters)
    origins = read_record(record, "origins")["origins"]
    encode = read_group("encode", EncodeParameters).for_corpus(origins)
    passes = phrases_of(lines(Path(corpus)), encode, parameters)
    save_phrases(passes, Path(phrases))


if __name__ == "__main__":
    run_stage(main)
