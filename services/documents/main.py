"""The documents service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.documents import api
from services.documents.domain import SafePicture, Upload
from services.documents.pillow import make_safe
from services.documents.settings import Settings
from shared import runtime
from shared.bus import Bus
from shared.files import open_files
from shared.http import application
from shared.runtime import Service
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
        runtime.open_store(platform, "documents", ()) as store,
        Workers(settings.workers, memory_bytes=memory, seconds=settings.decode_s) as workers,
    ):

        async def safely(content: bytes) -> SafePicture:
            try:
                return await workers.run(make_safe, content)
            except WorkerDied:
                return SafePicture(refusal="upload.damaged")

        routes = api.routes(uploads=Repository(store, "uploads", Upload), files=files, make_safe=safely, tokens=tokens)
        yield Service(name="documents", app=application("documents", routes, tokens=tokens), store=store)


if __name__ == "__main__":
    runtime.main(service)
