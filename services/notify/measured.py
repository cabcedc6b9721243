"""A channel with its figures and its log lines around it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from services.notify.channels import Channel, Refused, Report, Sms, Unsure
from shared import telemetry

log = structlog.get_logger(__name__)


class Measured:
    """Counts what a channel does (`baokao_messages_total`, `baokao_message_seconds`) and logs what it does not."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self._channel = channel

    async def send(self, sms: Sms, now: datetime) -> str:
        """As the channel does."""
        with self._outcome(sms, "sent"):
            return await self._channel.send(sms, now)

    async def query(self, sms: Sms, tried_at: datetime, now: datetime, /) -> Report:
        """As the channel does; counted under what it reports."""
        with self._outcome(sms, "asked"):
            report = await self._channel.query(sms, tried_at, now)
        if report.state in ("delivered", "failed"):
            telemetry.MESSAGES.labels(self.name, report.state).inc()
        if report.state == "failed":
            log.warning("message_failed", channel=self.name, template=sms.template, reason=report.reason)
        return report

    @contextmanager
    def _outcome(self, sms: Sms, fine: str) -> Iterator[None]:
        outcome, began = fine, time.monotonic()
        try:
            yield
        except (Refused, Unsure) as error:
            outcome = "refused" if isinstance(error, Refused) else "unsure"
            log.warning(f"message_{outcome}", channel=self.name, template=sms.template, reason=str(error))
            raise
        finally:
            telemetry.MESSAGES.labels(self.name, outcome).inc()
            telemetry.MESSAGE_SECONDS.labels(self.name).observe(time.monotonic() - began)
