"""The pages of the simulated government sign-on."""

from __future__ import annotations

from html import escape

from deploy.local.wechat_pages import STYLE

OWN_STYLE = """
input[type=text]{font:inherit;width:100%;box-sizing:border-box;padding:8px;border:2px solid #0b0c0c}
label{display:block;margin:8px 0}
"""


def who() -> str:
    """Who signs on: any name is somebody of their own."""
    return _page(
        "实名登录",
        '<form method="post"><label>姓名 / name'
        '<input type="text" name="name" value="赵老师" autocomplete="off"></label>'
        '<button class="first">登录 / Sign on</button></form>'
        "<p>每个姓名代表一个人。/ Every name is a person of their own.</p>",
    )


def refused(text: str) -> str:
    """What the provider does not do."""
    return _page("无法登录", f"<p>{escape(text)}</p>")


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>模拟统一身份认证 · {title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}{OWN_STYLE}</style>'
        "<div class=banner>模拟统一身份认证 / 演示 · Simulated government sign-on</div>"
        f"<main><h1>{title}</h1>{content}</main></html>"
    )
