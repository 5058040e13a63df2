import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.profile import PROFILES, source_of


@pytest.fixture
def in_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / "params.yaml").write_text(text)


def test_a_named_source_wins_over_the_profile(in_project):
    assert source_of("corpus", "my texts") == "my texts"


@pytest.mark.parametrize("profile", PROFILES)
def test_without_a_source_the_profile_decides(in_project, profile):
    in_project(f"profile: {profile}\n")
    assert source_of("backbone", None) == "catalogue:" + PROFILES[profile]["backbone"]


def test_an_unknown_profile_is_refused_with_the_nearest(in_project):
    in_project("profile: embeded\n")
    with pytest.raises(UserError, match="profile is 'embeded'; did you mean embedded"):
        source_of("images", None)
