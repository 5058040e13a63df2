"""Give every document its split, the published one where there is one."""

from pathlib import Path

from texts.documents import Collected
from texts.split import split_documents, write_split
from texts.stored_models import read_documents
from words_and_images.common.commandline import run_stage
from words_and_images.common.parameters import read_group
from words_and_images.retraining.split import SplitParameters


def main(documents: str, split: str) -> None:
    """Read the file `documents`, write the file `split`."""
    collected = Collected(read_documents(Path(documents)), {})
    write_split(split_documents(collected, read_group("text_split", SplitParameters)), Path(split))


if __name__ == "__main__":
    run_stage(main)
