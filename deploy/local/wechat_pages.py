"""The pages of the simulated WeChat Pay."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from deploy.local.wechat_ledger import Trade

# What can happen to a provider order: the button's value and text.
ACTIONS = {
    "paid": "支付成功 / Pay",
    "duplicate": "重复支付（共付两次）/ Pay twice",
    "late": "关闭后仍付款（迟到）/ Pay late",
    "closed": "用户不付，订单关闭 / Close",
    "wrong": "金额错误（少付 1 分）/ Wrong amount",
    "silent": "付款但通知丢失 / Pay, notification lost",
    "skewed": "付款但通知时间偏差 6 分钟 / Pay, notification 6 min off",
    "repeat": "重发通知 / Repeat notification",
}
OFFERED = {
    "NOTPAY": ("paid", "duplicate", "closed", "wrong", "silent", "skewed", "late"),
    "SUCCESS": ("duplicate", "repeat"),
    "REFUND": ("duplicate", "repeat"),
    "CLOSED": ("late",),
}
STATES = {"NOTPAY": "待支付", "SUCCESS": "已支付", "CLOSED": "已关闭", "REFUND": "已退款"}

STYLE = """
body{font:18px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:40em;margin:0 auto;
padding:0 16px 48px;color:#0b0c0c}
.banner{background:#b3001b;color:#fff;margin:0 -16px 24px;padding:8px 16px;font-weight:bold}
.sum{font-size:2.4em;margin:.2em 0}
button{font:inherit;display:block;width:100%;margin:8px 0;padding:10px;border:2px solid #1d4f91;background:#fff;
color:#1d4f91;text-align:left;cursor:pointer}
button.first{background:#00703c;border-color:#00703c;color:#fff;font-weight:bold}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #b1b4b6;padding:6px 4px;text-align:left}
td+td{white-space:nowrap}
"""


def index(trades: Iterable[Trade]) -> str:
    """The list of provider orders, newest first."""
    rows = "".join(
        f'<tr><td><a href="/pay/{escape(each.code)}">{escape(str(each.wanted["description"]))}</a></td>'
        f"<td>{_yuan(each.total)}</td><td>{STATES[each.state]}</td></tr>"
        for each in trades
    )
    table = f"<table><tr><th>商品</th><th>金额</th><th>状态</th></tr>{rows}</table>"
    return _page("订单", table if rows else "<p>还没有订单。</p>")


def pay(trade: Trade) -> str:
    """One provider order and what can happen to it."""
    buttons = "".join(
        f'<button class="{"first" if name == "paid" else ""}" name="action" value="{name}">{ACTIONS[name]}</button>'
        for name in OFFERED[trade.state]
    )
    moves = "".join(f"<li>收款 {_yuan(each.amount)} · {each.transaction_id}</li>" for each in trade.transactions)
    moves += "".join(f"<li>退款 {_yuan(each.amount)} · {each.status}</li>" for each in trade.refunds)
    return _page(
        "收银台",
        f"<p>{escape(str(trade.wanted['description']))}</p><p class=sum>{_yuan(trade.total)}</p>"
        f"<p>状态：<strong id=state>{STATES[trade.state]}</strong></p><ul>{moves}</ul>"
        f"<form method=post>{buttons}</form><p>付款后请回到报名页面，结果会自动显示。</p>"
        '<p><a href="/">全部订单 / All orders</a></p>',
    )


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>模拟微信支付 · {title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style>'
        "<div class=banner>模拟微信支付 / 演示 · Simulated, no real money</div>"
        f"<main><h1>{title}</h1>{content}</main></html>"
    )


def _yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02d}"
