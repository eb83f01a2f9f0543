"""What all tests share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.models import store


@pytest.fixture(scope="session")
def model_path() -> Callable[[str], Path]:
    """Return a real model's directory by name; fetched into the user's models if need be."""
    return store.ensure
