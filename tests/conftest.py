"""How every test begins."""

import pytest

from words_and_images.common.progress import be_quiet


@pytest.fixture(autouse=True)
def talkative():
    """Commands with --quiet make their process quiet: that of earlier tests or of fixtures too."""
    be_quiet(False)
