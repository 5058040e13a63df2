import json

import numpy as np
import pytest

from benchmarks import small


def test_the_score_is_the_share_of_the_nearest_words_of_ones_group():
    # Five words on a circle: a, b, c, d close together, of which d is of another group, like e.
    angles = np.array([0, 1, 2, 3, 180]) * np.pi / 180
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    group = {"a": 0, "b": 0, "c": 0, "d": 1, "e": 1}
    # nearest three: a: b c d, b: a c d, c: b d a, d: c b a, e: d c b
    assert small.score(list("abcde"), vectors, group) == pytest.approx((2 + 2 + 2 + 0 + 1) / 15)


def test_the_texts_are_as_long_as_they_say_and_have_a_group_for_each_word():
    sentences, group = small.groups(2000, 48, 8, 1)
    assert sum(map(len, sentences)) == 2000 and len(group) == 48
    assert all(len({group[word] for word in sentence}) == 1 for sentence in sentences)
    walked, group = small.walks(4000, 1)
    assert sum(map(len, walked)) == 4000 and {word for walk in walked for word in walk} <= {*group}


def test_one_seed_prints_here_and_gensim_side_by_side(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(small, "TEXTS", small.TEXTS[:1])
    monkeypatch.setattr(small, "be_quiet", lambda _: None)
    small.main(seeds=1, out=tmp_path / "small.json")
    told = capsys.readouterr().out
    assert "skipgram" in told and "gensim" in told
    rows = json.loads((tmp_path / "small.json").read_text())
    assert len(rows) == 6 and all(row["here"] == [1.0] for row in rows)
