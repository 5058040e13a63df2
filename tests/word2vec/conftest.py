"""What the tests of vector files and of the command share."""

import io
import sys
from pathlib import Path

import pytest

from word2vec import command_line
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.formats.vector_files import read_vectors
from words_and_images.common.errors import UserError


def refusal(path: Path, content: bytes | None = None, **options: object) -> str:
    """The sentence by which a file is refused; it gets the content first, if one is given."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_vectors(path, ReadOptions(**options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit code, standard output, standard error."""

    def call(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["word2vec", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = 0
        try:
            command_line.main()
        except SystemExit as ended:
            code = ended.code or 0
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call
