"""Pack a model of texts with its record into a folder that classifies: models/texts/NAME."""

from dataclasses import asdict
from pathlib import Path

from texts.classifier import Classifier
from texts.folders import TEXT_CLASSIFIER
from texts.parameters import ModelParameters
from texts.stored_models import about_vectors, read_model
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import read_record
from words_and_images.common.own_files import refuse_foreign
from words_and_images.common.parameters import read_group
from words_and_images.retraining.evaluation import ClassifyParameters
from words_and_images.retraining.split import SplitParameters


def main(record: str, model_folder: str, vectors: str, tested: str, classifier: str) -> None:
    """Write the folder `classifier`; `record` says where the documents are from, and `tested` how
    good the model is on those of the test."""
    refuse_foreign(Path(classifier), TEXT_CLASSIFIER)
    model, facts = read_model(Path(model_folder))
    test = read_record(tested)
    del test["chosen"]
    Classifier(model, {
        "documents": read_record(record, "source")["source"],
        "vectors": about_vectors(Path(vectors), load_vectors(Path(vectors))),
        "parameters": {"split": asdict(read_group("text_split", SplitParameters)),
                       "model": asdict(read_group("retrain_texts", ModelParameters))},
        "test": test, "chosen": facts,
        "not_sure": read_group("classify", ClassifyParameters).not_sure}).write(Path(classifier))


if __name__ == "__main__":
    run_stage(main)
