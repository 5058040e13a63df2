"""From a text to vectors in one call: what `word2vec train` does."""

import tempfile
from pathlib import Path
from typing import Any

from word2vec.training import train  # isort: skip (it comes before NumPy)

from common.errors import UserError
from common.files import refuse_foreign_folder
from common.progress import say
from word2vec.corpus import documents, origins
from word2vec.encoding import EncodedCorpus, encode
from word2vec.formats import read_vectors, write_vectors, writer_of
from word2vec.parameters import EncodeParameters, SkipgramParameters, TrainParameters
from word2vec.text import text_files


def train_text(
    corpus: str, out: Path, model: str, encode_parameters: EncodeParameters,
    parameters: TrainParameters, own: SkipgramParameters,
) -> None:
    """Train on a text and write the vectors.

    Parameters
    ----------
    corpus : a path or a name of the catalogue, as the pipeline's ``corpus.source``.
    out : a folder to write, or a file whose extension names a word2vec format.
    model : skipgram or cbow.
    encode_parameters, parameters, own : as in the pipeline.

    Raises
    ------
    UserError
        For a corpus that cannot be used, and a place that cannot be written to.
    """
    as_file = _refuse_place(out, corpus)  # before minutes of training
    with tempfile.TemporaryDirectory() as folder:
        encoded = Path(folder) / "encoded"
        encode(documents(corpus), encoded, encode_parameters)
        trained = train(EncodedCorpus.load(encoded), model, parameters, own)
    if as_file:
        write_vectors(out, trained.vocabulary.words, trained.tables.inputs)
    else:
        record: dict[str, Any] = {
            "source": corpus, "origins": [origin.describe() for origin in origins(corpus)]}
        trained.save(out, record)
    say(f"{len(trained.vocabulary):,} vectors of {parameters.dim} values in {out}")


def _refuse_place(out: Path, corpus: str) -> bool:
    """Refuse to write where something else stands; return whether `out` names a file."""
    refuse_foreign_folder(out, "record.json")
    if out.is_dir() or not out.suffix or out.suffix[1:].isdigit():
        return False  # a folder, of a name like vectors or vectors-1.0
    writer_of(out)
    if out.resolve() in {path.resolve() for path in text_files(corpus)}:
        raise UserError(f"{out} is part of the corpus; name another place for the vectors.")
    if out.exists():
        _refuse_foreign_file(out)
    return True


def _refuse_foreign_file(out: Path) -> None:
    try:
        read_vectors(out, limit=1)
    except UserError:
        raise UserError(f"{out} exists and holds no word vectors; name a new file.") from None
