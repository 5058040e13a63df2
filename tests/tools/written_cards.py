"""What a model's README.md says to programs, and the code in it."""

import re
from typing import Any

import yaml


def front_matter(text: str) -> Any:
    """The metadata between the first two lines of ---."""
    beginning, metadata, _ = text.split("---\n", 2)
    assert beginning == ""
    return yaml.safe_load(metadata)


def loading_code(text: str) -> str:
    """The lines of Python below the heading about loading."""
    found = re.search(r"## Loading it\n\n```python\n(.*?)\n```\n", text, re.DOTALL)
    assert found
    return found[1]
