"""Two images shown at length: one with its distorted variants, one with what decided its answer."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vision.backbones.bottlenecks import open_for
from vision.classifier.classifier import Classifier
from vision.classifier.explanation import occlusion_drops, strongest_place
from vision.classifier.occlusion import Pixels, as_image
from vision.photos.distortions import DistortionParameters
from vision.photos.looks import Look
from vision.photos.variants import Inset, negative_label, training_variants
from vision.sheets.lettering import fitted
from words_and_images.common.files import write_json
from words_and_images.common.stored_paths import stored_path
from words_and_images.neural.arrays import FloatArray
from words_and_images.retraining.split import TRAINING, Example, Split

SHOWN_DISTORTIONS, SHOWN_INSETS = 5, 2
THUMBNAIL, LARGE = 200, 400  # pixels: the longer side of a variant, and of the explained image
GRID = 20  # rows and columns of the map that is kept: finer than the squares that cover the image
DIGITS = 4


def demonstrate(
    classifier: Classifier, split: Split, images: Path, answers: Sequence[dict[str, Any]],
    distortions: DistortionParameters, folder: Path,
) -> None:
    """Write both images with all that is to say of them into a new folder.

    Parameters
    ----------
    classifier : Classifier
    split : Split
        Its first training image of a class that is not "none of the others" is distorted.
    images : the folder that the split's paths begin in.
    answers : `vision.classifier.mistakes.prediction_rows` of the test images. The most confident
        mistake is explained; where there is none, the least sure answer of such a class.
    distortions : ranges of the variants. More are shown than the head has learnt from; none where
        it has learnt from none.
    folder : receives variants.json, explanation.json and the JPEG files that they name. Its
        `left_out` is the class that shows nothing, None where there is none.
    """
    folder.mkdir(parents=True)
    shown = _distorted_image(split)
    paths = [images / each.name for each in split.examples]
    looks = training_variants(_shown(distortions), split, paths)
    write_json(folder / "variants.json",
               _variants(classifier, shown, images, looks, distortions, folder))
    write_json(folder / "explanation.json",
               {"left_out": negative_label(split.labels),
                **_explanation(classifier, images, _explained_answer(answers, split), folder)})


def _distorted_image(split: Split) -> Example:
    """The first training image of a class that shows something."""
    training = [split.examples[row] for row in split.rows(TRAINING)]
    negative = negative_label(split.labels)
    return next(image for image in training if image.label != negative)


def _explained_answer(answers: Sequence[dict[str, Any]], split: Split) -> dict[str, Any]:
    """The most confident mistake, or else the least sure answer of a class that shows something."""
    wrong = [answer for answer in answers if answer["predicted"] != answer["label"]]
    if wrong:
        return max(wrong, key=_score)
    negative = negative_label(split.labels)
    positive = [answer for answer in answers if answer["label"] != negative]
    return min(positive or answers, key=_score)


def _score(answer: dict[str, Any]) -> float:
    return answer["scores"][answer["predicted"]]


def _shown(distortions: DistortionParameters) -> DistortionParameters:
    """The same ranges, and as many variants as are shown."""
    variants = max(distortions.variants, SHOWN_DISTORTIONS) if distortions.variants else 0
    insets = max(distortions.insets, SHOWN_INSETS) if distortions.insets else 0
    return replace(distortions, variants=variants, insets=insets)


def _variants(
    classifier: Classifier, image: Example, images: Path, looks: Sequence[Look],
    distortions: DistortionParameters, folder: Path,
) -> dict[str, Any]:
    """The image, then its variants, each as a file with the classifier's answer to it."""
    record = classifier.backbone.record
    picture = open_for(images / image.name, classifier.backbone)
    pictures = [picture, *(as_image(look(picture, record.height, record.width, image.sha256))
                           for look in looks)]
    kinds = ["original", *("inset" if isinstance(look, Inset) else "distorted" for look in looks)]
    learnt = {"original": 1, "distorted": distortions.variants, "inset": distortions.insets}
    rows = []
    for number, (each, kind) in enumerate(zip(pictures, kinds, strict=True)):
        name = f"variant_{number}.jpg"
        fitted(each, THUMBNAIL).save(folder / name, "JPEG", quality=85)
        label, score = classifier.top(classifier.classify([each])[0], 1)[0]
        rows.append({"file": name, "kind": kind, "answer": label, "score": round(score, DIGITS),
                     "learnt": kinds[:number].count(kind) < learnt[kind]})
    return {"path": image.name, "label": image.label, "variants": rows}


def _explanation(
    classifier: Classifier, images: Path, answer: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """What the answer to a test image rests on, on a grid over the image."""
    path = stored_path(answer["path"], "predictions.json")
    picture = open_for(images / path, classifier.backbone)
    fitted(picture, LARGE).save(folder / "explained.jpg", "JPEG", quality=85)
    drops = occlusion_drops(classifier, picture, classifier.labels.index(answer["predicted"]))
    return {"path": path, "label": answer["label"], "answer": answer["predicted"],
            "score": round(_score(answer), DIGITS), "file": "explained.jpg",
            "width": picture.width, "height": picture.height, "place": strongest_place(drops),
            "drops": on_grid(drops, GRID).round(DIGITS).tolist()}


def on_grid(drops: Pixels, cells: int) -> FloatArray:
    """The means of a map (height, width) over a grid, (cells, cells)."""
    size = (cells, cells)
    return np.asarray(Image.fromarray(drops).resize(size, Image.Resampling.BOX), np.float64)
