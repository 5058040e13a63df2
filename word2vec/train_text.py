"""From a text to vectors in one call: what `word2vec train` does."""

import tempfile
from pathlib import Path
from typing import Any

from word2vec.training import train  # isort: skip (it comes before NumPy)

from common.files import refuse_foreign_folder
from common.progress import say
from word2vec.corpus import documents, origins
from word2vec.encoding import EncodedCorpus, encode
from word2vec.formats import write_vectors, writer_of
from word2vec.parameters import EncodeParameters, SkipgramParameters, TrainParameters

FILE_SUFFIXES = (".txt", ".vec", ".bin", ".gz", ".tsv")


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
    refuse_foreign_folder(out, "record.json")
    if out.suffix in FILE_SUFFIXES:
        writer_of(out)  # refuse the name before minutes of training
    with tempfile.TemporaryDirectory() as folder:
        encoded = Path(folder) / "encoded"
        encode(documents(corpus), encoded, encode_parameters)
        trained = train(EncodedCorpus.load(encoded), model, parameters, own)
    if out.suffix in FILE_SUFFIXES:
        write_vectors(out, trained.vocabulary.words, trained.tables.inputs)
    else:
        record: dict[str, Any] = {
            "source": corpus, "origins": [origin.describe() for origin in origins(corpus)]}
        trained.save(out, record)
    say(f"{len(trained.vocabulary):,} vectors of {parameters.dim} values in {out}")
