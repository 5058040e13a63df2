"""The whole pipeline of texts in one go, from documents to a classifier."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from texts.classifier import Classifier
from texts.documents import DocumentsParameters, collect_documents
from texts.fitting import evaluate_model, fit_split, guessed_rows, tell_of_guessed
from texts.folders import TEXT_CLASSIFIER
from texts.parameters import ModelParameters
from texts.split import split_documents
from texts.stored_models import about_vectors
from texts.wordless import check_words
from words_and_images.common.files import refuse_unwritable
from words_and_images.common.own_files import refuse_among, refuse_foreign, refuse_input
from words_and_images.common.workspaces import temporary_files
from words_and_images.retraining.evaluation import ClassifyParameters, Evaluation
from words_and_images.retraining.record import record_facts
from words_and_images.retraining.split import TEST, Split, SplitParameters

if TYPE_CHECKING:
    from word2vec.vectors.vectors import WordVectors


@dataclass(frozen=True)
class Recipe:
    """What is made of which documents: the parameters of all steps.

    `documents` names its source; `vectors` is a folder or a file of word vectors, if they are
    wanted.
    """

    documents: DocumentsParameters
    split: SplitParameters = field(default_factory=SplitParameters)
    model: ModelParameters = field(default_factory=ModelParameters)
    classify: ClassifyParameters = field(default_factory=ClassifyParameters)
    vectors: str | None = None

    def parameters(self) -> dict[str, Any]:
        """What the classifier's record says of them, a group a step."""
        return {"split": asdict(self.split), "model": asdict(self.model)}

    def inputs(self) -> list[str]:
        """The paths that are read."""
        return [path for path in (self.documents.source, self.documents.test_documents,
                                  self.vectors) if path is not None]


def retrain_classifier(recipe: Recipe, out: Path) -> tuple[Split, Evaluation]:
    """Collect, divide, fit, test once on the test documents, and write.

    Parameters
    ----------
    recipe : Recipe
        With the source of the documents.
    out : Path
        Receives the classifier, as `texts.classifier.Classifier.write` writes it.

    Returns
    -------
    The split and the evaluation on its test documents.
    """
    with temporary_files(out):
        vectors, about = _vectors(recipe.vectors)
        collected = collect_documents(recipe.documents.source or "", recipe.documents)
        check_words(collected.documents, recipe.documents.source or "")
        split = split_documents(collected, recipe.split)
        texts = [document.text for document in collected.documents]
        fitted = fit_split(texts, split, recipe.model, vectors)
        evaluation = evaluate_model(fitted.model, texts, split, recipe.classify.not_sure)
        tested = [texts[row] for row in split.rows(TEST)]
        tell_of_guessed(evaluation, guessed_rows(fitted.model, tested))
        record = {"documents": collected.source, **about,
                  **record_facts(recipe.parameters(), evaluation), "chosen": fitted.facts(),
                  "not_sure": recipe.classify.not_sure}
        Classifier(fitted.model, record).write(out, recipe.model.megabytes)
        return split, evaluation


def _vectors(source: str | None) -> tuple["WordVectors | None", dict[str, Any]]:
    """The word vectors of a path, and what the record says of them."""
    if source is None:
        return None, {}
    from word2vec.vectors.vectors import load_vectors  # not above: most classifiers have none

    vectors = load_vectors(Path(source))
    return vectors, {"vectors": about_vectors(Path(source), vectors)}


def refuse_occupied(out: Path, recipe: Recipe) -> None:
    """UserError, before any work, where a classifier cannot be written or must not be.

    Writing replaces the whole folder, which must not hit anything but an older classifier, nor
    what the new one is made of; and in the documents' folder it would be read as documents.
    """
    refuse_unwritable(out)
    inputs = [Path(path).expanduser() for path in recipe.inputs()]
    refuse_input(out, inputs)
    for path in inputs:
        refuse_among(out, path)
    refuse_foreign(out, TEXT_CLASSIFIER)
