"""Simulated Aliyun and Tencent short messages in one process: `python -m deploy.local.sms`. For demo and tests.

They check signatures as the real ones do; they refuse, throttle, stay silent or fail to deliver as a person chooses on
their page. Nobody gets a message.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from aiohttp import web

from deploy.local.serving import terminated
from deploy.local.sms_aliyun import Aliyun
from deploy.local.sms_secrets import make_sms_secrets
from deploy.local.sms_tencent import Tencent
from shared.settings import SMS_PORT_OFFSETS, Platform


async def serve(host: str, ports: tuple[int, int], secrets_dir: Path) -> None:
    """Serve until cancelled or SIGTERM."""
    folder = make_sms_secrets(secrets_dir)
    aliyun = Aliyun(json.loads((folder / "aliyun.json").read_text()))
    tencent = Tencent(json.loads((folder / "tencent.json").read_text()))
    runners = [web.AppRunner(each.app(), access_log=None, shutdown_timeout=1) for each in (aliyun, tencent)]
    try:
        for runner, port in zip(runners, ports, strict=True):
            await runner.setup()
            await web.TCPSite(runner, host, port).start()
        print(json.dumps({"event": "ready", "ports": ports}), flush=True)
        await terminated()
    finally:
        for runner in runners:
            await runner.cleanup()


def main() -> None:
    """The command line: ports and secrets as the platform's settings say."""
    platform = Platform()
    parser = argparse.ArgumentParser(description="simulated providers of short messages")
    parser.add_argument("--secrets", type=Path, default=platform.secrets_dir)
    wanted = parser.parse_args()
    if platform.environment == "production":
        parser.error("the simulators are not for production")
    first, second = (platform.port + offset for offset in SMS_PORT_OFFSETS)
    asyncio.run(serve(platform.host, (first, second), wanted.secrets))


if __name__ == "__main__":
    main()
