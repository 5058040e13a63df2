"""Classifiers in NumPy, and a server in a thread, for tests of the page that need no training, or
a moment of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from texts.classifier import Classifier as TextClassifier
from texts.models import TextModel, fit_model
from texts.parameters import ModelParameters
from vision.backbones.record import BackboneRecord
from vision.classifier.classifier import Classifier
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.retraining.head import Head


class MeanColour:
    """A backbone in NumPy: the mean of each channel."""

    record = BackboneRecord("mean colour", 4, 4, 3, "x", "this test", "", "", "0" * 64)

    def features(self, images):
        return images.mean(axis=(1, 2))


def classifier_of(labels=("hotdog", "nothotdog"), **record) -> Classifier:
    """Logits are 4 (red - blue) and its opposite: hotdog is red."""
    weights = np.array([[4, -4], [0, 0], [-4, 4]], np.float32)
    network = Network([DenseLayer(weights, np.zeros(2, np.float32))])
    unscaled = Standardiser(np.zeros(3, np.float32), np.ones(3, np.float32))
    return Classifier(MeanColour(), Head([*labels], unscaled, network), record, 1)


DOCUMENTS = {"sport": ["The team won the match", "Our team lost the match by a goal",
                       "A late goal won the cup for the team"],
             "money": ["Shares fell on the market", "The bank raised its rate of interest",
                       "The market and the bank lost interest in shares"]}


def text_classifier_of(labels=("sport", "money"), **record) -> TextClassifier:
    """Of the DOCUMENTS, whose classes may have other names."""
    texts = [text for own in DOCUMENTS.values() for text in own]
    targets = np.repeat([0, 1], 3)
    scorer = fit_model(texts, targets, [*labels], texts, ModelParameters(kind="tfidf")).model.scorer
    return TextClassifier(TextModel("tfidf", [*labels], scorer, 0.2), record)


@contextmanager
def serving(application: Any) -> Iterator[tuple[str, int]]:
    """Serve an ASGI application as the page is served; its host and port."""
    from words_and_images_page.server import Server, listen  # not above: they need the extra app

    ready = threading.Event()
    with listen("127.0.0.1", 0) as listening:
        server = Server(application, ready.set)
        thread = threading.Thread(target=server.run, args=[[listening]])
        thread.start()
        try:
            assert ready.wait(30)
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join(10)
    assert not thread.is_alive()
