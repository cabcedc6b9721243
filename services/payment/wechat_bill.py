"""WeChat Pay's daily bill, cut and written by Beijing time: text whose values each follow a backtick, with two lines of
sums at the end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from services.payment.domain.order import Payment
from shared.programme.days import BEIJING

SUMS = "总交易单数"


def payments(text: str) -> Iterator[Payment]:
    """The payments of a bill; refunds stand in our ledger by their own reports. Raises ValueError, KeyError."""
    for row in csv.DictReader(_rows(text)):
        values = {name: (value or "").removeprefix("`") for name, value in row.items() if name}
        if values["交易状态"] != "SUCCESS":
            continue
        yield Payment(
            reference=values["微信订单号"],
            out_trade_no=values["商户订单号"],
            channel="wechat",
            amount_fen=_fen(values["订单金额"]),
            currency=values["货币种类"],
            at=datetime.strptime(values["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING),
        )


def _fen(yuan: str) -> int:
    try:
        return int(Decimal(yuan) * 100)
    except InvalidOperation as error:
        raise ValueError(yuan) from error


def _rows(text: str) -> Iterator[str]:
    for line in text.removeprefix("\ufeff").splitlines():
        if line.startswith(SUMS):
            return
        yield line
