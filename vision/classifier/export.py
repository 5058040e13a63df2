"""The classifier's folder, and in it the files that classify without this project."""

import hashlib
import math
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vision.backbones.backbone import Backbone, load_backbone
from vision.backbones.bottlenecks import open_for
from vision.backbones.record import FLOAT32, INT8, TENSORFLOW, UNSTATED, BackboneRecord
from vision.classifier.card import photo_card
from vision.classifier.classifier import BACKBONE_FOLDER, WHOLE, Classifier
from vision.folders import BACKBONE, CLASSIFIER
from words_and_images.common.errors import UserError, counted, percent
from words_and_images.common.files import write_json, write_text
from words_and_images.common.own_files import check, making
from words_and_images.common.parameters import require
from words_and_images.common.progress import progress, say
from words_and_images.common.tables import table
from words_and_images.common.workers import in_order
from words_and_images.neural.arrays import FloatArray
from words_and_images.retraining.head import Head
from words_and_images.retraining.record import RECORD_FILE, labels_text

if TYPE_CHECKING:
    from vision.classifier.tflite_metadata import ModelCard

SAVED_MODEL_FOLDER = "saved_model"
LITE_FILES = {FLOAT32: "classifier_float32.tflite", INT8: "classifier_int8.tflite"}
LABELS_TEXT = "labels.txt"
VERSION_DIGITS = 12
TOLERANCE = 1e-4  # of a probability: float32 through other orders of summation

Answer = Callable[[NDArray[np.float32]], FloatArray]


@dataclass(frozen=True)
class ExportParameters:
    """The group ``export``.

    Attributes
    ----------
    lite : bool
        Whether to write .tflite files beside the SavedModel.
    images : int
        Test images on which every file is compared with the classifier, evenly out of all.
    int8_loss : float
        Share of the compared images that the file with weights of 8 bits may lose; one is always
        let go.
    """

    lite: bool = True
    images: int = 100
    int8_loss: float = 0.02

    def __post_init__(self) -> None:
        require(self.images >= 1, "images", self.images, "1 or more")
        require(0 <= self.int8_loss <= 1, "int8_loss", self.int8_loss, "from 0 to 1")


@dataclass(frozen=True)
class ExportedFile:
    """An exported file beside the classifier, as it was when loaded again.

    Attributes
    ----------
    bytes, sha256
        Of a folder, those of all its files.
    largest_difference : float
        Of a probability, from the same head on the network in float32.
    difference_to_classifier : float
        The same from the classifier itself, which may run with weights of 8 bits.
    accuracy, drop : float
        On the compared test images, and by how much the classifier's own is higher.
    """

    bytes: int
    sha256: str
    largest_difference: float
    difference_to_classifier: float
    accuracy: float
    drop: float


def export_classifier(
    backbone_folder: Path,
    head: Head,
    test_images: Sequence[Path],
    facts: dict[str, Any],
    folder: Path,
    parameters: ExportParameters | None = None,
) -> dict[str, Any]:
    """Write a folder that classifies images without anything else, and prove that it does.

    Parameters
    ----------
    backbone_folder : Path
        What `normalise_backbone` wrote; it is copied.
    head : Head
    test_images : sequence of Path
        Image files ``<label>/<file>``, on which the exported files, loaded again, must agree with
        backbone and head.
    facts : dict
        For record.json: where the images come from, parameters, test accuracy; `looks` and
        `not_sure` as `Classifier` takes them.
    folder : Path
        Receives backbone/, head.npz, labels.json, labels.txt, history.json, record.json,
        README.md, saved_model/, classifier_float32.tflite and classifier_int8.tflite; an older
        classifier is replaced as a whole, or left as it was when something fails.
    parameters : ExportParameters, optional

    Returns
    -------
    The content of record.json, but for the list of the folder's files.

    Raises
    ------
    UserError
        When an exported file and the classifier disagree, when LiteRT has no such network, and
        where the folder holds anything but an older classifier.
    """
    parameters = parameters or ExportParameters()
    check(backbone_folder, BACKBONE)  # a damaged file must not be listed as it is
    classifier = Classifier(load_backbone(backbone_folder), head, facts)
    lines = labels_text(head.labels)
    with making(folder, CLASSIFIER) as temporary:
        temporary.mkdir()
        head.write(temporary)
        shutil.copytree(backbone_folder, temporary / BACKBONE_FOLDER)
        write_text(temporary / LABELS_TEXT, lines)
        _write_exports(classifier, temporary, parameters)
        compared = _evenly(test_images, parameters.images)
        exports = _compare(classifier, temporary, compared)
        _refuse_differences(exports, len(compared), parameters)
        record = {
            "labels": head.labels,
            "backbone": asdict(classifier.backbone.record),
            **facts,
            "first_look": None if math.isinf(head.first_look) else head.first_look,
            "exports": {"compared_images": len(compared),
                        "files": {name: asdict(file) for name, file in exports.items()}},
        }
        write_json(temporary / RECORD_FILE, record)
        photo_card(record).write(temporary)
    return record


