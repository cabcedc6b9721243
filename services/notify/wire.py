"""The one way in which providers are asked: by their SDKs, which wait in threads, in bounded time.

An SDK's exceptions quote the request, and with it number and code: only codes leave this module (security.md 17).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from services.notify.channels import Refused, Unsure

T = TypeVar("T")

CONNECT_S, READ_S = 2.0, 4.0
TIMEOUT_S = 4.0
# Of one provider: when it falls silent, each holds its thread for `TIMEOUT_S`.
THREADS = 64
# They write whole requests at DEBUG.
TALKATIVE = ("darabonba-core", "tencentcloud_sdk_common", "urllib3")


class Line:
    """The threads in which one provider is waited for."""

    def __init__(self, name: str) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=name)
        for each in TALKATIVE:
            logging.getLogger(each).setLevel(logging.WARNING)

    async def ask(self, operation: Callable[..., T], *arguments: object) -> T:
        """The SDK's answer. Raises `Refused` or `Unsure` for what the network did, and the SDK's own exception."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await loop.run_in_executor(self._threads, operation, *arguments)
        except TimeoutError:
            raise Unsure("timeout") from None


def network_trouble(error: BaseException) -> Refused | Unsure | None:
    """What an SDK's exception says of the network: `Refused` when no connection came about, and so nothing was sent."""
    for each in _chain(error):
        if isinstance(each, requests.ConnectTimeout | requests.exceptions.SSLError) or _never_connected(each):
            return Refused("unreachable")
        if isinstance(each, requests.Timeout):
            return Unsure("timeout")
        if isinstance(each, requests.RequestException):
            return Unsure("connection")
    return None


def _never_connected(error: BaseException) -> bool:
    first = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(first, MaxRetryError) and isinstance(first.reason, NewConnectionError)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those that it was raised for; Aliyun's SDK keeps one of them as an attribute."""
    while error is not None:
        yield error
        error = getattr(error, "inner_exception", None) or error.__cause__ or error.__context__
