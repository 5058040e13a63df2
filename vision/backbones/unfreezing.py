"""A frozen network cut in two, so that the upper part can learn again.

The cut is a single tensor that all paths from the images to the features go through, such as
what an Inception module or a residual block puts out: below it nothing changes, and what it holds
of an image is computed once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.backbones.runtime import Network, Tensor, tf
from words_and_images.common.errors import UserError, counted

CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")
# Where branches meet: the ends of the blocks that networks are made of.
JOINS = ("AddV2", "Add", "AddN", "ConcatV2")
# Of these the second input is learned again. Scales and means of batch normalisation stay, as few
# images would move them at random.
LEARNED = (*CONVOLUTIONS, "MatMul", "BiasAdd")

Kernels = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class CutNetwork:
    """A frozen network of two parts.

    Attributes
    ----------
    graph : GraphDef
        The whole of it, flat.
    images, cut, features : str
        The nodes of its input, of the cut and of its output.
    kernels : dict of str to float32 arrays
        The weights above the cut that can learn, by the names of their nodes.
    """

    graph: Any
    images: str
    cut: str
    features: str
    kernels: dict[str, NDArray[np.float32]]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of one image's activations at the cut."""
        return tuple(self._lower.outputs[0].shape[1:])

    @cached_property
    def _lower(self) -> Any:
        node = next(node for node in self.graph.node if node.name == self.images)
        height, width = [side.size for side in node.attr["shape"].shape.dim][1:3]
        return tf.function(
            lambda images: _run(self.graph, {self.images: images}, self.cut)
        ).get_concrete_function(tf.TensorSpec((None, height, width, 3), tf.float32))

    def lower(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """From images (batch, height, width, 3) in [0, 1] to activations at the cut."""
        return self._lower(tf.constant(images)).numpy()

    def upper(self, activations: Tensor, kernels: Kernels) -> Tensor:
        """From activations at the cut to features (batch, width), by other kernels."""
        return _run(self.graph, {self.cut: activations, **kernels}, self.features)

    def with_kernels(self, kernels: Kernels) -> Network:
        """The whole network with other kernels."""
        return lambda images: _run(self.graph, {self.images: images, **kernels}, self.features)


def cut_network(frozen: Any, name: str, blocks: int = 1) -> CutNetwork:
    """Cut a frozen network below its last blocks.

    A block ends where branches meet in a single tensor, and holds a convolution; in a network
    without branches every convolution is one.

    Parameters
    ----------
    frozen : what `runtime.freeze` gives.
    name : how errors call it.
    blocks : how many are above the cut.

    Raises
    ------
    UserError
        When the network has fewer blocks.
    """
    graph = frozen.graph.as_graph_def()
    nodes = {node.name: node for node in graph.node}
    images, features = frozen.inputs[0].op.name, frozen.outputs[0].op.name
    order = _order(nodes, images, features)
    cut = _find_cut([nodes[each] for each in order], name, blocks)
    above = _order(nodes, cut, features)[1:]
    return CutNetwork(graph, images, cut, features, _kernels(nodes, above))


def _inputs(node: Any) -> list[str]:
    """Names of the nodes whose data a node takes."""
    return [each.partition(":")[0] for each in node.input if not each.startswith("^")]


def _order(nodes: Mapping[str, Any], first: str, last: str) -> list[str]:
    """The nodes on all paths from the first to the last, each after those it depends on."""
    depends: dict[str, bool] = {first: True}  # whether a node depends on the first
    order, waiting = [first], [last]
    while waiting:
        name = waiting[-1]
        unknown = [each for each in _inputs(nodes[name]) if each not in depends]
        if name not in depends and unknown:
            waiting.extend(unknown)
            continue
        waiting.pop()
        if name not in depends:
            depends[name] = any(depends[each] for each in _inputs(nodes[name]))
            order += [name] if depends[name] else []
    return order


def _find_cut(order: Sequence[Any], name: str, blocks: int) -> str:
    cuts = _articulation_points(order)
    joins = [place for place in cuts
             if order[place].op in JOINS and len(_taken(order, place)) > 1]
    if not joins:
        joins = [place for place in cuts if any(
            node.op in CONVOLUTIONS and order[place].name in _inputs(node) for node in order)]
    end, found = len(order), 0
    for place in reversed(joins):
        if any(node.op in CONVOLUTIONS for node in order[place + 1:end]):
            end, found = place + 1, found + 1
        if found == blocks:
            return order[place].name
    raise UserError(f"{name} has {counted(found, 'block')} of convolutions that can be unfrozen, "
                    f"not {blocks}; set fine_tune.blocks to at most that, or fine_tune.epochs to "
                    "0.")


def _taken(order: Sequence[Any], place: int) -> set[str]:
    """Those inputs of a node that depend on the images."""
    return set(_inputs(order[place])) & {node.name for node in order[:place]}


def _articulation_points(order: Sequence[Any]) -> list[int]:
    """Places of the nodes that every path goes through and that put out one tensor.

    In an order in which each node comes after its inputs, such a node is one that no edge passes
    over: an edge from before it to behind it would be a way around.
    """
    places = {node.name: place for place, node in enumerate(order)}
    furthest = [0] * len(order)
    for place, node in enumerate(order):
        for each in _inputs(node):
            if each in places:
                furthest[places[each]] = max(furthest[places[each]], place)
    several = {each.partition(":")[0] for node in order for each in node.input
               if each.partition(":")[2] not in ("", "0")}
    points, reach = [], 0
    for place, node in enumerate(order):
        if reach <= place and node.name not in several:
            points.append(place)
        reach = max(reach, furthest[place])
    return points


def _kernels(nodes: Mapping[str, Any], above: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    """The constants that the layers of these nodes learn."""
    kernels = {}
    for name in above:
        node = nodes[name]
        if node.op not in LEARNED:
            continue
        source = nodes[_inputs(node)[1]]
        while source.op == "Identity":
            source = nodes[_inputs(source)[0]]
        if source.op == "Const":
            value = tf.make_ndarray(source.attr["value"].tensor)
            if value.dtype == np.float32:
                kernels[source.name] = value
    return kernels


@tf.autograph.experimental.do_not_convert
def _run(graph: Any, given: Mapping[str, Any], wanted: str) -> Tensor:
    """One node's output, computed from others that are given; to be traced."""
    part, used = _subgraph(graph, given, wanted)
    # In the graph that is being traced, also what was computed outside of it.
    mapped = {f"{name}:0": tf.identity(given[name]) for name in used}
    outputs = tf.graph_util.import_graph_def(
        part, input_map=mapped, return_elements=[f"{wanted}:0"], name="")
    return outputs[0]


def _subgraph(graph: Any, given: Mapping[str, Any], wanted: str) -> tuple[Any, list[str]]:
    """The nodes that one node needs, down to those that are given, and which of these it needs."""
    nodes = {node.name: node for node in graph.node}
    part = tf.compat.v1.GraphDef(library=graph.library, versions=graph.versions)
    waiting, seen = [wanted], {wanted}
    while waiting:
        name = waiting.pop()
        node = part.node.add()
        if name in given:
            node.name, node.op = name, "Placeholder"
            node.attr["dtype"].type = tf.as_dtype(given[name].dtype).as_datatype_enum
            continue
        node.CopyFrom(nodes[name])
        # What is left only for its order has no order here: nothing has an effect.
        node.ClearField("input")
        node.input.extend(each for each in nodes[name].input if not each.startswith("^"))
        waiting += [each for each in dict.fromkeys(_inputs(node)) if each not in seen]
        seen.update(_inputs(node))
    return part, [name for name in given if name in seen]
