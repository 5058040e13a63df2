"""What the graph of a SavedModel may be made of, looked at before anything of it runs.

A SavedModel is a program: TensorFlow's operations read and write files, call Python and talk to
other machines, some as soon as a model is loaded. A backbone needs none of these. Permitted are
operations without state that take and give no text, and those of the lists below; everything else
is refused, whatever it may be. Checkpoints are read and written by what belongs to the model's own
saver alone.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tensorflow.core.framework import types_pb2  # type: ignore[import-untyped]
from tensorflow.core.protobuf import saved_model_pb2  # type: ignore[import-untyped]
from tensorflow.python.framework import op_def_registry  # type: ignore[import-untyped]

from words_and_images.common.errors import UserError

MODEL_FILE = "saved_model.pb"
OTHER_FILES = ("saved_model.cpb", "saved_model.pbtxt")  # which TensorFlow would take as well

_WITH_STATE = frozenset({
    "Assert", "Assign", "AssignAdd", "AssignAddVariableOp", "AssignSub", "AssignSubVariableOp",
    "AssignVariableOp", "Case", "DestroyResourceOp", "DisableCopyOnRead", "If",
    "IsVariableInitialized", "Multinomial", "ParameterizedTruncatedNormal", "Placeholder",
    "PlaceholderV2", "RandomGamma", "RandomPoissonV2", "RandomShuffle", "RandomStandardNormal",
    "RandomUniform", "RandomUniformInt", "ReadVariableOp", "StatefulPartitionedCall",
    "TruncatedNormal", "VarHandleOp", "VarIsInitializedOp", "Variable", "VariableV2", "While",
})
_OF_TEXT = frozenset({
    "AsString", "DecodeBase64", "DecodeBmp", "DecodeGif", "DecodeImage", "DecodeJpeg", "DecodePng",
    "DecodeRaw", "EmptyTensorList", "ParseExample", "ParseExampleV2", "ParseSingleExample",
    "StaticRegexFullMatch", "StringFormat", "StringJoin",
})
_LISTS = "TensorList"  # of tensors, which loops keep
_UNSAFE = ("Debug", "Dataset", "PyFunc", "Reader")  # without state by TensorFlow's own account
_SAVING = frozenset({"MergeV2Checkpoints", "SaveV2"})
_CHECKPOINTS = _SAVING | {"RestoreV2", "ShardedFilename"}


def refuse_other_operations(folder: Path) -> None:
    """Refuse a SavedModel of which an operation is not permitted.

    Parameters
    ----------
    folder : with a saved_model.pb that can be parsed; one without is left to who loads it.

    Raises
    ------
    UserError
        Naming the operations.
    """
    if others := [name for name in OTHER_FILES if (folder / name).exists()]:
        raise UserError(f"{folder} holds {others[0]}, which is not looked into; save the model "
                        f"again, as {MODEL_FILE} alone.")
    path = folder / MODEL_FILE
    if not path.is_file():
        return
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    found: set[str] = set()
    for graph in model.meta_graphs:
        found |= _Graph(graph).refused()
    if found:
        raise UserError(
            f"{folder} does more than a network does: its graph holds the operations "
            f"{', '.join(sorted(found)[:5])}; give a model that computes features alone.")


class _Graph:
    """A graph and the functions that it calls."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._top = {node.name: node for node in graph.graph_def.node}
        self._functions = {function.signature.name: function.node_def
                           for function in graph.graph_def.library.function}

    def refused(self) -> set[str]:
        """The kinds of its operations that are not permitted where they are."""
        nodes = [*self._top.values(), *(each for body in self._functions.values() for each in body)]
        found = {node.op for node in nodes if not _is_permitted(node.op, self._functions)}
        return found | self._checkpoints_elsewhere()

    def _checkpoints_elsewhere(self) -> set[str]:
        """Operations on checkpoints in what is called, or runs when the model is loaded."""
        called = {*self._graph.object_graph_def.concrete_functions}
        outputs = [info.name for signature in self._graph.signature_def.values()
                   for info in signature.outputs.values()]
        starts = [name for values in self._graph.collection_def.values()
                  for name in values.node_list.value]
        found = self._within(self._above([*outputs, *starts]), called, _CHECKPOINTS)
        saver = self._graph.saver_def
        restoring = self._above([saver.restore_op_name])
        found |= self._within(restoring, set(), _SAVING)
        for node in restoring:
            if node.op == "RestoreV2" and _name(node.input[0]) != _name(
                    saver.filename_tensor_name):
                found.add(node.op)
        return found

    def _above(self, names: Iterable[str]) -> list[Any]:
        """The nodes that these are computed from, themselves among them."""
        waiting, seen = [_name(name) for name in names], set()
        while waiting:
            name = waiting.pop()
            if name in self._top and name not in seen:
                seen.add(name)
                waiting += map(_name, self._top[name].input)
        return [self._top[name] for name in seen]

    def _within(self, nodes: list[Any], functions: set[str], kinds: frozenset[str]) -> set[str]:
        """Which of the kinds are among nodes, functions and all functions that they call."""
        waiting, seen, found = {*functions, *_calls(nodes)}, set[str](), {node.op for node in nodes}
        while waiting:
            name = waiting.pop()
            seen.add(name)
            body = self._functions.get(name, ())
            found |= {node.op for node in body}
            waiting |= {*_calls(body), *(op for op in found if op in self._functions)} - seen
        return found & kinds


def _calls(nodes: Iterable[Any]) -> set[str]:
    """The functions that are attributes of nodes."""
    values = [value for node in nodes for value in node.attr.values()]
    return {each.name for value in values for each in (value.func, *value.list.func) if each.name}


def _is_permitted(kind: str, functions: Any) -> bool:
    if kind in functions or kind in _CHECKPOINTS or kind in _WITH_STATE or kind in _OF_TEXT:
        return True
    definition = op_def_registry.get(kind)
    if definition is None or definition.is_stateful or any(each in kind for each in _UNSAFE):
        return False
    texts = (types_pb2.DT_STRING, types_pb2.DT_VARIANT)
    arguments = (*definition.input_arg, *definition.output_arg)
    return kind.startswith(_LISTS) or not any(each.type in texts for each in arguments)


def _name(tensor: str) -> str:
    """The node of a tensor, or of what only has to run before."""
    return tensor.removeprefix("^").partition(":")[0]
