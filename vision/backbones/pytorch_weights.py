"""PyTorch weights files, read without PyTorch and without running anything they say."""

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError, printable
from words_and_images.common.parameters import briefly

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
# What may come twice in a pickle, by what makes it.
TUPLES = ("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3")
SHARED = ("GLOBAL", "STACK_GLOBAL", "BINUNICODE", "SHORT_BINUNICODE", "BINSTRING",
          "SHORT_BINSTRING", "EMPTY_DICT", "EMPTY_LIST", "REDUCE")
MOST_AXES = 64  # of NumPy
STORAGES: dict[str, np.dtype] = {
    "HalfStorage": np.dtype("<f2"),
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "IntStorage": np.dtype("<i4"),
    "LongStorage": np.dtype("<i8"),
}


@dataclass(frozen=True, eq=False)
class _Storage:
    """A run of numbers whose content stands further on in the file."""

    key: str
    kind: np.dtype
    size: int


@dataclass(frozen=True, eq=False)
class _Tensor:
    """A view of a storage: where it begins, its shape, and the steps of its axes in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_pytorch_weights(content: bytes, name: str) -> dict[str, NDArray]:
    """The tensors of a state dictionary saved by ``torch.save`` before PyTorch 1.6.

    The file is four pickles (magic number, protocol version, machine, tensors), the list of
    storage keys, then for each storage its length as int64 and its elements. A pickle can name
    any function to be called; this reader admits tensors and dictionaries and nothing else.

    Parameters
    ----------
    content : of the file.
    name : how errors call it.

    Returns
    -------
    arrays by name, in the file's order.

    Raises
    ------
    UserError
        For anything that is not such a file, or that holds something else than tensors.
    """
    stream = io.BytesIO(content)
    try:
        _check_head(stream)
        tensors = _load(_TensorUnpickler, stream)
        _check_tensors(tensors)
        if sum(prod(tensor.shape) for tensor in tensors.values()) > len(content):
            raise UserError("its tensors have more elements than its storages can hold")
        storages = _read_storages(stream, {t.storage.key: t.storage for t in tensors.values()})
        return {key: _view(tensor, storages) for key, tensor in tensors.items()}
    except UserError as error:
        reason = str(error)
    except Exception as error:  # A broken pickle fails in any way it likes.
        reason = briefly(" ".join(str(error).split())) or type(error).__name__
    raise UserError(
        f"{name} is not a PyTorch weights file of tensors alone ({reason}); give a state "
        "dictionary saved in the format before PyTorch 1.6."
    )


class _TensorUnpickler(pickle.Unpickler):
    """Builds tensors and dictionaries of them; refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            # Another one each time: a pickle can set attributes of what it is given.
            return lambda *arguments: _rebuild_tensor(*arguments)
        if module == "torch" and name in STORAGES:
            # PyTorch has a class of that name; here the name alone will do.
            return name
        raise _asks_for(module, name)

    def persistent_load(self, identity: Any) -> _Storage:
        kind, storage, key, _location, size, view = identity
        if kind != "storage" or view is not None or not isinstance(storage, str):
            raise UserError("it refers to what is no storage of its own")
        return _Storage(key, STORAGES[storage], size)


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple, strides: tuple, *_gradients: object
) -> _Tensor:
    """What the name ``torch._utils._rebuild_tensor_v2`` stands for in the file."""
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _load(unpickler: type[pickle.Unpickler], stream: BinaryIO) -> Any:
    """One pickle of several, looked through before it is believed.

    An index and a length are believed by the unpickler, which takes memory for all they say. And a
    tuple of twice the same tuple, which is such a one itself, and so on, is looked through for ever
    where it is a key: a tuple that is made after one has come again may not come again itself.
    """
    begin, before, again = stream.tell(), "", False
    remembered: dict[int, str] = {}  # what made each part that may come again
    for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        name, place = opcode.name, len(remembered) if argument is None else argument
        if name.endswith("PUT") and place > count:
            raise UserError(f"its part {count:,} is to be remembered as part {place}")
        if name.endswith("PUT") or name == "MEMOIZE":
            may = before in SHARED or (before in TUPLES and not again)
            remembered[place] = before if may else ""
        elif name == "DUP" or (name.endswith("GET") and not remembered.get(place)):
            raise UserError("one of its parts comes twice")
        elif name.endswith("GET"):
            again |= remembered[place] in TUPLES
        before = name
    stream.seek(begin)
    return unpickler(stream).load()


class _PlainUnpickler(pickle.Unpickler):
    """Numbers, text, lists and dictionaries; no names at all."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise _asks_for(module, name)


def _asks_for(module: str, name: str) -> UserError:
    return UserError(f"it asks for {briefly(printable(f'{module}.{name}'))}")


def _check_head(stream: BinaryIO) -> None:
    magic, version, machine = (_load(_PlainUnpickler, stream) for _ in range(3))
    if magic != MAGIC_NUMBER or version != PROTOCOL_VERSION or not machine["little_endian"]:
        raise UserError("its head is not that of such a file")


def _check_tensors(tensors: Any) -> None:
    if not isinstance(tensors, Mapping) or not tensors:
        raise UserError("it holds no dictionary")
    for key, tensor in tensors.items():
        if not isinstance(key, str):  # others may be too long to repeat
            raise UserError("one of its names is no text")
        if not isinstance(tensor, _Tensor):
            raise UserError(f"{briefly(repr(key))} is no tensor")
        if not _is_sound(tensor):
            raise UserError(f"{briefly(repr(key))} is a tensor whose places are no numbers")


def _is_sound(tensor: _Tensor) -> bool:
    """Whether its parts are what they should be; a pickle can also set those of a tensor it has
    made."""
    storage, axes = tensor.storage, (tensor.shape, tensor.strides)
    if not isinstance(storage, _Storage) or not all(isinstance(each, tuple) for each in axes):
        return False
    numbers = (storage.size, tensor.offset, *tensor.shape, *tensor.strides)
    return (isinstance(storage.key, str) and isinstance(storage.kind, np.dtype)
            and storage.kind in STORAGES.values() and len(tensor.shape) <= MOST_AXES
            and all(type(number) is int and abs(number) < 1 << 63 for number in numbers))


def _read_storages(stream: BinaryIO, wanted: dict[str, _Storage]) -> dict[str, NDArray]:
    """The elements of each storage by its key."""
    arrays = {}
    for key in _load(_PlainUnpickler, stream):
        if not isinstance(key, str):  # others may be too long to repeat
            raise UserError("one of its storages has no name")
        storage = wanted[key]
        size = int.from_bytes(_exactly(stream, 8), "little")
        if size != storage.size:
            raise UserError(f"a storage has {size} elements where {storage.size} are named")
        arrays[key] = np.frombuffer(_exactly(stream, size * storage.kind.itemsize), storage.kind)
    return arrays


def _exactly(stream: BinaryIO, count: int) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise UserError("the file is cut short")
    return content


def _view(tensor: _Tensor, storages: dict[str, NDArray]) -> NDArray:
    """The tensor's elements out of its storage, in C order."""
    storage = storages[tensor.storage.key][tensor.offset:]
    axes = list(zip(tensor.shape, tensor.strides, strict=True))
    last = sum((count - 1) * step for count, step in axes)
    # as_strided reads whatever memory it is pointed at: nothing outside the storage may pass.
    negative = tensor.offset < 0 or any(count < 1 or step < 0 for count, step in axes)
    if negative or last >= len(storage) or prod(tensor.shape) > len(storage):
        raise UserError("a tensor reaches outside its storage")
    steps = [step * storage.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage, tensor.shape, steps).copy()


