"""TFLite Metadata: what a .tflite file says of itself to MediaPipe, ML Kit and Android's tools.

The format is that of metadata_schema.fbs, version 1.5.0: a FlatBuffer of tables among the buffers
of the file, and the files that it names as a zip archive behind the file's end, which readers of
the network alone do not look at. A table's fields are numbered in the order of the schema.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Any, NamedTuple

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from vision.backbones.depthwise import packed

ENTRY = "TFLITE_METADATA"
FILE_IDENTIFIER = b"M001"
PARSER_VERSION = "1.0.0"  # the oldest whose readers know all fields used here
LABELS_FILE = "labels.txt"
# Of the enumerations and unions of the schema.
RGB, TENSOR_AXIS_LABELS = 1, 2
FEATURE_PROPERTIES, IMAGE_PROPERTIES, NORMALIZATION_OPTIONS = 1, 2, 1
# Readers have pixels from 0 to 255 and give the network (pixel - MEAN) / DEVIATION.
MEAN, DEVIATION = 0.0, 255.0


@dataclass(frozen=True)
class ModelCard:
    """What a .tflite file of a classifier says of itself.

    Parameters
    ----------
    name, description, version, licence : for people.
    height, width : of the images, in pixels.
    labels : one a line, in the order of the probabilities.
    """

    name: str
    description: str
    version: str
    licence: str
    height: int
    width: int
    labels: str


class Scalar(NamedTuple):
    """A number and the method of a FlatBuffer's builder that writes it into a table."""

    method: str
    value: int


Table = dict[int, Any]
"""Values by their fields' numbers: text, tables, lists of tables or of floats, and Scalars."""


def with_metadata(content: bytes, card: ModelCard) -> bytes:
    """A network's .tflite file with its card inside and its labels behind.

    Parameters
    ----------
    content : a .tflite file from images (1, height, width, 3) in [0, 1] to probabilities
        (1, labels).
    """
    network = schema.ModelT.InitFromPackedBuf(content, 0)
    network.buffers.append(schema.BufferT(np.frombuffer(metadata(card), np.uint8)))
    entry = schema.MetadataT(name=ENTRY, buffer=len(network.buffers) - 1)
    network.metadata = [*(network.metadata or []), entry]
    stream = io.BytesIO(packed(network, len(content)))
    with zipfile.ZipFile(stream, "a") as archive:
        # Unpacked, as readers map it into memory; and without the time of day.
        archive.writestr(zipfile.ZipInfo(LABELS_FILE), card.labels)
    return stream.getvalue()


def metadata(card: ModelCard) -> bytes:
    """The card as the FlatBuffer ModelMetadata."""
    subgraph = {2: [_input(card)], 3: [_output(card)]}
    model = {0: card.name, 1: card.description, 2: card.version, 3: [subgraph], 5: card.licence,
             7: PARSER_VERSION}
    builder = flatbuffers.Builder()
    builder.Finish(_written(builder, model), FILE_IDENTIFIER)
    return bytes(builder.Output())


def _input(card: ModelCard) -> Table:
    """TensorMetadata of the images."""
    size = {0: _count(card.width), 1: _count(card.height)}
    properties = {0: _kind(RGB), 1: size}
    normalisation = {0: [MEAN], 1: [DEVIATION]}
    return {
        0: "image",
        1: f"An upright RGB photo, resized to {card.width} x {card.height} pixels, bilinear with "
           "antialiasing; float32 in [0, 1].",
        3: {0: _kind(IMAGE_PROPERTIES), 1: properties},
        4: [{0: _kind(NORMALIZATION_OPTIONS), 1: normalisation}],
        5: _range_0_to_1(),
    }


def _output(card: ModelCard) -> Table:
    """TensorMetadata of the probabilities."""
    labels = {0: LABELS_FILE, 1: "The label of each probability.", 2: _kind(TENSOR_AXIS_LABELS)}
    return {
        0: "probability",
        1: "Probabilities, one a label, which sum to 1.",
        3: {0: _kind(FEATURE_PROPERTIES), 1: {}},
        5: _range_0_to_1(),
        6: [labels],
    }


def _range_0_to_1() -> Table:
    """Stats: the largest and the smallest value."""
    return {0: [1.0], 1: [0.0]}


def _kind(value: int) -> Scalar:
    """One of an enumeration, or of the tables that a union may be."""
    return Scalar("PrependUint8Slot", value)


def _count(value: int) -> Scalar:
    return Scalar("PrependUint32Slot", value)


def _written(builder: Any, table: Table) -> int:
    """Write a table after everything that it refers to; its place."""
    places = {field: value if isinstance(value, Scalar) else _place(builder, value)
              for field, value in table.items()}
    builder.StartObject(max(table, default=-1) + 1)
    for field, place in places.items():
        if isinstance(place, Scalar):
            getattr(builder, place.method)(field, place.value, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(field, place, 0)
    return builder.EndObject()


def _place(builder: Any, value: Any) -> int:
    """Write a text, a table or a list; its place."""
    if isinstance(value, str):
        return builder.CreateString(value)
    if isinstance(value, dict):
        return _written(builder, value)
    floats = isinstance(value[0], float)
    items = value if floats else [_written(builder, table) for table in value]
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):  # a FlatBuffer is written from its end
        (builder.PrependFloat32 if floats else builder.PrependUOffsetTRelative)(item)
    return builder.EndVector()
