"""What the simulated WeChat Pay knows: provider orders, the money paid for them, the money sent back.

In memory, and as JSON lines in a file: every change appends the whole order, the last line of each counts.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

BEIJING = timezone(timedelta(hours=8))
BILL = (
    "交易时间",
    "微信订单号",
    "商户订单号",
    "交易类型",
    "交易状态",
    "货币种类",
    "应结订单金额",
    "商户退款单号",
    "退款金额",
    "商品名称",
    "订单金额",
)


class Refusal(Exception):
    """An answer of the provider that says no: HTTP status and its code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Transaction:
    """Money from a payer. `at` is ISO 8601."""

    transaction_id: str
    amount: int
    at: str


@dataclass
class Refund:
    """Money to a payer. `status`: PROCESSING, then SUCCESS."""

    out_refund_no: str
    refund_id: str
    transaction_id: str
    amount: int
    status: str
    at: str


@dataclass
class Trade:
    """A Native order. `state`: NOTPAY, SUCCESS, CLOSED, REFUND."""

    out_trade_no: str
    code: str
    wanted: dict[str, Any]
    state: str = "NOTPAY"
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def total(self) -> int:
        """What is due, in fen."""
        return int(self.wanted["amount"]["total"])

    def expired(self, now: datetime) -> bool:
        """Whether the code can no longer be scanned."""
        return now >= datetime.fromisoformat(self.wanted["time_expire"])


class Ledger:
    """All provider orders."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.trades: dict[str, Trade] = {}
        self.by_code: dict[str, Trade] = {}
        if file and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                self._index(_trade(json.loads(line)))

    def native(self, wanted: dict[str, Any], now: datetime) -> Trade:
        """Make an order; the same values give the same one again, other values under its number are refused."""
        known = self.trades.get(wanted["out_trade_no"])
        if known is None:
            trade = Trade(wanted["out_trade_no"], secrets.token_urlsafe(8), wanted)
            if trade.expired(now):
                raise Refusal(400, "PARAM_ERROR")
            return self._save(trade)
        if known.wanted != wanted:
            raise Refusal(403, "OUT_TRADE_NO_USED")
        if known.state != "NOTPAY":
            raise Refusal(400, "ORDER_CLOSED" if known.state == "CLOSED" else "ORDERPAID")
        return known

    def find(self, out_trade_no: str) -> Trade:
        """An order by the merchant's number."""
        if out_trade_no not in self.trades:
            raise Refusal(404, "ORDER_NOT_EXIST")
        return self.trades[out_trade_no]

    def close(self, out_trade_no: str) -> Trade:
        """Close an unpaid order."""
        trade = self.find(out_trade_no)
        if trade.state != "NOTPAY":
            raise Refusal(400, "ORDER_CLOSED" if trade.state == "CLOSED" else "ORDERPAID")
        trade.state = "CLOSED"
        return self._save(trade)

    def pay(self, code: str, now: datetime, *, amount: int | None = None, forced: bool = False) -> Transaction:
        """A payer pays. `forced`: also when it is paid, closed or too late, which the real one should prevent."""
        trade = self.by_code[code]
        if not forced and (trade.state != "NOTPAY" or trade.expired(now)):
            raise Refusal(400, "ORDER_CLOSED" if trade.state == "CLOSED" else "ORDERPAID")
        number = "42000" + "".join(secrets.choice("0123456789") for _ in range(23))
        paid = Transaction(number, trade.total if amount is None else amount, now.isoformat(timespec="seconds"))
        trade.transactions.append(paid)
        trade.state = "SUCCESS"
        self._save(trade)
        return paid

    def refund(self, transaction_id: str, out_refund_no: str, amount: int, now: datetime) -> tuple[Trade, Refund]:
        """Begin a refund, or tell how the one of this number stands."""
        trade = self._of_transaction(transaction_id)
        known = next((each for each in trade.refunds if each.out_refund_no == out_refund_no), None)
        if known:
            if (known.transaction_id, known.amount) != (transaction_id, amount):
                raise Refusal(400, "INVALID_REQUEST")
            return trade, known
        paid = sum(each.amount for each in trade.transactions if each.transaction_id == transaction_id)
        back = sum(each.amount for each in trade.refunds if each.transaction_id == transaction_id)
        if amount <= 0 or back + amount > paid:
            raise Refusal(403, "NOT_ENOUGH")
        refund_id = "50000" + secrets.token_hex(12)
        made = Refund(out_refund_no, refund_id, transaction_id, amount, "PROCESSING", now.isoformat(timespec="seconds"))
        trade.refunds.append(made)
        trade.state = "REFUND"
        self._save(trade)
        return trade, made

    def finish_refund(self, out_refund_no: str, now: datetime) -> tuple[Trade, Refund]:
        """The money of a refund has arrived."""
        for trade in self.trades.values():
            for each in trade.refunds:
                if each.out_refund_no == out_refund_no:
                    each.status, each.at = "SUCCESS", now.isoformat(timespec="seconds")
                    return self._save(trade), each
        raise Refusal(404, "RESOURCE_NOT_EXISTS")

    def movements(self) -> list[dict[str, Any]]:
        """Every movement of money: kind, reference, amount_fen, out_trade_no, at."""
        found: list[dict[str, Any]] = []
        for trade in self.trades.values():
            found += [_movement("payment", trade, p.transaction_id, p.amount, p.at) for p in trade.transactions]
            done = [each for each in trade.refunds if each.status == "SUCCESS"]
            found += [_movement("refund", trade, r.out_refund_no, r.amount, r.at) for r in done]
        return sorted(found, key=lambda each: str(each["at"]))

    def bill(self, day: date) -> str | None:
        """The bill of a day by Beijing time, as the real one writes it; None when nothing was paid or sent back."""
        rows = [_bill_row(trade, move) for trade in self.trades.values() for move in _moves(trade, day)]
        if not rows:
            return None
        return "\ufeff" + "\r\n".join([",".join(BILL), *rows, "总交易单数,应结订单总金额", f"`{len(rows)},`0.00", ""])

    def _of_transaction(self, transaction_id: str) -> Trade:
        for trade in self.trades.values():
            if any(each.transaction_id == transaction_id for each in trade.transactions):
                return trade
        raise Refusal(404, "RESOURCE_NOT_EXISTS")

    def _index(self, trade: Trade) -> None:
        self.trades[trade.out_trade_no] = self.by_code[trade.code] = trade

    def _save(self, trade: Trade) -> Trade:
        self._index(trade)
        if self._file:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(trade), ensure_ascii=False) + "\n")
        return trade


