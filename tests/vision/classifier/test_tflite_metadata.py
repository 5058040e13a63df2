"""TFLite Metadata, read field by field as metadata_schema.fbs numbers them."""

import io
import zipfile

import numpy as np
import pytest
from flatbuffers import encode, packer
from flatbuffers.number_types import Float32Flags, Uint8Flags, Uint32Flags
from flatbuffers.table import Table

from vision.classifier.tflite_metadata import ENTRY, ModelCard, metadata, with_metadata

CARD = ModelCard("dogs", "Tells dogs from cats.", "7", "CC0", 20, 30, "Hund\nKätzchen\n犬\n")


def field(table: Table, number: int) -> int:
    """Where a field's value stands; an error where the table has none."""
    offset = table.Offset(4 + 2 * number)
    assert offset, f"no field {number}"
    return table.Pos + offset


def text(table: Table, number: int) -> str:
    return table.String(field(table, number)).decode()


def inner(table: Table, number: int) -> Table:
    return Table(table.Bytes, table.Indirect(field(table, number)))


def only(table: Table, number: int) -> Table:
    """The one table of a list."""
    offset = field(table, number) - table.Pos
    assert table.VectorLen(offset) == 1
    return Table(table.Bytes, table.Indirect(table.Vector(offset)))


def number(table: Table, place: int, flags) -> float:
    return table.Get(flags, field(table, place))


def only_float(table: Table, place: int) -> float:
    offset = field(table, place) - table.Pos
    assert table.VectorLen(offset) == 1
    return table.Get(Float32Flags, table.Vector(offset))


@pytest.fixture(scope="module")
def model() -> Table:
    content = metadata(CARD)
    assert content[4:8] == b"M001"
    return Table(content, encode.Get(packer.uoffset, content, 0))


def test_name_description_version_and_licence_are_told(model):
    assert [text(model, place) for place in (0, 1, 2, 5)] == [
        "dogs", "Tells dogs from cats.", "7", "CC0"]
    assert text(model, 7) == "1.0.0"


def test_pixels_from_0_to_255_are_said_to_be_divided_by_255(model):
    """The network takes [0, 1], and readers give it (pixel - mean) / deviation."""
    image = only(only(model, 3), 2)
    unit = only(image, 4)
    assert number(unit, 0, Uint8Flags) == 1  # NormalizationOptions
    assert (only_float(inner(unit, 1), 0), only_float(inner(unit, 1), 1)) == (0, 255)
    assert (only_float(inner(image, 5), 0), only_float(inner(image, 5), 1)) == (1, 0)  # max, min


def test_the_image_is_rgb_of_the_backbones_size(model):
    content = inner(only(only(model, 3), 2), 3)
    assert number(content, 0, Uint8Flags) == 2  # ImageProperties
    properties = inner(content, 1)
    assert number(properties, 0, Uint8Flags) == 1  # RGB
    size = inner(properties, 1)
    assert (number(size, 0, Uint32Flags), number(size, 1, Uint32Flags)) == (30, 20)  # width first


def test_the_probabilities_have_their_labels_in_a_file(model):
    probability = only(only(model, 3), 3)
    assert number(inner(probability, 3), 0, Uint8Flags) == 1  # FeatureProperties
    labels = only(probability, 6)
    assert text(labels, 0) == "labels.txt"
    assert number(labels, 2, Uint8Flags) == 2  # TENSOR_AXIS_LABELS


def empty_network() -> bytes:
    """A .tflite file of nothing but a description."""
    from ai_edge_litert import schema_py_generated as schema

    from vision.backbones.depthwise import packed
    return packed(schema.ModelT(version=3, description="empty", buffers=[schema.BufferT()]), 64)


def test_the_labels_stand_unpacked_behind_the_network():
    content = with_metadata(empty_network(), CARD)
    assert content[4:8] == b"TFL3"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member, = archive.infolist()
        assert (member.filename, member.compress_type) == ("labels.txt", zipfile.ZIP_STORED)
        assert archive.read(member).decode() == "Hund\nKätzchen\n犬\n"


def test_the_card_is_among_the_networks_own_entries():
    from ai_edge_litert import schema_py_generated as schema
    network = schema.ModelT.InitFromPackedBuf(with_metadata(empty_network(), CARD), 0)
    entry, = network.metadata
    assert entry.name.decode() == ENTRY
    assert np.array_equal(network.buffers[entry.buffer].data, list(metadata(CARD)))
    assert network.description == b"empty"
    assert with_metadata(empty_network(), CARD) == with_metadata(empty_network(), CARD)
