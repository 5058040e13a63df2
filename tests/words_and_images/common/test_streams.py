import bz2
import gzip
import io
import lzma

import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.streams import (
    PACKINGS,
    Stream,
    packing,
    told_in_a_sentence,
    unpacked,
    zstandard,
)

CONTENT = b"".join(b"line %d\n" % number for number in range(5000))


def trickle(content: bytes, step: int = 7) -> Stream:
    """What a pipe gives, a few bytes at a time."""
    return Stream(content[place : place + step] for place in range(0, len(content), step))


def all_of(packed: bytes) -> bytes:
    with told_in_a_sentence("it"):
        return unpacked(trickle(packed, 1000), "it").read()


def test_what_was_looked_at_is_read_again():
    stream = trickle(b"abcdefghijklmnopqrstuvwxyz")
    assert stream.look(3) == b"abc" and stream.look(10) == b"abcdefghij"
    assert io.BufferedReader(stream).read() == b"abcdefghijklmnopqrstuvwxyz"
    assert trickle(b"abc").look(99) == b"abc"


def test_lines_are_read_across_the_pieces_of_a_stream():
    assert io.BufferedReader(trickle(CONTENT)).readlines() == CONTENT.splitlines(keepends=True)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress,
                                  zstandard().compress])
def test_a_packed_stream_is_unpacked_without_seeking(pack):
    assert all_of(pack(CONTENT)) == CONTENT
    assert all_of(pack(pack(CONTENT))) == CONTENT


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard().compress])
@pytest.mark.parametrize("times", [1, 2])
def test_streams_behind_one_another_are_one_and_a_cut_one_is_damaged(pack, times):
    packed = pack(CONTENT) * times
    assert all_of(packed) == CONTENT * times
    with pytest.raises(UserError, match="it cannot be read to its end"):
        all_of(packed[:-9])


@pytest.mark.parametrize("ending", PACKINGS)
def test_what_is_packed_is_unpacked_and_equal_content_makes_equal_bytes(ending):
    files = []
    for _ in range(2):
        files.append(io.BytesIO())
        with packing(files[-1], ending) as output:
            output.write(CONTENT)
    first, second = (file.getvalue() for file in files)
    assert first == second and len(first) < len(CONTENT) / 2
    assert all_of(first) == CONTENT
