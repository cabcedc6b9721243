"""The pages of the simulated WeChat: whose phone it is, and the scan."""

from __future__ import annotations

from html import escape

from deploy.local.wechat_pages import STYLE

PEOPLE = {"o-demo-candidate": "考生本人 / the candidate", "o-demo-other": "另一个人 / somebody else"}
OWN_STYLE = """
input[type=text]{font:inherit;width:100%;box-sizing:border-box;padding:8px;border:2px solid #0b0c0c}
label{display:block;margin:8px 0}
"""


def scan(url: str, openid: str) -> str:
    """The scanner: the address that the code holds, and whose WeChat it is. Opens in a window as wide as a phone."""
    return _page(
        "扫一扫",
        '<form method="post" action="/scan"><label>二维码内容 / what the code says'
        f'<input type="text" name="url" value="{escape(url, quote=True)}"></label>{_people(openid)}'
        '<button class="first">用微信打开 / Open in WeChat</button></form>',
    )


def who() -> str:
    """Nobody has said yet whose WeChat this is."""
    return _page("您是谁", f'<form method="post">{_people("")}<button class="first">继续 / Continue</button></form>')


def refused(text: str) -> str:
    """What WeChat does not do."""
    return _page("无法打开", f"<p>{escape(text)}</p>")


def _people(openid: str) -> str:
    shown = openid or next(iter(PEOPLE))
    known = PEOPLE if shown in PEOPLE else {**PEOPLE, shown: escape(shown)}
    rows = "".join(
        f'<label><input type="radio" name="openid" value="{escape(each, quote=True)}"'
        f"{' checked' if each == shown else ''}> {text}</label>"
        for each, text in known.items()
    )
    return f"<fieldset><legend>谁的微信 / whose WeChat</legend>{rows}</fieldset>"


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>模拟微信 · {title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}{OWN_STYLE}</style>'
        "<div class=banner>模拟微信 / 演示 · Simulated WeChat</div>"
        f"<main><h1>{title}</h1>{content}</main></html>"
    )
