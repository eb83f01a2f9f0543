"""The digests of the catalogue against the bytes of real models."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.models import store
from assistant.models.catalogue import shipped

pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", [model.name for model in shipped().values() if model.wheels])
def test_the_pinned_digests_are_those_of_the_real_bytes(
    model_path: Callable[[str], Path], name: str
) -> None:
    place = model_path(name)
    assert place == store.path(name)
    checked = store.default().check(name)
    assert checked.verified, checked
