"""The reader of PyTorch weights files: tensors pass, everything else is refused."""

import io
import os
import pickle
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest

from vision.backbones.pytorch_weights import MAGIC_NUMBER, PROTOCOL_VERSION, read_pytorch_weights
from words_and_images.common.errors import UserError


class Tensor:
    """A tensor to be written: a view of a storage, as PyTorch would refer to it."""

    def __init__(self, storage, offset, shape, strides, key="0", kind="FloatStorage", size=None):
        self.content, self.offset, self.shape, self.strides = storage, offset, shape, strides
        self.key, self.kind, self.size = key, kind, len(storage) if size is None else size


class Storage:
    def __init__(self, tensor):
        self.tensor = tensor


def rebuild(*_arguments):
    raise AssertionError("only its name is written")


class Writer(pickle.Pickler):
    """Writes what torch.save wrote before PyTorch 1.6."""

    def persistent_id(self, value):
        if isinstance(value, Storage):
            tensor = value.tensor
            kind = getattr(sys.modules["torch"], tensor.kind)
            return ("storage", kind, tensor.key, "cpu", tensor.size, None)
        return None

    def reducer_override(self, value):
        if isinstance(value, Tensor):
            arguments = (Storage(value), value.offset, value.shape, value.strides, False,
                         OrderedDict())
            return sys.modules["torch._utils"]._rebuild_tensor_v2, arguments
        return NotImplemented


@pytest.fixture
def write(monkeypatch):
    """A function of a dictionary that gives the file's content."""
    torch, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    rebuild_tensor = types.FunctionType(rebuild.__code__, {}, "_rebuild_tensor_v2")
    rebuild_tensor.__module__, rebuild_tensor.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utilities._rebuild_tensor_v2 = rebuild_tensor
    torch._utils = utilities
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)

    def written(value):
        stream = io.BytesIO()
        for part in (MAGIC_NUMBER, PROTOCOL_VERSION, {"little_endian": True}):
            pickle.dump(part, stream, protocol=2)
        Writer(stream, protocol=2).dump(value)
        tensors = value.values() if isinstance(value, dict) else ()
        storages = {part.key: part for part in tensors if isinstance(part, Tensor)}
        pickle.dump(list(storages), stream, protocol=2)
        for part in storages.values():
            stream.write(len(part.content).to_bytes(8, "little") + part.content.tobytes())
        return stream.getvalue()

    return written


def floats(*values):
    return np.array(values, "<f4")


def test_tensors_come_back_by_name_with_their_shapes(write):
    content = write(OrderedDict(
        kernel=Tensor(floats(1, 2, 3, 4, 5, 6), 0, (2, 3), (3, 1), key="a"),
        count=Tensor(np.array([7], "<i8"), 0, (), (), key="b", kind="LongStorage"),
    ))
    arrays = read_pytorch_weights(content, "weights.pth")
    np.testing.assert_array_equal(arrays["kernel"], [[1, 2, 3], [4, 5, 6]])
    assert arrays["kernel"].dtype == np.float32
    assert arrays["count"] == 7
    assert arrays["count"].dtype == np.int64


def test_offset_and_strides_pick_the_elements(write):
    # Steps (1, 2) over 1..6 from the second element on: a transposed view.
    transposed = Tensor(floats(1, 2, 3, 4, 5, 6), 1, (2, 2), (1, 2))
    arrays = read_pytorch_weights(write({"x": transposed}), "weights.pth")
    np.testing.assert_array_equal(arrays["x"], [[2, 4], [3, 5]])


class Command:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (self.marker,)


def test_a_file_that_asks_for_a_function_is_refused_and_nothing_is_run(write, tmp_path):
    marker = tmp_path / "was run"
    content = write({"x": Command(str(marker))})
    with pytest.raises(UserError, match=r"weights.pth .*posix.mkdir"):
        read_pytorch_weights(content, "weights.pth")
    assert not marker.exists()
    pickle.loads(content[content.index(b"\x80\x02}q\x00X\x01"):])  # the file itself does run it
    assert marker.exists()


def test_a_function_in_the_head_is_refused_too(tmp_path):
    marker = tmp_path / "was run"
    with pytest.raises(UserError, match="mkdir"):
        read_pytorch_weights(pickle.dumps(Command(str(marker))), "weights.pth")
    assert not marker.exists()


@pytest.mark.parametrize("tensor", [
    Tensor(floats(1, 2, 3), 0, (4,), (1,)),
    Tensor(floats(1, 2, 3), 1, (3,), (1,)),
    Tensor(floats(1, 2, 3), 0, (2, 2), (2, 1)),
    Tensor(floats(1, 2, 3), -1, (1,), (1,)),
    Tensor(floats(1, 2, 3), 2, (2,), (-1,)),
    Tensor(floats(1, 2, 3), 0, (10**12,), (0,)),
    Tensor(floats(1, 2, 3), 0, (2,), (1,), size=2),
])
def test_a_tensor_that_reaches_outside_its_storage_is_refused(write, tensor):
    with pytest.raises(UserError, match="storage"):
        read_pytorch_weights(write({"x": tensor}), "weights.pth")


@pytest.mark.parametrize("value", [{"x": 1.5}, {}, [1, 2], {"x": OrderedDict()}, {3: 4}])
def test_anything_but_a_dictionary_of_tensors_is_refused(write, value):
    with pytest.raises(UserError, match="tensors alone"):
        read_pytorch_weights(write(value), "weights.pth")


def test_a_file_cut_short_anywhere_is_refused(write):
    content = write({"x": Tensor(floats(1, 2, 3), 0, (3,), (1,))})
    for length in range(0, len(content), 7):
        with pytest.raises(UserError, match=r"weights.pth"):
            read_pytorch_weights(content[:length], "weights.pth")


@pytest.mark.parametrize("content", [
    b"\x80\x02Nr\xff\xff\xff\x0f.",  # to be remembered as part 268,435,455
    b"Np268435455\n.",
    b"\x80\x05\x96\0\0\0\x80\0\0\0\0",  # 2 GB of bytes, of which none comes
    b"\x80\x04\x8e\xff\xff\xff\xff\xff\0\0\0",
])
def test_no_number_in_a_file_takes_memory(content):
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError, match="not a PyTorch weights file"):
        read_pytorch_weights(content, "weights.pth")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB, or bytes


def test_many_views_of_one_storage_do_not_multiply_it(write):
    content = floats(*range(5000))
    views = {str(number): Tensor(content, 0, (5000,), (1,)) for number in range(500)}
    with pytest.raises(UserError, match="more elements than its storages"):
        read_pytorch_weights(write(views), "weights.pth")
