"""Learn labels from documents by every kind of model, and keep the best: models/text_models/NAME.
"""

from pathlib import Path

from texts.fitting import fit_split
from texts.folders import TEXT_MODEL
from texts.parameters import ModelParameters
from texts.split import read_split
from texts.stored_models import read_bottlenecks, read_documents, texts_of, write_model
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.commandline import run_stage
from words_and_images.common.own_files import refuse_foreign
from words_and_images.common.parameters import read_group


def main(documents: str, split_file: str, bottlenecks: str, vectors: str, model: str) -> None:
    """Read what the stages before have written, write the folder `model`."""
    refuse_foreign(Path(model), TEXT_MODEL)
    split = read_split(Path(split_file))
    texts = texts_of(read_documents(Path(documents)), split)
    fitted = fit_split(texts, split, read_group("retrain_texts", ModelParameters),
                       load_vectors(Path(vectors)), read_bottlenecks(Path(bottlenecks)))
    write_model(fitted, Path(model))


if __name__ == "__main__":
    run_stage(main)
