"""The documents service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.documents import api, handlers
from services.documents.domain import SafePicture, Upload
from services.documents.pillow import make_safe
from services.documents.settings import Settings
from services.documents.store import INDEXES
from shared import runtime
from shared.bus import Bus
from shared.clock import utc_now
from shared.consumer import Consumer
from shared.events.identity import FacePhotoSpent
from shared.events.registration import PicturesReleased
from shared.files import open_files
from shared.http import application
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens
from shared.workers import WorkerDied, Workers


@asynccontextmanager
async def service(platform: Platform, _bus: Bus) -> AsyncIterator[Service]:
    """Open what the service needs and say what it serves."""
    settings = Settings()
    tokens = load_tokens(platform.secrets_dir)
    files = open_files(platform.files_url, platform.data / "files")
    memory = settings.worker_memory_mb * 1024 * 1024
    async with (
        runtime.open_store(platform, "documents", INDEXES) as store,
        Workers(settings.workers, memory_bytes=memory, seconds=settings.decode_s) as workers,
    ):

        async def safely(content: bytes) -> SafePicture:
            try:
                return await workers.run(make_safe, content)
            except WorkerDied:
                return SafePicture(refusal="upload.damaged")

        uploads = Repository(store, "uploads", Upload)
        routes = api.routes(uploads=uploads, files=files, make_safe=safely, tokens=tokens)
        spent = partial(handlers.on_photo_spent, uploads=uploads, files=files)
        released = partial(handlers.on_pictures_released, uploads=uploads, files=files)
        yield Service(
            name="documents",
            app=application("documents", routes, tokens=tokens),
            store=store,
            consumers=[
                Consumer("documents.photos", {FacePhotoSpent: spent}),
                Consumer("documents.pictures", {PicturesReleased: released}),
            ],
            every=[Every(settings.sweep_s, partial(handlers.sweep, uploads=uploads, files=files, clock=utc_now))],
        )


if __name__ == "__main__":
    runtime.main(service)
