"""Nothing that comes from outside is run: no pickle, no shell, no text as code, in any module; and
trained on, asked and shown, nothing asks another machine."""

import ast
import json
import re
import subprocess
import sys

import pytest
import yaml
from project_imports import ROOT, project_files

FILES = [file for file in project_files() if not file.startswith("benchmarks/")]
UNPICKLING = {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "torch"}
RUNNING = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load",
           "yaml.unsafe_load", "yaml.full_load", "subprocess.getoutput", "pickle.load",
           "pickle.loads", "runpy.run_path"}
# Its unpickler admits tensors and nothing else: tests/vision/backbones/test_pytorch_weights.py.
READS_TENSORS = "vision/backbones/pytorch_weights.py"


def tree_of(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES)
def test_no_module_unpickles_or_runs_what_it_is_given(file):
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(each.name for each in node.names)]
            taken = UNPICKLING & {name.split(".")[0] for name in names}
            assert not taken or file == READS_TENSORS
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in RUNNING
            given = {each.arg: ast.unparse(each.value) for each in node.keywords}
            assert given.get("shell", "False") == "False"
            assert given.get("allow_pickle", "False") == "False"


@pytest.mark.parametrize("file", ["dvc.yaml", "examples/dvc.yaml"])
def test_no_parameter_reaches_a_shell(file):
    stages = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"]
    for stage in stages.values():
        known = {f"item.{name}" for name in stage.get("matrix", {})}
        assert set(re.findall(r"\$\{([^}]*)\}", stage["cmd"])) <= known
        for values in stage.get("matrix", {}).values():
            assert all(re.fullmatch(r"[a-z0-9_]+", str(value)) for value in values)


ALONE = """
import json, sys
asked = []
sys.addaudithook(lambda event, arguments: asked.append(f"{event} {arguments}") if event in (
    "socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto") else None)
from word2vec.command_line import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["word2vec", *arguments]
    try:
        main()
    except SystemExit as ending:
        assert not ending.code, ending.code
import reporting.page, vision.command_line, words_and_images_page.models
assert not asked, asked
print("nobody was asked")
"""


def test_training_and_asking_turn_to_no_other_machine(tmp_path):
    (tmp_path / "text.txt").write_text("a b c d e f\n" * 200)
    commands = [["train", str(tmp_path / "text.txt"), str(tmp_path / "out"), "--quiet"],
                ["nearest", str(tmp_path / "out"), "a"]]
    finished = subprocess.run([sys.executable, "-c", ALONE, json.dumps(commands)], cwd=ROOT,
                              capture_output=True, text=True)
    assert finished.stdout.endswith("nobody was asked\n"), finished.stderr
