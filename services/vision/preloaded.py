"""Imported by the process that workers are forked from (`shared.workers`): what is opened here is in memory once,
however many they are."""

from __future__ import annotations

import gc
from contextlib import suppress

from services.vision.face.weights import BadWeightFile
from services.vision.models import BadWeights
from services.vision.settings import Settings
from services.vision.worker import warm
from shared.settings import Platform

_settings = Settings()

if not _settings.batch:
    # Where they are missing, each worker says so by itself.
    with suppress(BadWeights, BadWeightFile, OSError):
        warm(_settings.folder(Platform()))

# A collection in a child would write to every object, and so take its own copy of each page.
gc.freeze()
