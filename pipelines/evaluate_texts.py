"""Test the model on the documents kept aside: metrics, and the tables behind them."""

from pathlib import Path

from texts.fitting import evaluate_model
from texts.folders import TEXT_EVALUATION
from texts.split import read_split
from texts.stored_models import read_documents, read_model, texts_of
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json
from words_and_images.common.own_files import making, refuse_foreign
from words_and_images.common.parameters import read_group
from words_and_images.retraining.evaluation import ClassifyParameters


def main(documents: str, split_file: str, model_folder: str, metrics: str, details: str) -> None:
    """Write the file `metrics`, and what is behind it into the folder `details`."""
    refuse_foreign(Path(details), TEXT_EVALUATION)
    split = read_split(Path(split_file))
    texts = texts_of(read_documents(Path(documents)), split)
    model, facts = read_model(Path(model_folder))
    not_sure = read_group("classify", ClassifyParameters).not_sure
    evaluation = evaluate_model(model, texts, split, not_sure)
    mistakes = [{**row, "scores": None} for row in evaluation.predictions()
                if row["label"] != row["predicted"]]
    with making(details, TEXT_EVALUATION) as folder:
        folder.mkdir()
        for name, table in {"summary": {**evaluation.summary(), "chosen": facts},
                            "confusion": evaluation.confusion_rows(),
                            "calibration": evaluation.calibration_rows(),
                            "coverage": evaluation.coverage_rows(), "mistakes": mistakes}.items():
            write_json(folder / f"{name}.json", table)
    write_json(metrics, evaluation.metrics())


if __name__ == "__main__":
    run_stage(main)
