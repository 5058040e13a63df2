import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask is an extra")

ROOT = Path(__file__).parents[2]


def test_a_text_is_made_up_of_words_as_often_as_they_were(tmp_path):
    from benchmarks.scale import make_up

    distinct = make_up(["the", "of", "a"], np.array([6, 3, 1]), 20_000, tmp_path / "text.txt")
    words = (tmp_path / "text.txt").read_text().split()
    assert len(words) == 20_000 and distinct == 3
    assert words.count("the") == pytest.approx(12_000, rel=0.05)
    assert words.count("a") == pytest.approx(2_000, rel=0.1)


def test_a_run_finds_the_same_vectors_by_both_engines(tmp_path):
    generator = np.random.default_rng(2)
    words = [f"{a}{b}{c}" for a in "abcdefgh" for b in "aeiou" for c in "klmnrstz"]
    lines = (" ".join(generator.choice(words, 50)) for _ in range(400))
    (tmp_path / "text.txt").write_text("\n".join(lines))
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", str(tmp_path / "text.txt"), "--model", "cbow",
         "--only", "words", "--rounds", "1", "--epochs", "1", "--workers", "2", "--base", "3000",
         "--times", "1,2",
         "--output", str(tmp_path / "scale.json")], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    figures = json.loads((tmp_path / "scale.json").read_text())["words"]
    one, two, apart = figures["models"]["cbow"]
    assert one["same"] and two["same"] and apart["same"] and two["local"] > 0
    # All send the vectors here, and those of different machines what has moved, to each other.
    assert 0 < one["moved_bytes_a_word"] < apart["moved_bytes_a_word"]
    assert two["moved_bytes_a_word"] < apart["moved_bytes_a_word"]
    assert [row["words"] for row in figures["lengths"]] == [3000, 6000]
    assert "same vectors" in ended.stdout
    assert (tmp_path / "scale.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("options", "told"), [
    (["--times", "1,x"], "times is '1,x'; it must be numbers between commas, each at least 1"),
    (["--image-counts", "1000,50"], "image-counts is '1000,50'; it must be numbers between commas, "
     "each at least 200"),
    (["--images", "1"], "images is 1; it must be at least 2"),
    (["--only", "texts"], "only is 'texts'"),
    (["--photos", "nowhere"], "photos is nowhere, which is not there"),
    (["--workers", "0"], "workers is 0; it must be at least 1"),
    (["--output", "x.txt"], "a name that ends in .json"),
])
def test_bad_input_is_one_sentence(options, told, tmp_path):
    (tmp_path / "text.txt").write_text("a b c\n")
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", str(tmp_path / "text.txt"), *options],
        cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2 and told in ended.stderr and ended.stderr.count("\n") == 1
