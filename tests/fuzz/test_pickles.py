"""Pickles in the files that NumPy, PyTorch and gensim put them in: refused, and nothing run.

Each pickle makes a folder where it is loaded, in one of the ways in which pickles call functions.
"""

import io
import pickle
import zipfile

import numpy as np
import pytest

from tests.fuzz.cases import watched
from tests.fuzz.targets import TARGETS, saved_tensors
from vision.backbones.pytorch_weights import read_pytorch_weights
from word2vec.vectors import load_vectors
from words_and_images.common.errors import UserError

# PLACE stands for the folder, in the encoding of its opcode.
WAYS = {
    "reduce": b"cposix\nmkdir\n(VPLACE\ntR.",
    "inst": b"(VPLACE\niposix\nmkdir\n.",
    "obj": b"(cposix\nmkdir\nVPLACE\no.",
    "stack_global": b"\x80\x04\x8c\x05posix\x8c\x05mkdir\x93(VPLACE\ntR.",
    "build": b"\x80\x02c__main__\nThing\n)\x81}V__setstate__\ncposix\nmkdir\nsbVPLACE\nb.",
    "eval": b"c__builtin__\neval\n(V__import__('os').mkdir('PLACE')\ntR.",
    "dotted": b"\x80\x04\x8c\x02os\x8c\x0dpath.os.mkdir\x93(VPLACE\ntR.",
    "attribute": b"c__builtin__\ngetattr\n(cos\npath\nVos\ntR0cposix\nmkdir\n(VPLACE\ntR.",
    "within a dictionary": b"}(Va\ncposix\nmkdir\n(VPLACE\ntRu.",
    "as a name": b"}(cposix\nmkdir\n(VPLACE\ntRVa\nu.",
    "as a storage": b"}(Va\n(Vstorage\ncposix\nmkdir\n(VPLACE\ntRNNNNtQu.",
    "in a part of a tensor": b"}(Va\nctorch._utils\n_rebuild_tensor_v2\n(cposix\nmkdir\n(VPLACE\n"
                             b"tRtRu.",
}
# What other readers let through for good: none is a tensor.
NAMES = [
    ("collections", "OrderedDict.fromkeys"), ("torch._utils", "_rebuild_tensor_v2.__globals__"),
    ("torch._utils", "_rebuild_tensor"), ("torch", "load"), ("torch.hub", "load"),
    ("torch.storage", "_load_from_bytes"), ("numpy", "load"), ("numpy", "fromfile"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("builtins", "getattr"), ("builtins", "bytearray"), ("__builtin__", "exec"),
    ("functools", "partial"), ("operator", "attrgetter"), ("copyreg", "__reduce_ex__"),
    ("copyreg", "_reconstructor"), ("_codecs", "encode"), ("importlib", "import_module"),
    ("runpy", "run_path"), ("subprocess", "Popen"), ("pickle", "loads"), ("types", "CodeType"),
    ("types", "FunctionType"), ("torch", "FloatStorage.__class__"), ("torch", "__builtins__"),
]


class Thing:
    """Of which a pickle makes one, to give it a state."""


def pickled(way: str, place) -> bytes:
    return WAYS[way].replace(b"PLACE", str(place).encode())


def as_array(content: bytes, shape: str) -> bytes:
    """A .npy file whose objects are a pickle."""
    header = f"{{'descr': '|O', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode() + content


@pytest.mark.parametrize("way", WAYS)
def test_no_way_to_call_a_function_works_in_weights(tmp_path, way):
    place = tmp_path / "made"
    content = pickled(way, place)
    with watched(tmp_path, tmp_path):
        for weights in (content, saved_tensors({"a": np.ones(3, np.float32)}, content)):
            with pytest.raises(UserError, match="is not a PyTorch weights file"):
                read_pytorch_weights(weights, "it")
    assert not place.exists()


@pytest.mark.parametrize(
    "way", ["reduce", "inst", "obj", "stack_global", "eval", "dotted", "attribute"])
def test_the_same_pickles_do_call_it_elsewhere(tmp_path, way):
    pickle.loads(pickled(way, tmp_path / "made"))
    assert (tmp_path / "made").is_dir()


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_no_other_name_is_looked_up_for_weights(tmp_path, module, name):
    asked = f"}}(Va\nc{module}\n{name}\n(tRu.".encode()
    with watched(tmp_path, tmp_path), pytest.raises(UserError, match="it asks for"):
        read_pytorch_weights(saved_tensors({"a": np.ones(3, np.float32)}, asked), "it")


@pytest.mark.parametrize("target", ["vector_folders", "encoded_corpora", "trainings_to_go_on_with"])
def test_an_array_of_pickled_objects_is_refused(tmp_path, target):
    (files := tmp_path / "files").mkdir()
    arrays = [path for path in TARGETS[target].make(files) if path.suffix == ".npy"]
    assert arrays
    for path in arrays:
        whole = path.read_bytes()
        for shape in ("()", "(5,)", "(5, 4)"):
            path.write_bytes(as_array(pickled("reduce", tmp_path / "made"), shape))
            with watched(tmp_path, tmp_path):
                try:
                    TARGETS[target].read(path)
                    assert path.parent.name == "checkpoint"  # one that is broken is passed over
                except UserError:
                    pass
        path.write_bytes(whole)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("member", ["mean", "weights_1", "activations", "loss"])
def test_an_array_of_pickled_objects_in_an_npz_is_refused(tmp_path, member):
    (files := tmp_path / "files").mkdir()
    head = next(path for path in TARGETS["classifiers"].make(files) if path.name == "head.npz")
    changed = io.BytesIO()
    with zipfile.ZipFile(head) as whole, zipfile.ZipFile(changed, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, as_array(pickled("reduce", tmp_path / "made"), "()")
                             if name == f"{member}.npy" else whole.read(name))
    head.write_bytes(changed.getvalue())
    with watched(tmp_path, tmp_path), pytest.raises(UserError, match="holds no trained head"):
        TARGETS["classifiers"].read(head)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["a.model", "a.kv", "a.npy", "a.npz", "a.bin", "a.pkl.gz"])
