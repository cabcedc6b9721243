"""The settings as the launcher sees them."""

from __future__ import annotations

from deploy import ROOT
from shared.settings import Platform


def platform() -> Platform:
    """Settings from the environment; the data folder is the checkout's, from wherever the launcher is called."""
    settings = Platform()
    return settings.model_copy(update={"data": ROOT / settings.data})
