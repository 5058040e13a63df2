"""One piece of work on photos, in a process of its own that `images_contenders` starts.

By this project, or as a user of Keras and scikit-learn would write it. Timed is the work alone, on
networks that are loaded and have run before; where a cold start is what matters, the whole process
is timed from outside.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.train_once import Clock

BATCH_SIZE = 32  # of model.predict
KERAS_SIZE = (299, 299)
WARM_UP = 8  # photos, more than there are workers on most machines
EXPORT_CHECKED = 4  # photos on which an exported SavedModel is compared: here its speed is wanted

Figures = dict[str, Any]


def prepare_backbone(source: str, inference: str | None) -> Figures:
    """Make a backbone, or find it in the cache folder: where it is, and its record."""
    from dataclasses import asdict

    from vision.backbones import BackboneParameters, BackboneRecord
    from vision.retraining import cached_backbone

    folder = cached_backbone(BackboneParameters(source, inference=inference))
    return {"folder": str(folder), "record": asdict(BackboneRecord.read(folder))}


def extract_here(
    photos: str, backbone: str, looks: list[str], output: str | None = None
) -> Figures:
    """This project's bottlenecks, with nothing cached."""
    from vision.backbones import extract_bottlenecks, load_backbone
    from vision.photos import prediction_looks

    network, views = load_backbone(Path(backbone)), prediction_looks(looks)

    def extract(paths: list[Path]) -> Any:
        # Places instead of hashes: a photo that is there twice is worked on twice.
        hashes = [f"{place:064x}" for place in range(len(paths))]
        with tempfile.TemporaryDirectory() as cache:
            return extract_bottlenecks(paths, hashes, network, Path(cache), views)

    paths = _paths(photos)
    extract(paths[:WARM_UP])
    return _timed(lambda: extract(paths), output)


def extract_variants(photos: str, split: str, backbone: str, output: str) -> Figures:
    """This project's bottlenecks of the distorted training photos, as many as by default."""
    from vision.backbones import extract_bottlenecks, load_backbone
    from vision.photos import DistortionParameters, read_split, training_variants
    from words_and_images.retraining import TRAINING

    known, paths = read_split(Path(split)), _paths(photos)
    training = known.rows(TRAINING)
    looks = training_variants(DistortionParameters(), known, paths)
    hashes = [known.examples[row].sha256 for row in training]
    network = load_backbone(Path(backbone))

    def extract(rows: list[Path]) -> Any:
        with tempfile.TemporaryDirectory() as cache:
            return extract_bottlenecks(rows, hashes, network, Path(cache), looks)

    return _timed(lambda: extract([paths[row] for row in training]), output)


def extract_keras(photos: str, weights: str, output: str | None = None) -> Figures:
    """Inception-v3 of keras.applications with `model.predict`, a batch at a time."""
    import keras
    import numpy as np
    from keras.applications.inception_v3 import InceptionV3, preprocess_input

    model = InceptionV3(include_top=False, weights=weights, pooling="avg")
    paths = _paths(photos)
    batches = [paths[start:start + BATCH_SIZE] for start in range(0, len(paths), BATCH_SIZE)]

    def features_of(batch: list[Path]) -> Any:
        pictures = [keras.utils.load_img(path, target_size=KERAS_SIZE) for path in batch]
        images = np.stack([keras.utils.img_to_array(picture) for picture in pictures])
        return model.predict(preprocess_input(images), verbose=0)

    for batch in (batches[0], batches[-1]):  # another size of batch is compiled anew
        features_of(batch)
    return _timed(lambda: np.concatenate([features_of(batch) for batch in batches]), output)


def retrain_here(
    features: str, variants: str, split: str, heldout: str, output: str | None = None
) -> Figures:
    """This project's head with its defaults, kept in `output`, and what it gets right."""
    import numpy as np

    from vision.photos import read_split
    from words_and_images.retraining import RetrainParameters, retrain

    known, bottlenecks = read_split(Path(split)), np.load(features)
    distorted = np.load(variants)
    clock = Clock()
    head = retrain(bottlenecks[:len(known.examples)], known, RetrainParameters(), distorted)
    figures = clock.figures()
    if output:
        head.save(Path(output))
    predicted = head.probabilities(bottlenecks).argmax(axis=1)
    return {**figures, **_right(predicted, known, heldout)}


