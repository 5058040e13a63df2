"""Change files until something goes wrong, guided by what the parsers' code reaches: `make fuzz`.

    python -m tests.fuzz.run [MINUTES] [TARGET]

Each target runs for its share of the minutes in a process of its own. What ends one is kept below
results/fuzz as the content of a file, with the number of the made file that it stands for as its
first byte, and is told how to try again.
"""

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.edits import LARGEST, Edit, edited

FOUND = Path("results") / "fuzz"
LARGEST_FILE = 1 << 16  # bytes
ROOM = 4 << 30  # bytes of addresses more than when the reading begins
OURS = ["examples", "vision", "word2vec", "words_and_images", "words_and_images_page"]
EDITED = 0.8  # share of the changes that know of formats; the others are libFuzzer's own
MOST_EDITS = 3


def main() -> int:
    """Run all targets or one; the exit code tells whether anything was found."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    from tests.fuzz.targets import TARGETS

    names = sys.argv[2:3] or list(TARGETS)
    if names[0] not in TARGETS:
        print(f"there is no target {names[0]!r}; give one of {', '.join(TARGETS)}.",
              file=sys.stderr)
        return 2
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("atheris, which guides the changes, is installed on Linux on x86-64 alone; the tests "
              "in tests/fuzz change the same files by chance.", file=sys.stderr)
        return 2
    seconds = max(1, int(60 * minutes / len(names)))
    return int(any([_run(name, seconds) for name in names]))


def _run(name: str, seconds: int) -> bool:
    """Whether one target found anything in so many seconds; what it did is printed on a line."""
    FOUND.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.run", "--in-this-process", name,
               f"-max_total_time={seconds}", f"-max_len={LARGEST_FILE}", "-timeout=60",
               "-rss_limit_mb=6144", "-print_final_stats=1", f"-artifact_prefix={FOUND}/{name}-"]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace",
                           env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    tried = re.search(r"number_of_executed_units: (\d+)", ended.stderr)
    count = f"{int(tried[1]):,}" if tried else "an unknown number of"
    print(f"{name}: {count} files in {seconds} s{', and this:' if ended.returncode else ''}",
          flush=True)
    if ended.returncode:
        print(ended.stdout[-4000:], "\n".join(ended.stderr.splitlines()[-20:]), sep="\n")
    return ended.returncode != 0


def _in_this_process(name: str, arguments: list[str]) -> None:
    import atheris

    with tempfile.TemporaryDirectory() as folder, atheris.instrument_imports(include=OURS):
        from tests.fuzz.cases import Case
        from tests.fuzz.targets import TARGETS

        (place := Path(folder) / "case").mkdir()
        case = Case(TARGETS[name], place)
        (seeds := Path(folder) / "seeds").mkdir()
        for number, content in enumerate(case.contents):
            (seeds / str(number)).write_bytes(bytes([number]) + content)
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + ROOM, held + ROOM))
        atheris.Setup(["fuzz", *arguments, str(seeds)],
                      lambda content: case.try_one(content[0], content[1:]) if content else None,
                      custom_mutator=_mutated)
        atheris.Fuzz()


def _mutated(content: bytes, most: int, seed: int) -> bytes:
    """Another version of a file, whose number its first byte is."""
    generator = random.Random(seed)
    if not content or generator.random() > EDITED:
        import atheris

        return atheris.Mutate(content, most)
    changed = content[1:]
    for _ in range(generator.randint(1, MOST_EDITS)):
        numbers = (generator.randrange(LARGEST) for _ in range(4))
        changed = edited(changed, Edit(*numbers, depth=generator.randrange(27)))
    return (content[:1] + changed)[:most]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in-this-process"]:
        _in_this_process(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
