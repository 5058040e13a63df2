"""Evaluate word vectors: analogies by section, and word pairs."""

from pathlib import Path

from word2vec.evaluation import EvaluateParameters, evaluate
from word2vec.vectors import load_vectors
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json
from words_and_images.common.parameters import read_group
from words_and_images.common.profile import place_of_source


def main(vectors: str, metrics: str, sections: str) -> None:
    """Write the scores as flat metrics, and the analogies by section."""
    evaluation = evaluate(load_vectors(Path(vectors)), read_group("evaluate", EvaluateParameters),
                          place_of_source)
    write_json(sections, evaluation.sections())
    write_json(metrics, evaluation.metrics())


if __name__ == "__main__":
    run_stage(main)
