import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.profile import PROFILES, place_of_source, source_of


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


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    """The folder of a queued experiment; its repository has texts of which git knows one."""
    repository, folder = tmp_path / "repository", tmp_path / "repository/.dvc/tmp/exps/queued"
    folder.mkdir(parents=True)
    for place in (repository / "mine.txt", repository / "tracked.txt", folder / "tracked.txt",
                  tmp_path / "beside.txt", folder / "only here.txt"):
        place.write_text("a text")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_ROOT", str(repository))
    return repository


@pytest.mark.parametrize("source", ["mine.txt", "tracked.txt", "../beside.txt", "m*.txt"])
def test_a_path_means_in_an_experiment_elsewhere_what_it_means_in_its_repository(
        experiment, source):
    assert place_of_source(source) == f"{experiment}/{source}"


@pytest.mark.parametrize("source", ["", "-", "~/mine.txt", "catalogue:text8", "text8",
                                    "nowhere.txt", "only here.txt", "/absolute.txt"])
def test_a_source_that_is_no_path_of_the_repository_stays(experiment, source):
    assert place_of_source(source) == source


def test_in_the_repository_and_without_dvc_a_path_stays(experiment, monkeypatch):
    monkeypatch.chdir(experiment)
    assert place_of_source("mine.txt") == "mine.txt"
    monkeypatch.chdir("..")
    monkeypatch.delenv("DVC_ROOT")
    assert place_of_source("repository/mine.txt") == "repository/mine.txt"