def _evenly(images: Sequence[Path], count: int) -> list[Path]:
    """So many of the images, or all where there are fewer, evenly out of all."""
    places = np.linspace(0, len(images), min(count, len(images)), endpoint=False)
    return [images[int(place)] for place in places]


def _write_exports(classifier: Classifier, folder: Path, parameters: ExportParameters) -> None:
    """Write the SavedModel and the .tflite files."""
    from vision.classifier import graphs

    record: BackboneRecord = classifier.backbone.record
    paths = {kind: folder / name for kind, name in LITE_FILES.items() if parameters.lite}
    with progress("writing the exported files", 1 + len(paths), "files") as counter:
        network = graphs.classifier_network(folder / BACKBONE_FOLDER, classifier.head)
        graphs.write_saved_model(network, record, folder / SAVED_MODEL_FOLDER)
        counter.advance()
        if paths:
            graphs.write_lite_models(network, record, paths, model_card(classifier))
            counter.advance(len(paths))


def model_card(classifier: Classifier) -> "ModelCard":
    """What the .tflite files say of themselves."""
    from vision.classifier.tflite_metadata import ModelCard

    backbone = classifier.backbone.record
    looks = classifier.record.get("looks", WHOLE)
    description = f"Tells {len(classifier.labels):,} labels apart by one look at a photo."
    if len(looks) > 1:
        description += (" The classifier it was exported from takes the geometric mean of the "
                        f"probabilities of several: {', '.join(looks)}.")
    return ModelCard(
        name=f"Image classifier on {backbone.name}", description=description,
        version=_version(classifier), licence=_licence(classifier), height=backbone.height,
        width=backbone.width, labels=labels_text(classifier.labels))


def _version(classifier: Classifier) -> str:
    """Digits that are others where backbone, head or labels are others."""
    digest = hashlib.sha256(classifier.backbone.record.fingerprint.encode())
    digest.update(labels_text(classifier.labels).encode())
    for weights, bias, activation in classifier.head.folded():
        digest.update(weights.tobytes() + bias.tobytes() + activation.encode())
    return digest.hexdigest()[:VERSION_DIGITS]


def _licence(classifier: Classifier) -> str:
    """The terms of what it was made of, as far as they are known."""
    backbone, images = classifier.backbone.record, classifier.record.get("images", {})
    weights = f"{backbone.licence} ({backbone.citation})" if backbone.citation else backbone.licence
    return f"backbone: {weights}; images: {images.get('licence', UNSTATED)}"


def _compare(
    classifier: Classifier, folder: Path, images: Sequence[Path]
) -> dict[str, ExportedFile]:
    """Every exported file, loaded again, beside the classifier, on test images."""
    from vision.classifier.graphs import size_and_sha256

    # What is compared are the networks, and each with all looks: which of them are enough is no
    # part of an exported file.
    classifier = replace(classifier, head=replace(classifier.head, first_look=math.inf))
    own = classifier.classify(images)
    in_float32 = _float_classifier(classifier, folder)
    floats = own if in_float32 is classifier else in_float32.classify(images)
    answers = _answers(_exported_functions(folder), classifier, images)
    targets = _targets(images, classifier.labels)
    accuracy = _accuracy(own, targets)
    exports = {}
    for name, probabilities in answers.items():
        size, sha256 = size_and_sha256(folder / name)
        exports[name] = ExportedFile(
            size, sha256, _largest(probabilities - floats), _largest(probabilities - own),
            _accuracy(probabilities, targets), accuracy - _accuracy(probabilities, targets))
    for line in comparison_table(classifier, accuracy, len(images), exports).split("\n"):
        say(line)
    return exports


