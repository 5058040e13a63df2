"""Evaluate word vectors: analogies by section, and word pairs."""

from pathlib import Path

from common.commandline import run_stage
from common.files import write_json
from common.parameters import read_group
from word2vec.evaluation import EvaluateParameters, evaluate
from word2vec.vectors import load_vectors


def main(vectors: str, metrics: str, sections: str) -> None:
    """Write the scores as flat metrics, and the analogies by section."""
    evaluation = evaluate(load_vectors(Path(vectors)), read_group("evaluate", EvaluateParameters))
    write_json(sections, evaluation.sections())
    write_json(metrics, evaluation.metrics())


if __name__ == "__main__":
    run_stage(main)
