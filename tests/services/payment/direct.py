"""The simulator's ledger as a channel without HTTP: a second adapter of the port, fast enough for generated tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from deploy.local.wechat_ledger import Ledger, Refusal, Trade, Transaction
from services.payment.channels import ChannelDown, RefundReport, Report
from services.payment.domain.order import CURRENCY, Attempt, Payment, Refund
from shared.programme.days import BEIJING


def payment_of(trade: Trade, paid: Transaction) -> Payment:
    at = datetime.fromisoformat(paid.at)
    return Payment(paid.transaction_id, trade.out_trade_no, "wechat", paid.amount, CURRENCY, at)


def _on(paid: Transaction, day: date) -> bool:
    return datetime.fromisoformat(paid.at).astimezone(BEIJING).date() == day


@dataclass
class DirectChannel:
    """The simulator's ledger as a channel, for speed; `up` is whether it answers."""

    ledger: Ledger
    clock: Callable[[], datetime]
    up: bool = True

    def _answering(self) -> Ledger:
        if not self.up:
            raise ChannelDown
        return self.ledger

    async def open(self, attempt: Attempt, description: str) -> str | None:
        wanted = {
            "out_trade_no": attempt.out_trade_no,
            "description": description,
            "time_expire": attempt.expires_at.isoformat(),
            "amount": {"total": attempt.amount_fen},
        }
        return self._answering().native(wanted, self.clock()).code

    async def query(self, attempt: Attempt) -> Report:
        try:
            trade = self._answering().find(attempt.out_trade_no)
        except Refusal:
            return Report("unpaid")
        if trade.transactions:
            return Report("paid", payment_of(trade, trade.transactions[0]))
        return Report("closed" if trade.state == "CLOSED" else "unpaid")

    async def close(self, attempt: Attempt) -> Report:
        try:
            self._answering().close(attempt.out_trade_no)
        except Refusal as refusal:
            return Report("closed") if refusal.code == "ORDER_NOT_EXIST" else await self.query(attempt)
        return Report("closed")

    async def refund(self, refund: Refund) -> RefundReport:
        reference, number = refund.payment_reference, refund.refund_no
        _, made = self._answering().refund(reference, number, refund.amount_fen, self.clock())
        state: Any = "succeeded" if made.status == "SUCCESS" else "processing"
        return RefundReport(number, refund.out_trade_no, state, self.clock())

    async def bill(self, day: date) -> list[Payment] | None:
        trades = self._answering().trades.values()
        return [payment_of(trade, paid) for trade in trades for paid in trade.transactions if _on(paid, day)]

    def pay_url(self, code_url: str | None) -> str | None:
        return code_url
