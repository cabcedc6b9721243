"""Aliyun short messages (Dysmsapi 2017-05-25): SendSms and QuerySendDetails, signed by ACS3-HMAC-SHA256.

After "V3 request structure and signature" and the operations' reference in Aliyun's OpenAPI documents. Parameters go
in the query as the provider's own SDK sends them; ADR 010 says why that SDK is not used.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel
from yarl import URL

from services.notify.channels import Refused, Report, Sms, Unsure, template_of
from services.notify.wire import post

SCHEME, VERSION = "ACS3-HMAC-SHA256", "2017-05-25"
BEIJING = timezone(timedelta(hours=8))
STATES = {1: "sent", 2: "failed", 3: "delivered"}
# The provider's own trouble: it may have passed the message on before it failed.
UNCLEAR = ("isp.SYSTEM_ERROR", "InternalError", "ServiceUnavailable")
PAGE = 50


class AliyunAccount(BaseModel):
    """`sms/aliyun.json` among the secrets. `templates`: our name of a text → the approved template's code."""

    access_key_id: str
    access_key_secret: str
    sign_name: str
    templates: dict[str, str]


class Aliyun:
    """The channel `aliyun`."""

    name = "aliyun"

    def __init__(self, http: aiohttp.ClientSession, base_url: str, account: AliyunAccount) -> None:
        self._http = http
        self._base = URL(base_url)
        self._account = account

    async def send(self, sms: Sms, now: datetime) -> str:
        """SendSms; `OutId` is our id and comes back in queries."""
        params = {
            "OutId": sms.id,
            "PhoneNumbers": sms.phone,
            "SignName": self._account.sign_name,
            "TemplateCode": template_of(self._account.templates, sms),
            "TemplateParam": json.dumps(dict(sms.params), separators=(",", ":"), ensure_ascii=False),
        }
        return str((await self._call("SendSms", params, now)).get("BizId", ""))

    async def query(self, sms: Sms, tried_at: datetime, now: datetime, /) -> Report:
        """QuerySendDetails of the number's messages of that day, told apart by our id."""
        day = tried_at.astimezone(BEIJING).strftime("%Y%m%d")
        params = {"CurrentPage": "1", "PageSize": str(PAGE), "PhoneNumber": sms.phone, "SendDate": day}
        answer = await self._call("QuerySendDetails", params, now)
        listed = answer.get("SmsSendDetailDTOs") or {}
        for each in listed.get("SmsSendDetailDTO", []):
            if each.get("OutId") == sms.id:
                return Report(STATES[each["SendStatus"]], str(each.get("ErrCode", "")))  # type: ignore[arg-type]
        return Report("unknown")

    async def _call(self, action: str, params: Mapping[str, str], now: datetime) -> dict[str, Any]:
        query = "&".join(f"{_escape(key)}={_escape(params[key])}" for key in sorted(params))
        headers = signed(self._account, self._base.authority, action, query, secrets.token_hex(16), now)
        answer = await post(self._http, self._base.join(URL(f"/?{query}", encoded=True)), headers, b"")
        code = str(answer.get("Code", ""))
        if code.startswith(UNCLEAR) or not code:
            raise Unsure(code)
        if code != "OK":
            raise Refused(code)
        return answer


def signed(account: AliyunAccount, host: str, action: str, query: str, nonce: str, now: datetime) -> dict[str, str]:
    """The headers of a request with an empty body and this canonical query."""
    nothing = hashlib.sha256(b"").hexdigest()
    headers = {
        "accept": "application/json",
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": nothing,
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": VERSION,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{nothing}"
    text = f"{SCHEME}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(account.access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={account.access_key_id},SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": f"{SCHEME} {credential}"}


def load_aliyun(folder: Path) -> AliyunAccount:
    """Read the account among the secrets."""
    return AliyunAccount.model_validate_json((folder / "aliyun.json").read_text())


def _escape(text: str) -> str:
    return quote(text, safe="-_.~")
