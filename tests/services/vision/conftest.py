"""Networks opened once for the session, as a worker does."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.vision import models as networks
from services.vision.models import Models


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's weights are written."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def models(models_folder: Path) -> Models:
    """The opened networks."""
    return networks.opened(models_folder)
