"""How signs look, drawn once for an environment: what doubted names are compared with (services/vision/glyphs.py)."""

from __future__ import annotations

from deploy import ROOT
from deploy.setup.environment import PYTHON, VENV, digest
from deploy.setup.progress import step

FOLDER = VENV / "share" / "baokao"
STAMP = FOLDER / "shapes.stamp"
SOURCES = tuple(ROOT / "services" / "vision" / name for name in ("draw.py", "glyphs.py", "signs.py", "models.py"))


def current() -> bool:
    """Whether they were drawn by these rules, for the signs that this recogniser knows."""
    drawn = any(FOLDER.glob("glyphs-*.npz")) and any(FOLDER.glob("glyphs-*.npy"))
    return drawn and STAMP.exists() and STAMP.read_text() == digest(SOURCES)


def install() -> None:
    """Draw them, when the rules have changed or the environment is new."""
    if current():
        return
    step("Shapes of signs", [str(PYTHON), "-P", "-m", "services.vision.draw"], {"PYTHONPATH": str(ROOT)})
    STAMP.write_text(digest(SOURCES))
