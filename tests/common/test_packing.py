import bz2
import gzip
import io
import lzma

import pytest
import zstandard

from common.packing import DAMAGED, PACKINGS, Lookahead, packing, unpacked

CONTENT = b"".join(b"line %d\n" % number for number in range(5000))


class Trickle(io.RawIOBase):
    """A pipe that gives a few bytes at a time and cannot be sought."""

    def __init__(self, content: bytes, step: int = 7) -> None:
        self._left, self._step = content, step

    def readable(self):
        return True

    def readinto(self, buffer):
        taken = min(self._step, len(buffer), len(self._left))
        buffer[:taken], self._left = self._left[:taken], self._left[taken:]
        return taken


def test_what_was_looked_at_is_read_again():
    ahead = Lookahead(Trickle(b"abcdefghijklmnopqrstuvwxyz"))
    assert ahead.look(3) == b"abc" and ahead.look(10) == b"abcdefghij"
    assert io.BufferedReader(ahead).read() == b"abcdefghijklmnopqrstuvwxyz"
    assert Lookahead(Trickle(b"abc")).look(99) == b"abc"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress,
                                  zstandard.compress])
def test_a_packed_stream_is_unpacked_without_seeking(pack):
    assert unpacked(Trickle(pack(CONTENT), 1000)).readall() == CONTENT


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
@pytest.mark.parametrize("times", [1, 2])
def test_streams_behind_one_another_are_one_and_a_cut_one_is_damaged(pack, times):
    packed = pack(CONTENT) * times
    assert unpacked(io.BytesIO(packed)).readall() == CONTENT * times
    with pytest.raises(DAMAGED):
        unpacked(io.BytesIO(packed[:-9])).readall()


@pytest.mark.parametrize("ending", PACKINGS)
def test_what_is_packed_is_unpacked_and_equal_content_makes_equal_bytes(ending):
    files = []
    for _ in range(2):
        files.append(io.BytesIO())
        with packing(files[-1], ending) as output:
            output.write(CONTENT)
    first, second = (file.getvalue() for file in files)
    assert first == second and len(first) < len(CONTENT) / 2
    assert unpacked(io.BytesIO(first)).readall() == CONTENT
