"""A corpus without the test documents of the collections, so that vectors may learn from it.

The embedded corpus holds the collections of `benchmarks.texts` as a whole. Vectors that have seen
the documents of a test, if without their labels, have an advantage there; how large it is shows
beside vectors that have not. ``python -m benchmarks.texts_corpus data/corpus.txt OUT`` writes what
these learn from.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from texts.documents import DocumentsParameters, read_documents
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import replacing
from words_and_images.common.progress import say
from words_and_images.retraining.split import TEST

COLLECTIONS = {"R8": "reuters_r8", "R52": "reuters_r52", "20 Newsgroups": "newsgroups_20"}

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


def plain(text: str) -> str:
    """A document as a line of a corpus."""
    return " ".join(text.split())


def test_documents(sources: Iterable[str]) -> set[str]:
    """The documents of the test parts of some sources, as lines."""
    return {plain(document.text) for source in sources
            for document in read_documents(source, DocumentsParameters())
            if document.split == TEST}


@application.command()
def write(
    corpus: Annotated[Path, typer.Argument(help="a document a line, as corpus.txt")],
    out: Annotated[Path, typer.Argument(help="the same without the test documents")],
) -> None:
    """Leave out every line that is a test document."""
    left_out = test_documents(COLLECTIONS.values())
    kept = dropped = 0
    with (corpus.open(encoding="utf-8") as lines, replacing(out) as temporary,
          temporary.open("w", encoding="utf-8") as output):
        for line in lines:
            if plain(line) in left_out:
                dropped += 1
            else:
                output.write(line)
                kept += 1
    if not dropped:
        raise UserError(f"{corpus} has none of {counted(len(left_out), 'test document')}; give the "
                        "embedded corpus.")
    say(f"left out {counted(dropped, 'line')} of {len(left_out):,} different test documents; "
        f"{counted(kept, 'line')} in {out}")


if __name__ == "__main__":
    run_application(application)
