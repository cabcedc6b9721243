"""Tools opened once, and the one face that arrives with a package: Eileen Collins, NASA, public domain."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.vision.face.find import Image
from services.vision.face.tools import FaceTools, open_tools
from services.vision.models import session
from tests.support.portraits import sample


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="session")
def tools(weights_folder: Path) -> FaceTools:
    return open_tools(weights_folder, session)


@pytest.fixture(scope="session")
def astronaut() -> Image:
    return sample("astronaut")
