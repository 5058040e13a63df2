"""Files as they come damaged or made up: what reads them may refuse them, and only so."""

import copy
import json

import numpy as np

STRANGE = (None, True, -5, 0, 1e308, 10**30, "", "x", "\0", [], [[]], {}, {"x": []}, [None], ["x"])


def damaged(content, count, seed=0):
    """So many versions of some bytes: bytes changed, cut out, doubled, and the end cut off."""
    generator = np.random.default_rng(seed)
    for number in range(count):
        changed = bytearray(content)
        start = int(generator.integers(len(content)))
        end = start + int(generator.integers(1, 9))
        if number % 4 == 0:
            changed = changed[:start]
        elif number % 4 == 1:
            changed[start:end] = b""
        elif number % 4 == 2:
            changed[start:start] = changed[start:end]
        else:
            for place in generator.integers(0, len(content), generator.integers(1, 4)):
                changed[place] = generator.integers(256)
        yield bytes(changed)


def rewritten(value):
    """Versions of a JSON value with each of its parts, in turn, replaced by strange ones, or gone.
    """
    for path in _paths(value):
        for strange in STRANGE:
            yield _replaced(value, path, strange)
        if path:
            yield _replaced(value, path, None, gone=True)


def rewritten_files(path, count, seed=0):
    """A JSON file in such versions, `count` of them, and damaged; put back in the end."""
    whole = path.read_bytes()
    versions = [json.dumps(each).encode() for each in rewritten(json.loads(whole))]
    chosen = np.random.default_rng(seed).permutation(len(versions))[:count]
    yield from _written(path, [versions[number] for number in chosen]
                        + [b"[" * 100_000, *damaged(whole, count // 4)])


def damaged_files(path, count, seed=0):
    """A file in damaged versions; put back in the end."""
    yield from _written(path, damaged(path.read_bytes(), count, seed))


def _written(path, versions):
    whole = path.read_bytes()
    try:
        for content in versions:
            path.write_bytes(content)
            yield content
    finally:
        path.write_bytes(whole)


def _paths(value, path=()):
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(
        value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _paths(part, (*path, key))


def _replaced(value, path, strange, gone=False):
    if not path:
        return strange
    changed = copy.deepcopy(value)
    part = changed
    for key in path[:-1]:
        part = part[key]
    if gone:
        del part[path[-1]]
    else:
        part[path[-1]] = strange
    return changed
