"""Bring in labelled documents: data/texts/NAME.jsonl and the record beside it."""

from pathlib import Path

from texts.documents import DocumentsParameters, collect_documents
from texts.parameters import SourcesParameters
from texts.stored_models import write_documents
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json
from words_and_images.common.parameters import read_group
from words_and_images.common.profile import place_of_source


def main(name: str, documents: str, record: str) -> None:
    """Write the `documents` of the source that ``texts.NAME`` names, and their `record`."""
    source = getattr(read_group("texts", SourcesParameters), name)
    collected = collect_documents(place_of_source(source), DocumentsParameters())
    write_documents(collected.documents, Path(documents))
    path = {"path": source} if "path" in collected.source else {}
    write_json(record, {"source": {**collected.source, **path}})


if __name__ == "__main__":
    run_stage(main)
