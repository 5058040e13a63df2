"""What the card of a classifier of texts says."""

from collections.abc import Mapping
from typing import Any

from words_and_images.common.errors import counted
from words_and_images.common.model_card import ModelCard, terms
from words_and_images.retraining.card import Subject, classifier_card

TEXTS = Subject("document", "text-classification", "texts.classifier",
                'classifier.classify([open("text.txt", encoding="utf-8").read()])[0].label',
                "It knows the words of its documents: of a text in another language it knows none, "
                "and refuses it, or few, and guesses.")


def text_card(record: Mapping[str, Any]) -> ModelCard:
    """The card of a classifier, of what its record says."""
    documents = record.get("documents", {})
    data = [terms("documents", documents)]
    if "test_documents" in documents:
        data.append(terms("documents of the test", {"name": documents["test_documents"]}))
    if vectors := record.get("vectors"):
        data += [terms("text of the word vectors", origin) for origin in vectors.get(
            "origins", ())] or [terms("word vectors", {"name": vectors["path"]})]
    title = f"Text classifier: {counted(len(record['labels']), 'label')} by {record['kind']}"
    return classifier_card(TEXTS, title, record, documents.get("name") or "not recorded", data,
                           record.get("parameters", {}))