def test_a_pickle_is_no_file_of_vectors(tmp_path, way, name):
    (tmp_path / name).write_bytes(pickled(way, tmp_path / "made"))
    with watched(tmp_path, tmp_path), pytest.raises(UserError):
        load_vectors(tmp_path / name)
    assert not (tmp_path / "made").exists()


def test_what_a_pickle_sets_of_a_tensor_is_looked_at(tmp_path):
    """The state of an object that was built: a shape of tuples would be multiplied out."""
    whole = saved_tensors({"a": np.ones(3, np.float32)})
    end = b"tRu."
    state = pickle.dumps({"shape": ((1,), 10**10)}, 2)[2:-1] + b"bu."
    assert whole.count(end) == 1
    with watched(tmp_path, tmp_path), pytest.raises(UserError, match="places are no numbers"):
        read_pytorch_weights(whole.replace(end, end[:-2] + state), "it")


@pytest.mark.parametrize(("begin", "twice", "end"), [
    (b")q\0", b"h%ch%c\x86q%c", b"}h%cNs."),  # tuples of tuples, as a key
    (b")", b"2\x86", b"}NNs."),
    (b"]q\0", b"](h%ch%ceq%c", b"(h%cNNNNNtQ."),  # lists of lists, to be told in a sentence
], ids=["tuples", "doubled tuples", "lists"])
def test_what_doubles_with_every_level_is_not_looked_through(tmp_path, begin, twice, end):
    levels = 200 if b"%c" not in end else 100
    body = begin + b"".join(twice % ((level, level, level + 1)[: twice.count(b"%c")])
                            for level in range(levels))
    content = saved_tensors({"a": np.ones(3, np.float32)},
                            b"\x80\x02" + body + end % ((levels,) * end.count(b"%c")))
    with watched(tmp_path, tmp_path), pytest.raises(UserError, match="is not a PyTorch weights"):
        read_pytorch_weights(content, "it")
