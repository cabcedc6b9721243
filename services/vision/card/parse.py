"""From read text to field values: what cannot be right is refused, never repaired into something else.

Numbers: the rules of `shared.programme.id_number`. Ethnic groups: GB/T 3304-1991.
"""

from __future__ import annotations

import re
from datetime import date

from shared.programme import id_number as id_numbers

_LATEST_BIRTH = date(2100, 1, 1)
_GROUPS = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇
柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔
独龙 鄂伦春 赫哲 门巴 珞巴 基诺 穿青人
"""
ETHNIC_GROUPS = frozenset(_GROUPS.split())
_DIGITS = str.maketrans("OQDIL|×ZB", "000111X28")
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅･.．●。", "·"))
_DASHES = str.maketrans(dict.fromkeys("‐‑–－", "-"))
_NAME = re.compile(r"^[㐀-鿿\U00020000-\U0003ffff]{1,20}(·[㐀-鿿\U00020000-\U0003ffff]{1,20}){0,4}$")
_DATE = re.compile(r"(\d{4})\D{0,3}(\d{1,2})\D{1,3}(\d{1,2})(?!\d)")
_RUN_TOGETHER = re.compile(r"(\d{4})\D{0,3}(\d{3,4})(?!\d)")


def id_number(text: str) -> str | None:
    """The 18 characters when region, date and check digit are all right, else None."""
    compact = re.sub(r"[^0-9X]", "", _narrow(text))
    for start in range(len(compact) - 17):
        candidate = compact[start : start + 18]
        if id_numbers.problem(candidate, _LATEST_BIRTH) is None:
            return candidate
    return None


def looks_like_number(text: str) -> bool:
    """Whether a line is an ID number, right or not."""
    return len(re.findall(r"[0-9X]", _narrow(text))) >= 15


def birth_date_of(number: str) -> str:
    """YYYY-MM-DD from a valid number."""
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def gender_of(number: str) -> str:
    """男 for an odd 17th digit, 女 for an even one."""
    return "男" if int(number[16]) % 2 else "女"


def ethnicity(text: str) -> str | None:
    """The ethnic group as listed, without 族; None when it is not on the list."""
    stripped = re.sub(r"[^㐀-鿿]", "", text)
    for candidate in (stripped, stripped.removesuffix("族")):
        if candidate in ETHNIC_GROUPS:
            return candidate
    return None


def gender(text: str) -> str | None:
    """男 or 女, when exactly one of them is in the text."""
    found = [sign for sign in ("男", "女") if sign in text]
    return found[0] if len(found) == 1 else None


def name(text: str) -> str | None:
    """A name of Chinese characters, parts joined by ·; None when anything else is in it."""
    tidy = re.sub(r"\s", "", text).translate(_DOTS).strip("·:：")
    return tidy if _NAME.match(tidy) else None


def day(text: str) -> str | None:
    """YYYY-MM-DD from 1990年1月2日 or 1990.01.02; None when there is none such, or two: 112 without its
    月 is 12 January and 2 November."""
    tidy = re.sub(r"\s", "", text)
    if found := _DATE.search(tidy):
        return _iso(*found.groups())
    if not (found := _RUN_TOGETHER.search(tidy)):
        return None
    year, digits = found.groups()
    days = {_iso(year, digits[:at], digits[at:]) for at in (1, 2) if len(digits) - at <= 2} - {None}
    return days.pop() if len(days) == 1 else None


def validity(text: str) -> tuple[str | None, str | None]:
    """(from, until) of 有效期限; until may be 长期. Of one date alone nobody knows which of the two it is."""
    days = re.findall(r"(\d{4})[.,。·]?(\d{2})[.,。·]?(\d{2})", re.sub(r"\s", "", text))
    if re.search("长期?|期$", text.replace("有效期限", "")) and len(days) == 1:
        return _iso(*days[0]), "长期"
    return (_iso(*days[0]), _iso(*days[1])) if len(days) > 1 else (None, None)


def is_term(first: str | None, until: str | None) -> bool:
    """Whether a card is issued for such a time: 5, 10 or 20 years to the day, or for good (Law on Resident Identity
    Cards, article 5)."""
    if first is None or until is None:
        return False
    years = int(until[:4]) - int(first[:4]) if until != "长期" else 0
    # The day after a leap day is written in more than one way.
    return until == "长期" or (years in (5, 10, 20) and (first[4:] == until[4:] or first[4:] == "-02-29"))


def address(lines: list[str]) -> str | None:
    """Lines of an address joined; None when it has no Chinese in it."""
    # On a slanted card a label can land between the lines; no address has these words in it.
    joined = re.sub(r"\s|住址|出生|[:：]|^[^\w(（]+", "", "".join(lines)).translate(_DASHES)
    return joined if re.search("[㐀-鿿]{3}", joined) else None


def _narrow(text: str) -> str:
    return id_numbers.normalise(text).translate(_DIGITS)


def _iso(year: str, month: str, of_month: str) -> str | None:
    try:
        found = date(int(year), int(month), int(of_month))
    except ValueError:
        return None
    return found.isoformat() if 1900 <= found.year <= 2100 else None
