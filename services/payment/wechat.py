"""WeChat Pay v3, Native (a QR code on a screen): the calls, and the reading of notifications.

After the provider's "APIv3" documents: requests are signed with the merchant's RSA key, answers and notifications
with the platform's, whose public keys lie in secret files and are never fetched. Order of a notification: raw bytes →
known serial and signature → age → decrypt → our merchant and app → what it says (security.md 9).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
from pydantic import AwareDatetime, BaseModel, ValidationError
from yarl import URL

from services.payment import wechat_bill
from services.payment.channels import ChannelDown, ChannelRefused, RefundReport, Report
from services.payment.domain.order import CURRENCY, Attempt, Payment, Reason, Refund
from services.payment.wechat_keys import Keys, Sealed
from shared.errors import DomainError, Kind

TIMEOUT = aiohttp.ClientTimeout(total=5, connect=2)
FRESH = timedelta(minutes=5)
PAID_STATES = ("SUCCESS", "REFUND")
CLOSED_STATES = ("CLOSED", "REVOKED", "PAYERROR")
# What payers read in WeChat beside their refund.
REFUND_REASONS: Mapping[str, str] = {
    Reason.PAID_TWICE: "重复支付",
    Reason.PAID_AFTER_CLOSE: "订单已关闭",
    Reason.AMOUNT_MISMATCH: "金额不符",
    Reason.WITHDRAWN: "取消报名",
}
REFUND_STATES: Mapping[str, str] = {"SUCCESS": "succeeded", "PROCESSING": "processing"}


class _Amount(BaseModel):
    total: int
    currency: str = CURRENCY


class _Trade(BaseModel):
    appid: str
    mchid: str
    out_trade_no: str
    trade_state: str
    transaction_id: str = ""
    success_time: AwareDatetime | None = None
    amount: _Amount | None = None


class _RefundNotice(BaseModel):
    mchid: str
    out_trade_no: str
    out_refund_no: str
    refund_status: str
    success_time: AwareDatetime | None = None


class _Notice(BaseModel):
    event_type: str
    resource: Sealed


class WechatPay:
    """The channel `wechat`. `pay_page` is the simulator's page, empty in production."""

    def __init__(
        self, http: aiohttp.ClientSession, base_url: str, keys: Keys, notify_url: str, *, pay_page: str = ""
    ) -> None:
        self._http = http
        self._base = base_url
        self._keys = keys
        self._notify_url = notify_url
        self._pay_page = pay_page

    async def open(self, attempt: Attempt, description: str) -> str | None:
        """Native order; asked again with the same values the provider gives the same one."""
        wanted = {
            "appid": self._keys.appid,
            "mchid": self._keys.mchid,
            "description": description,
            "out_trade_no": attempt.out_trade_no,
            "time_expire": attempt.expires_at.astimezone(UTC).isoformat(timespec="seconds"),
            "notify_url": self._notify_url,
            "amount": {"total": attempt.amount_fen, "currency": CURRENCY},
        }
        answer = await self._call("POST", "/v3/pay/transactions/native", wanted)
        return str(answer["code_url"])

    async def query(self, attempt: Attempt) -> Report:
        """Query by our number; a provider order that does not exist yet is unpaid."""
        path = f"/v3/pay/transactions/out-trade-no/{attempt.out_trade_no}?mchid={self._keys.mchid}"
        try:
            trade = _Trade.model_validate(await self._call("GET", path))
        except ValidationError as error:
            raise ChannelDown from error
        except ChannelRefused as refusal:
            if refusal.reason == "ORDER_NOT_EXIST":
                return Report("unpaid")
            raise
        if trade.trade_state in PAID_STATES:
            return Report("paid", self._payment(trade))
        return Report("closed" if trade.trade_state in CLOSED_STATES else "unpaid")

    async def close(self, attempt: Attempt) -> Report:
        """Close; when it refuses, the query tells why."""
        path = f"/v3/pay/transactions/out-trade-no/{attempt.out_trade_no}/close"
        try:
            await self._call("POST", path, {"mchid": self._keys.mchid})
        except ChannelRefused as refusal:
            if refusal.reason == "ORDER_NOT_EXIST":
                return Report("closed")
            report = await self.query(attempt)
            if report.state == "unpaid":
                raise ChannelDown from refusal
            return report
        return Report("closed")

    async def refund(self, refund: Refund) -> RefundReport:
        """Refund one payment in full; our refund number makes it safe to repeat."""
        wanted = {
            "transaction_id": refund.payment_reference,
            "out_refund_no": refund.refund_no,
            "reason": REFUND_REASONS.get(refund.reason, "退费"),
            "notify_url": self._notify_url,
            "amount": {"refund": refund.amount_fen, "total": refund.amount_fen, "currency": CURRENCY},
        }
        try:
            answer = await self._call("POST", "/v3/refund/domestic/refunds", wanted)
            told = _RefundNotice.model_validate(answer | {"mchid": self._keys.mchid, "refund_status": answer["status"]})
        except (ValidationError, KeyError) as error:
            raise ChannelDown from error
        return _refund_report(told)

    async def bill(self, day: date) -> list[Payment] | None:
        """Payments of a past day (Beijing time); the text is known by the hash in the signed answer."""
        try:
            told = await self._call("GET", f"/v3/bill/tradebill?bill_date={day.isoformat()}&bill_type=ALL")
        except ChannelRefused as refusal:
            return [] if refusal.reason == "NO_STATEMENT_EXIST" else None
        url = str(told.get("download_url", ""))
        if not url.startswith(self._base + "/"):
            raise ChannelDown
        _, _, content = await self._send("GET", url.removeprefix(self._base), "")
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != told.get("hash_value"):
            raise ChannelDown
        try:
            return list(wechat_bill.payments(content.decode()))
        except (ValueError, KeyError) as error:
            raise ChannelDown from error

    def pay_url(self, code_url: str | None) -> str | None:
        """The simulator's page for this code."""
        code = (code_url or "").partition("pr=")[2]
        return f"{self._pay_page}/pay/{code}" if self._pay_page and code else None

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Payment | RefundReport | None:
        """What a notification says; None when it concerns nothing of ours. Raises `callback.refused` (401, 400)."""
        if not self._keys.is_from_platform(headers, body) or not _fresh(headers, now):
            raise DomainError("callback.refused", Kind.UNAUTHENTICATED)
        try:
            notice = _Notice.model_validate_json(body)
            plain = self._keys.unseal(notice.resource)
            if notice.event_type.startswith("REFUND."):
                return self._refund_told(_RefundNotice.model_validate_json(plain))
            trade = _Trade.model_validate_json(plain)
            return self._payment(trade) if trade.trade_state in PAID_STATES else None
        except (ValidationError, ValueError, ChannelDown) as error:
            raise DomainError("callback.refused", Kind.INVALID) from error

    def _payment(self, trade: _Trade) -> Payment:
        ours = (trade.appid, trade.mchid) == (self._keys.appid, self._keys.mchid)
        if not ours or not trade.transaction_id or trade.success_time is None or trade.amount is None:
            raise ChannelDown
        return Payment(
            reference=trade.transaction_id,
            out_trade_no=trade.out_trade_no,
            channel="wechat",
            amount_fen=trade.amount.total,
            currency=trade.amount.currency,
            at=trade.success_time,
        )

    def _refund_told(self, told: _RefundNotice) -> RefundReport:
        if told.mchid != self._keys.mchid:
            raise ChannelDown
        return _refund_report(told)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        text = json.dumps(body, ensure_ascii=False) if body is not None else ""
        status, headers, content = await self._send(method, path, text)
        # Age is not looked at here: the answer came on our own connection, and with a skewed clock asking must work.
        if not self._keys.is_from_platform(headers, content):
            raise ChannelDown
        told = _object(content)
        if status >= 400:
            raise ChannelRefused(str(told.get("code", "")))
        return told

    async def _send(self, method: str, path: str, text: str) -> tuple[int, Mapping[str, str], bytes]:
        headers, url = self._keys.request_headers(method, path, text), URL(self._base + path, encoded=True)
        try:
            async with self._http.request(
                method, url, data=text.encode() or None, headers=headers, timeout=TIMEOUT
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChannelDown from error
        if answer.status >= 500 or answer.status == 429:
            raise ChannelDown
        return answer.status, answer.headers, content


def _fresh(headers: Mapping[str, str], now: datetime) -> bool:
    stamp = headers.get("Wechatpay-Timestamp", "")
    return stamp.isascii() and stamp.isdigit() and abs(int(stamp[:12]) - now.timestamp()) <= FRESH.total_seconds()


def _object(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content or b"{}")
    except ValueError as error:
        raise ChannelDown from error
    if not isinstance(told, dict):
        raise ChannelDown
    return told


def _refund_report(told: _RefundNotice) -> RefundReport:
    state: Any = REFUND_STATES.get(told.refund_status, "failed")
    if state == "succeeded" and told.success_time is None:
        raise ChannelDown
    return RefundReport(told.out_refund_no, told.out_trade_no, state, told.success_time)
