"""What the tests of vector files share."""

from pathlib import Path

import pytest

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
