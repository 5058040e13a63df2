"""LiteRT: runs a converted network without TensorFlow, and starts in a fraction of its time."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.backbones.native_messages import native_messages_dropped
from vision.backbones.record import NETWORK_FILE, RECORD_FILE, BackboneRecord
from vision.folders import BACKBONE
from words_and_images.common.own_files import DamagedError, remedy_for
from words_and_images.common.stored_paths import stored_bytes


class LiteNetwork:
    """A network that takes one image at a time, from any number of threads.

    Each call has an interpreter to itself, of one thread: images are run side by side rather than
    one by several threads, which is quicker, and the features of an image depend on nothing else.
    """

    def __init__(self, content: bytes) -> None:
        """Open the content of a .tflite file.

        ValueError or RuntimeError where it is none, and where it is more than a row of operations:
        a loop need not end.
        """
        _refuse_control_flow(content)
        self._content = content
        # LiteRT tells of its delegate when the first interpreter of a process is opened. Here and
        # not in a worker, so that nobody else's messages are lost meanwhile.
        with native_messages_dropped():
            self._idle = [self._interpreter()]

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features (feature_width,) of an image (height, width, 3) in [0, 1].

        ValueError or RuntimeError where the network turns out to be broken.
        """
        try:
            interpreter = self._idle.pop()
        except IndexError:
            interpreter = self._interpreter()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        features = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
        self._idle.append(interpreter)
        return features

    def fits(self, height: int, width: int, feature_width: int) -> bool:
        """Whether it turns an image of that size into so many features."""
        (taken,), (given,) = self._idle[0].get_input_details(), self._idle[0].get_output_details()
        shapes = [list(each["shape"]) for each in (taken, given)]
        return shapes == [[1, height, width, 3], [1, feature_width]] and all(
            each["dtype"] is np.float32 for each in (taken, given))

    def _interpreter(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]

        interpreter = Interpreter(model_content=self._content, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter


def _refuse_control_flow(content: bytes) -> None:
    """ValueError for what is no network of a single graph (of none, LiteRT ends the process), and
    for one with loops, branches or calls."""
    from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

    kinds = schema.BuiltinOperator
    try:
        network = schema.Model.GetRootAs(content)
        graphs = network.SubgraphsLength()
        codes = map(network.OperatorCodes, range(network.OperatorCodesLength()))
        used = {max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes}
    except (struct.error, TypeError, AttributeError, ValueError):  # places outside of the content
        raise ValueError("it is broken") from None
    if graphs != 1 or used & {kinds.IF, kinds.WHILE, kinds.CALL, kinds.CALL_ONCE}:
        raise ValueError("it has loops or branches")


def load(folder: Path, record: BackboneRecord) -> LiteNetwork:
    """The network of a backbone's folder.

    Raises
    ------
    UserError
        For a folder without network.tflite, or with a broken one or another than the record's.
    """
    path = folder / NETWORK_FILE
    try:
        network = LiteNetwork(stored_bytes(path))
        if network.fits(record.height, record.width, record.feature_width):
            network(np.zeros((record.height, record.width, 3), np.float32))
            return network
        reason = f"it is not the network that {RECORD_FILE} tells of"
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it is no network that LiteRT can read"
    raise DamagedError(f"{path} is broken ({reason})", remedy_for(folder, BACKBONE))
