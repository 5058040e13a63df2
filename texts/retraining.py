"""The whole pipeline of texts in one go, from documents to a classifier."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from texts.classifier import Classifier
from texts.document import NOUN
from texts.documents import Collected, DocumentsParameters, collect_documents
from texts.folders import TEXT_CLASSIFIER
from texts.models import fit_model
from texts.parameters import ModelParameters
from texts.split import groups_of, split_documents
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
        split = split_documents(collected, recipe.split)
        classifier, chosen = _fitted(collected, split, recipe, vectors)
        evaluation = evaluate_texts(classifier, collected, split, recipe.classify.not_sure)
        record = {"documents": collected.source, **about,
                  **record_facts(recipe.parameters(), evaluation), "chosen": chosen,
                  "not_sure": recipe.classify.not_sure}
        Classifier(classifier.model, record).write(out)
        return split, evaluation


def _vectors(source: str | None) -> tuple["WordVectors | None", dict[str, Any]]:
    """The word vectors of a path, and what the record says of them."""
    if source is None:
        return None, {}
    from word2vec.vectors.vectors import load_vectors  # not above: most classifiers have none

    vectors = load_vectors(Path(source))
    return vectors, {"vectors": {"path": source, "words": len(vectors),
                                 "dim": int(vectors.vectors.shape[1])}}


def _fitted(
    collected: Collected, split: Split, recipe: Recipe, vectors: "WordVectors | None"
) -> tuple[Classifier, dict[str, Any]]:
    """A model of all documents but those of the test: models are compared by cross-validation."""
    rows = np.setdiff1d(np.arange(len(split.examples)), split.rows(TEST))
    groups = groups_of(split)
    fitted = fit_model(_texts(collected, rows), split.targets[rows], split.labels,
                       [groups[row] for row in rows], recipe.model, vectors)
    return Classifier(fitted.model), fitted.facts()


def evaluate_texts(
    classifier: Classifier, collected: Collected, split: Split, not_sure: float
) -> Evaluation:
    """The classifier's answers to the test documents of a split."""
    rows = split.rows(TEST)
    names = [split.examples[row].name for row in rows]
    return Evaluation(split.labels, names, split.targets[rows],
                      classifier.probabilities(_texts(collected, rows)), not_sure=not_sure,
                      noun=NOUN)


def _texts(collected: Collected, rows: Iterable[int] | NDArray[np.intp]) -> Sequence[str]:
    return [collected.documents[row].text for row in rows]


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
