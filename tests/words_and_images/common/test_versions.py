import platform
import subprocess
import sys
from importlib.metadata import version

import pytest
from project_imports import ROOT

from words_and_images.common import versions as module
from words_and_images.common.processor import describe_kernels
from words_and_images.common.versions import installed, versions

COMMANDS = ("word2vec", "vision", "texts", "words_and_images_page")
HEAVY = ("scipy", "PIL", "tensorflow", "ai_edge_litert", "gradio", "pandas", "matplotlib")
# What the command has imported when it ends is printed below what it prints.
ASKED = """
import sys
from words_and_images.common import commandline
from {command}.command_line import main
end = commandline._end
commandline._end = lambda code: (print([each for each in {heavy} if each in sys.modules]),
                                 end(code))
sys.argv = ["{command}", "--version"]
main()
"""


def test_versions_are_those_of_the_metadata_and_of_the_blas_that_numpy_loaded():
    project, python, numpy, litert, tensorflow = versions()
    assert project == f"words-and-images {version('words-and-images')}"
    assert python.split() == ["CPython", platform.python_version(), "on", platform.system(),
                              platform.machine()]
    assert numpy == f"NumPy {version('numpy')}, {describe_kernels()}"
    assert litert == f"LiteRT {installed('ai-edge-litert')}"
    assert tensorflow == f"TensorFlow {installed('tensorflow')}"


def test_what_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(module, "ENGINES", {"TensorFlow": "no-such-package"})
    assert list(versions())[-1] == "TensorFlow not installed"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_the_versions_and_loads_nothing_heavy_for_it(command):
    code = ASKED.format(command=command, heavy=HEAVY)
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True,
                              text=True)
    assert (finished.returncode, finished.stderr) == (0, "")
    told, expected = finished.stdout.splitlines(), [*versions(), "[]"]
    numpy = expected.pop(2).partition(",")[0]  # other commands may ask for other kernels
    assert told.pop(2).startswith(f"{numpy}, ")
    assert told == expected
