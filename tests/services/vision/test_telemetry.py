"""ONNX Runtime tells its maker nothing: of itself it keeps an id of the machine below the home folder, and sends."""

import subprocess
import sys
from pathlib import Path

from deploy import ROOT

OPENED = """
import sys
from pathlib import Path
from services.vision import models
from services.vision.models import DETECTION, prepare, session
session(prepare(Path(sys.argv[1])) / DETECTION / "inference.onnx")
"""


def test_a_network_is_opened_without_an_id_of_this_machine(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # Nothing else of ours: in what it takes for a continuous integration it keeps quiet by itself.
    environment = {"HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-P", "-c", OPENED, str(tmp_path / "models")], env=environment, check=True)
    assert not [*home.rglob("*")]
