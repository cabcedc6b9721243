"""nx-27017, a Mongo-wire server on SQLite, for `up --full` and the tests; production uses MongoDB."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import ROOT
from deploy.local.child import Child, connects, free_port


class Mongo(Child):
    """A server whose data live in `folder`, one file per database, and survive `stop`, `kill` and a new `start`."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        super().__init__("mongo", folder)
        self.port = port or free_port()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"mongodb://127.0.0.1:{self.port}/"

    @property
    def ports(self) -> Sequence[int]:
        return [self.port]

    def command(self) -> Sequence[str]:
        return [
            sys.executable,
            *("-P", str(Path(__file__).with_name("mongo_server.py"))),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--data-dir", str(self.folder / "data")),
            *("--log-file", str(self.folder / "server.log")),
            # Every server of a machine would share one default file and refuse to start beside another.
            *("--pid-file", str(self.folder / "server.pid")),
        ]

    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(ROOT)}

    def ready(self) -> bool:
        return connects(self.port)
