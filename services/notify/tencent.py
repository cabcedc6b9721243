"""Tencent Cloud short messages (sms 2021-01-11): SendSms and the query by number, signed by TC3-HMAC-SHA256.

After "Signature v3" and the operations' reference in Tencent's documents. A query finds our messages by the session
context, which Tencent returns to accounts that have asked for it (its data type PullSmsSendStatus).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import BaseModel
from yarl import URL

from services.notify.channels import Refused, Report, Sms, Unsure, template_of
from services.notify.wire import post

SCHEME, SERVICE, VERSION, TYPE = "TC3-HMAC-SHA256", "sms", "2021-01-11", "application/json"
UNCLEAR = ("InternalError", "FailedOperation.FailResolvePacket")
# How far the provider's clock may be from ours when it is asked for what was sent then.
SKEW, WINDOW = timedelta(minutes=5), timedelta(hours=1)
LIMIT = 100


class TencentAccount(BaseModel):
    """`sms/tencent.json` among the secrets. `templates`: our name of a text → the approved template's id, whose places
    stand in the order in which our text names them."""

    secret_id: str
    secret_key: str
    app_id: str
    sign_name: str
    region: str = "ap-guangzhou"
    templates: dict[str, str]


class Tencent:
    """The channel `tencent`."""

    name = "tencent"

    def __init__(self, http: aiohttp.ClientSession, base_url: str, account: TencentAccount) -> None:
        self._http = http
        self._base = URL(base_url)
        self._account = account

    async def send(self, sms: Sms, now: datetime) -> str:
        """SendSms to one number; its own status decides, not the request's."""
        wanted = {
            "PhoneNumberSet": [f"+86{sms.phone}"],
            "SmsSdkAppId": self._account.app_id,
            "SignName": self._account.sign_name,
            "TemplateId": template_of(self._account.templates, sms),
            "TemplateParamSet": list(sms.params.values()),
            "SessionContext": sms.id,
        }
        statuses = (await self._call("SendSms", wanted, now)).get("SendStatusSet") or [{}]
        _judge(str(statuses[0].get("Code", "")), fine="Ok")
        return str(statuses[0].get("SerialNo", ""))

    async def query(self, sms: Sms, tried_at: datetime, now: datetime, /) -> Report:
        """PullSmsSendStatusByPhoneNumber around then, told apart by our id."""
        wanted = {
            "BeginTime": int((tried_at - SKEW).timestamp()),
            "EndTime": int((tried_at + WINDOW).timestamp()),
            "Offset": 0,
            "Limit": LIMIT,
            "PhoneNumber": f"+86{sms.phone}",
            "SmsSdkAppId": self._account.app_id,
        }
        answer = await self._call("PullSmsSendStatusByPhoneNumber", wanted, now)
        for each in answer.get("PullSmsSendStatusSet") or []:
            if each.get("SessionContext") == sms.id:
                return _report(each)
        return Report("unknown")

    async def _call(self, action: str, wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        body = json.dumps(wanted, ensure_ascii=False).encode()
        headers = signed(self._account, self._base.authority, action, body, now)
        told = (await post(self._http, self._base.join(URL("/")), headers, body)).get("Response")
        if not isinstance(told, dict):
            raise Unsure("unreadable")
        if error := told.get("Error"):
            _judge(str(error.get("Code", "")))
        return told


def signed(account: TencentAccount, host: str, action: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a request with this JSON body."""
    stamp, day = str(int(now.timestamp())), now.astimezone(UTC).strftime("%Y-%m-%d")
    request = f"POST\n/\n\ncontent-type:{TYPE}\nhost:{host}\n\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{SERVICE}/tc3_request"
    text = f"{SCHEME}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{account.secret_key}".encode()
    for part in (day, SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={account.secret_id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    return {
        "Content-Type": TYPE,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Timestamp": stamp,
        "X-TC-Version": VERSION,
        "X-TC-Region": account.region,
        "Authorization": f"{SCHEME} {credential}",
    }


def load_tencent(folder: Path) -> TencentAccount:
    """Read the account among the secrets."""
    return TencentAccount.model_validate_json((folder / "tencent.json").read_text())


def _judge(code: str, fine: str = "") -> None:
    if code == fine and fine:
        return
    if not code or code.startswith(UNCLEAR):
        raise Unsure(code)
    raise Refused(code)


def _report(status: Mapping[str, Any]) -> Report:
    reason = str(status.get("Description", ""))
    match status.get("ReportStatus"):
        case "SUCCESS":
            return Report("delivered", reason)
        case "FAIL":
            return Report("failed", reason)
    return Report("sent")