def _trade(values: dict[str, Any]) -> Trade:
    transactions = [Transaction(**each) for each in values.pop("transactions")]
    refunds = [Refund(**each) for each in values.pop("refunds")]
    return Trade(**values, transactions=transactions, refunds=refunds)


def _moves(trade: Trade, day: date) -> list[Transaction | Refund]:
    moves: list[Transaction | Refund] = [*trade.transactions, *trade.refunds]
    return [each for each in moves if datetime.fromisoformat(each.at).astimezone(BEIJING).date() == day]


def _bill_row(trade: Trade, move: Transaction | Refund) -> str:
    paid, back = (0, move.amount) if isinstance(move, Refund) else (move.amount, 0)
    values = {
        "交易时间": datetime.fromisoformat(move.at).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        "微信订单号": move.transaction_id,
        "商户订单号": trade.out_trade_no,
        "交易类型": "NATIVE",
        "交易状态": "REFUND" if back else "SUCCESS",
        "货币种类": "CNY",
        "应结订单金额": f"{paid / 100:.2f}",
        "商户退款单号": move.out_refund_no if isinstance(move, Refund) else "0",
        "退款金额": f"{back / 100:.2f}",
        "商品名称": str(trade.wanted["description"]).replace(",", " "),
        "订单金额": f"{paid / 100:.2f}",
    }
    return ",".join("`" + values[name] for name in BILL)


def _movement(kind: str, trade: Trade, reference: str, amount: int, at: str) -> dict[str, Any]:
    return {"kind": kind, "reference": reference, "amount_fen": amount, "out_trade_no": trade.out_trade_no, "at": at}
