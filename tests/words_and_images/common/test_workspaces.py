import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.workspaces import (
    REPLACING,
    is_temporary,
    place_of,
    temporary_files,
    workspace,
)

ROOT = Path(__file__).parents[3]
HOLDING = """
import sys, time
from pathlib import Path
from words_and_images.common.workspaces import workspace
with workspace(Path(sys.argv[1])) as folder:
    (folder / "large.bin").write_bytes(bytes(1000))
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def held(tmp_path):
    """The workspace of another process, and that process."""
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], text=True,
                          stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}) as process:
        yield Path(process.stdout.readline().strip()), process
        process.kill()


def test_a_workspace_is_gone_with_its_work_however_that_ends(tmp_path):
    with contextlib.suppress(RuntimeError), workspace(tmp_path) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("content")
        assert folder.parent == tmp_path and is_temporary(folder / "deep" / "file")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == [] and not is_temporary(tmp_path)


def test_what_a_killed_process_left_goes_when_the_next_begins(tmp_path, held):
    folder, process = held
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (folder / "large.bin").exists()
    with workspace(tmp_path) as own:
        assert list(tmp_path.iterdir()) == [own]


def test_what_a_living_process_works_with_stays(tmp_path, held):
    folder, _ = held
    with workspace(tmp_path), workspace(tmp_path):
        assert (folder / "large.bin").exists()
    assert list(tmp_path.iterdir()) == [folder]


def test_files_and_links_that_look_like_a_workspace_stay(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / ".words-and-images-link").symlink_to("mine")
    (tmp_path / ".words-and-images-file").write_text("mine")
    with workspace(tmp_path):
        pass
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("variable", [None, "/tmp"])
def test_temporary_files_of_all_kinds_lie_beside_what_is_to_be_written(
    tmp_path, monkeypatch, variable
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("TMPDIR", raising=False)
    if variable:
        monkeypatch.setenv("TMPDIR", variable)
    with temporary_files(tmp_path / "new" / "deeper" / "out") as folder:
        _, name = tempfile.mkstemp()
        printed = subprocess.run(["/bin/sh", "-c", "echo $TMPDIR"], capture_output=True, text=True)
        assert folder.parent == tmp_path
        assert Path(name).parent == folder == Path(printed.stdout.strip())
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == (str(tmp_path), variable)
    assert list(tmp_path.iterdir()) == []


def test_without_an_output_they_lie_where_they_did_in_a_folder_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with temporary_files() as folder:
        assert folder.parent == tmp_path


def test_what_another_process_is_about_to_write_is_refused_until_that_ends(tmp_path):
    code = HOLDING.replace("workspace(Path(sys.argv[1]))", "temporary_files(Path(sys.argv[1]))")
    code = code.replace("import workspace", "import temporary_files")
    out = tmp_path / "model"
    with subprocess.Popen([sys.executable, "-c", code, str(out)], text=True,
                          stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}) as process:
        folder = Path(process.stdout.readline().strip())
        with pytest.raises(UserError, match="model is being written by another process; wait"), \
                temporary_files(out):
            pass
        with temporary_files(tmp_path / "another"):
            assert (folder / "large.bin").exists()
        process.kill()
        process.wait()
    with temporary_files(out):
        assert not (folder / "large.bin").exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("path", "told"), [
    ("models/head/head.npz", "models/head/head.npz"),
    (f"models/{REPLACING}x/head/head.npz", "models/head"),
    (f"models/{REPLACING}x", "models"),
    ("models/.words-and-images-0123/images/hot", "models"),
])
def test_of_a_path_in_a_workspace_someone_knows_what_it_is_to_be_or_the_folder(path, told):
    assert place_of(Path(path)) == Path(told)