def _exported_functions(folder: Path) -> dict[str, Answer]:
    """What each exported file, loaded from the folder, makes of one image (height, width, 3)."""
    from vision.backbones import litert, runtime

    functions: dict[str, Answer] = {
        SAVED_MODEL_FOLDER: runtime.load_network(folder / SAVED_MODEL_FOLDER)}
    for name in LITE_FILES.values():
        if (folder / name).exists():
            functions[name] = litert.LiteNetwork((folder / name).read_bytes())
    return functions


def _float_classifier(classifier: Classifier, folder: Path) -> Classifier:
    """The classifier with its network in float32, by TensorFlow where it is another."""
    record = classifier.backbone.record
    if record.inference != INT8:
        return classifier
    from vision.backbones import runtime

    backbone = folder / BACKBONE_FOLDER
    network = runtime.load_network(backbone)
    return Classifier(Backbone(record, network, backbone), classifier.head, classifier.record)


def _answers(
    functions: dict[str, Answer], classifier: Classifier, images: Sequence[Path]
) -> dict[str, FloatArray]:
    """Probabilities (images, labels) by each exported file, shown the looks of the classifier."""
    from vision.classifier.graphs import combined

    size = classifier.backbone.record.height, classifier.backbone.record.width

    def answer(path: Path) -> list[FloatArray]:
        picture = open_for(path, classifier.backbone)
        looks = [look(picture, *size) for look in classifier.looks]
        return [combined(np.stack([function(look) for look in looks]))
                for function in functions.values()]

    rows = []
    with progress("comparing the exported files", len(images), "images") as counter:
        for row in in_order(answer, images):
            rows.append(row)
            counter.advance()
    return dict(zip(functions, map(np.stack, zip(*rows, strict=True)), strict=True))


def _targets(images: Sequence[Path], labels: list[str]) -> NDArray[np.intp]:
    """Number of each image's label, which its folder is named after."""
    unknown = [path for path in images if path.parent.name not in labels]
    if unknown:
        raise UserError(f"{unknown[0]} is no test image, as its folder is not named after a label "
                        f"({', '.join(labels)}); give files <label>/<file>.")
    return np.array([labels.index(path.parent.name) for path in images], np.intp)


def _accuracy(probabilities: FloatArray, targets: NDArray[np.intp]) -> float:
    return float(np.mean(probabilities.argmax(axis=1) == targets))


def _largest(differences: FloatArray) -> float:
    return float(np.abs(differences).max())


def comparison_table(
    classifier: Classifier, accuracy: float, count: int, exports: dict[str, ExportedFile]
) -> str:
    """The exported files beside the classifier, for people: differences, accuracy, the drop."""
    inference = classifier.backbone.record.inference
    runs = "TensorFlow" if inference == TENSORFLOW else f"LiteRT {inference}"
    cells = [[f"on {counted(count, 'test image')}", "megabytes", "off float32",
              "off the classifier", "accuracy", "drop"],
             [f"the classifier ({runs})", "", "", "", percent(accuracy), ""]]
    cells += [[name, f"{file.bytes / 1e6:.1f}", f"{file.largest_difference:.1e}",
               f"{file.difference_to_classifier:.1e}", percent(file.accuracy),
               f"{100 * file.drop + 0.0:.1f}"] for name, file in exports.items()]
    return table(cells, sys.stderr)


def _refuse_differences(
    exports: dict[str, ExportedFile], count: int, parameters: ExportParameters
) -> None:
    """UserError where a file is not the classifier it should be."""
    for name, file in exports.items():
        if name == LITE_FILES[INT8]:
            _refuse_loss(name, file, count, parameters)
        elif not file.largest_difference <= TOLERANCE:
            raise UserError(
                f"{name} differs from the classifier in float32 by {file.largest_difference:.2g} "
                f"in a probability, above {TOLERANCE:g}; fetch the backbone and train the head "
                "again, and report it if it stays so.")


def _refuse_loss(
    name: str, file: ExportedFile, count: int, parameters: ExportParameters
) -> None:
    lost = round(file.drop * count)
    # A single image is chance, and no share of a small set is less than one.
    if lost > max(1, parameters.int8_loss * count) or not np.isfinite(file.largest_difference):
        raise UserError(
            f"{name} has {lost} of {count} test images fewer right than the classifier, above "
            f"export.int8_loss of {parameters.int8_loss:g}; raise it, or set export.lite to false "
            "to do without.")