def retrain_sklearn(
    features: str, split: str, heldout: str, output: str | None = None
) -> Figures:
    """Logistic regression of scikit-learn on standardised features, and what it gets right."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from vision.photos import read_split
    from words_and_images.retraining import TRAINING

    known, bottlenecks = read_split(Path(split)), np.load(features)
    bottlenecks = bottlenecks.reshape(len(bottlenecks), -1)  # one look, or Keras' rows
    training = known.rows(TRAINING)
    clock = Clock()
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    classifier.fit(bottlenecks[training], known.targets[training])
    figures = clock.figures()
    if output:
        np.savez(output, **_dense_layer(*classifier.named_steps.values()))
    return {**figures, **_right(classifier.predict(bottlenecks), known, heldout)}


def export_here(backbone: str, head: str, photos: str, looks: list[str], output: str) -> Figures:
    """This project's classifier of a backbone and a head, with its SavedModel."""
    from vision.classifier import ExportParameters, export_classifier
    from words_and_images.retraining import Head

    export_classifier(Path(backbone), Head.load(Path(head)), _paths(photos), {"looks": looks},
                      Path(output), ExportParameters(lite=False, images=EXPORT_CHECKED))
    return {}


def save_keras(weights: str, dense_layer: str, output: str) -> Figures:
    """Inception-v3 and scikit-learn's head as one model of Keras, as a user would keep it."""
    import keras
    import numpy as np
    from keras.applications.inception_v3 import InceptionV3

    network = InceptionV3(include_top=False, weights=weights, pooling="avg")
    with np.load(dense_layer) as arrays:
        values = [arrays["weights"], arrays["bias"]]
    head = keras.layers.Dense(len(values[1]), activation="softmax")
    model = keras.Model(network.input, head(network.output))
    head.set_weights(values)
    model.save(output)
    return {}


def classify_here(model: str, photo: str) -> Figures:
    """`vision classify` inside this process, to see what it has imported."""
    from vision.command_line import main

    sys.argv[1:] = ["classify", model, photo]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
    return {"tensorflow": "tensorflow" in sys.modules}


def classify_keras(model: str, photo: str) -> Figures:
    """A user's script: a photo through a whole model of Keras."""
    import keras
    from keras.applications.inception_v3 import preprocess_input

    classifier = keras.models.load_model(model)
    picture = keras.utils.load_img(photo, target_size=KERAS_SIZE)
    images = preprocess_input(keras.utils.img_to_array(picture)[None])
    scores = classifier.predict(images, verbose=0)[0]
    return {"scores": scores.tolist(), "tensorflow": "tensorflow" in sys.modules}


def classify_saved_model(model: str, photo: str, size: list[int]) -> Figures:
    """A user's script: a photo through the exported SavedModel, by TensorFlow."""
    import tensorflow as tf

    classifier = tf.saved_model.load(model)
    content = tf.io.read_file(photo)
    picture = tf.io.decode_image(content, channels=3, expand_animations=False)
    images = tf.image.resize(picture[None], size, antialias=True) / 255
    return {"scores": classifier(images).numpy()[0].tolist(), "tensorflow": True}


def _paths(listed: str) -> list[Path]:
    return [Path(line) for line in json.loads(Path(listed).read_text(encoding="utf-8"))]


def _timed(extract: Callable[[], Any], output: str | None) -> Figures:
    """What an extraction takes; its features are kept in `output`."""
    import numpy as np

    clock = Clock()
    features = extract()
    figures = clock.figures()
    if output:
        np.save(output, features)
    return {**figures, "photos": len(features)}


def _right(predicted: Any, split: Any, heldout: str) -> Figures:
    """[right, all] of the test images, and of the held-out ones, whose labels are in a file."""
    from words_and_images.retraining import TEST

    test, images = split.rows(TEST), len(split.examples)
    targets = json.loads(Path(heldout).read_text(encoding="utf-8"))
    hits = predicted[test] == split.targets[test]
    others = predicted[images:] == targets
    return {"test": [int(hits.sum()), len(test)],
            "heldout": [int(others.sum()), len(targets)] if targets else None}


def _dense_layer(scaler: Any, regression: Any) -> Figures:
    """Scaling and regression as weights (features, classes) and bias of a layer before softmax."""
    import numpy as np

    weights, bias = regression.coef_.T, regression.intercept_
    if weights.shape[1] == 1:  # of two classes it holds the second one only
        weights, bias = np.hstack([0 * weights, weights]), np.append(0, bias)
    scaled = weights / scaler.scale_[:, None]
    return {"weights": scaled.astype(np.float32),
            "bias": (bias - scaler.mean_ @ scaled).astype(np.float32)}


WORK: dict[str, Callable[..., Figures]] = {
    work.__name__: work for work in (
        prepare_backbone, extract_here, extract_variants, extract_keras, retrain_here,
        retrain_sklearn, export_here, save_keras, classify_here, classify_keras,
        classify_saved_model)}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](**json.loads(sys.argv[2]))))
