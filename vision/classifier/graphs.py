"""A classifier as one TensorFlow graph, from images to probabilities, and the files it goes into.

Imported by the exporter alone, which is the one place beside `vision.backbones` that needs
TensorFlow.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vision.backbones import conversion, runtime
from vision.backbones.record import FLOAT32, INT8, BackboneRecord
from vision.backbones.runtime import Network, Tensor, tf
from vision.classifier.tflite_metadata import ModelCard, with_metadata
from words_and_images.common.errors import UserError
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.softmax import softmax
from words_and_images.retraining.head import Head

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda outputs: outputs,
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
}


def classifier_network(backbone_folder: Path, head: Head) -> Network:
    """From images (batch, height, width, 3) in [0, 1], one look each, to probabilities.

    Probabilities are (batch, labels). Those of several looks at a picture make the classifier's
    by `combined`.
    """
    backbone, layers = runtime.load(backbone_folder), head.folded()

    def probabilities(images: Tensor) -> Tensor:
        outputs = backbone(images)  # (batch, features)
        for weights, bias, activation in layers:
            outputs = ACTIVATIONS[activation](tf.linalg.matmul(outputs, weights) + bias)
        return tf.nn.softmax(outputs)

    return probabilities


def combined(probabilities: FloatArray) -> FloatArray:
    """Probabilities (looks, labels) of one picture as those of the mean logits, (labels,).

    The softmax of mean logits is the geometric mean of the softmaxes, normalised:
    softmax(mean_k z_k) is proportional to prod_k softmax(z_k)^(1 / looks).
    """
    logarithms = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    return softmax(logarithms.mean(axis=0))


def write_saved_model(network: Network, record: BackboneRecord, folder: Path) -> None:
    """One SavedModel: images (batch, height, width, 3) in [0, 1] to probabilities.

    It is called as a function, or by its signature ``serving_default`` with the argument
    ``images`` and the result ``probabilities`` (batch, labels). The same network gives the same
    bytes.
    """
    frozen = runtime.freeze(network, record.height, record.width)
    signature = tf.TensorSpec(frozen.inputs[0].shape, tf.float32, name="images")

    @tf.function(input_signature=[signature])
    def probabilities(images: Tensor) -> Tensor:
        return frozen(images)[0]

    @tf.function(input_signature=[signature])
    def serve(images: Tensor) -> dict[str, Tensor]:
        return {"probabilities": frozen(images)[0]}

    module = tf.Module()
    module.__call__ = probabilities
    runtime.write_saved_model(module, folder, signatures={"serving_default": serve})
    # A random number, which nothing reads: without it, equal inputs give equal bytes.
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    _number_functions_anew(folder / "saved_model.pb")


def write_lite_models(
    network: Network, record: BackboneRecord, paths: dict[str, Path], card: ModelCard
) -> None:
    """Write .tflite files, by "float32" and "int8" (weights of 8 bits, sums in float32).

    Images are (1, height, width, 3) in [0, 1], results probabilities (1, labels). The files say
    so by TFLite Metadata, with what else is on their card.

    Raises
    ------
    UserError
        Where LiteRT has no such network.
    """
    frozen = runtime.freeze(network, record.height, record.width, batch=1)
    for kind in (FLOAT32, INT8):
        try:
            content = conversion.converted(frozen, kind)
        except conversion.UnconvertibleError as error:
            raise UserError(
                f"{record.name} and its head cannot be made into {paths[kind].name} ({error}); "
                "set export.lite to false to do without, or use another backbone."
            ) from None
        paths[kind].write_bytes(with_metadata(content, card))


def _number_functions_anew(path: Path) -> None:
    """Rename a SavedModel's functions, which TensorFlow numbers on through a process.

    Without it the bytes would depend on what the process did before.
    """
    from tensorflow.core.protobuf import saved_model_pb2  # type: ignore[import-untyped]

    content = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    library = content.meta_graphs[0].graph_def.library
    old = sorted((function.signature.name for function in library.function), key=_stem_and_number)
    # With a letter, so that no new name is another's old one.
    names = {name: f"{_stem_and_number(name)[0]}_n{place}" for place, name in enumerate(old)}
    _rename(content, names)
    ordered = sorted(library.function, key=lambda function: function.signature.name)
    del library.function[:]
    library.function.extend(ordered)
    path.write_bytes(content.SerializeToString(deterministic=True))


def _stem_and_number(name: str) -> tuple[str, int]:
    stem, _, number = name.rpartition("_")
    return (stem, int(number)) if number.isdigit() else (name, 0)


def _rename(message: Any, names: dict[str, str]) -> None:
    """Replace names wherever a message holds them: in texts, and as keys of maps."""
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            _rename_texts(message, field, value, names)
        elif field.message_type.GetOptions().map_entry:
            _rename_map(value, names)
        else:
            for part in value if field.is_repeated else [value]:
                _rename(part, names)


def _rename_map(values: Any, names: dict[str, str]) -> None:
    for key in list(values):
        texts = isinstance(values[key], str)
        if not texts and hasattr(values[key], "ListFields"):
            _rename(values[key], names)
        if key in names:
            if texts:
                values[names[key]] = values[key]
            else:
                values[names[key]].CopyFrom(values[key])
            del values[key]


def _rename_texts(message: Any, field: Any, value: Any, names: dict[str, str]) -> None:
    def renamed(text: str | bytes) -> str | bytes:
        if isinstance(text, str):
            return names.get(text, text)
        # The kinds by which gradients are found are numbered as well; nobody looks for them.
        return re.sub(rb"^(\w+Call-)\d+$", rb"\g<1>0", text)

    if field.type not in (field.TYPE_STRING, field.TYPE_BYTES):
        return
    if field.is_repeated:
        value[:] = [renamed(text) for text in value]
    else:
        setattr(message, field.name, renamed(value))


def size_and_sha256(path: Path) -> tuple[int, str]:
    """Bytes and sha256 of a file; of a folder, over the names and contents of all its files."""
    if path.is_file():
        return path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{content}  {file.relative_to(path).as_posix()}\n".encode())
    return sum(file.stat().st_size for file in files), digest.hexdigest()
