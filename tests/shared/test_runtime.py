"""What a running service's process is like."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from deploy import ROOT
from tests.support.platform import free_base_port

# A service whose first job ends it as an operator would; then it says how many objects the collector left alone.
PROGRAM = """
import gc, os, signal
from contextlib import asynccontextmanager
from aiohttp import web
from shared import runtime

async def end():
    os.kill(os.getpid(), signal.SIGTERM)

@asynccontextmanager
async def service(platform, bus):
    yield runtime.Service("notify", web.Application(), every=[runtime.Every(0.1, end)])

runtime.main(service)
print(gc.get_freeze_count())
"""


def test_what_stands_after_the_start_is_not_collected_again_and_a_signal_ends_all(tmp_path: Path) -> None:
    settings = {"BAOKAO_DATA": str(tmp_path), "BAOKAO_PORT": str(free_base_port()), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **settings}, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout.split()[-1]) > 50_000
