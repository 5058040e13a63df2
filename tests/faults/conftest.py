"""A finished pipeline that the tests of faults compare with."""

import pytest
from faults import make_finished
from repositories import save_small_model


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "saved_model"
    save_small_model(folder)
    return folder


@pytest.fixture(scope="session")
def unbroken(saved_model, tmp_path_factory):
    """A place whose pipeline was never disturbed."""
    return make_finished(tmp_path_factory.mktemp("unbroken") / "repository", saved_model)
