"""The simulated Aliyun short messages. The signature is checked by code written apart from the service's."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote

from aiohttp import web

from deploy.local.sms_provider import Provider, Refusal

BEIJING = timezone(timedelta(hours=8))
STATES = {"sent": 1, "failed": 2, "delivered": 3}
CODES = {"sent": "", "failed": "MOBILE_NOT_ON_SERVICE", "delivered": "DELIVERED"}


class Aliyun:
    """Dysmsapi: SendSms and QuerySendDetails."""

    def __init__(self, account: dict[str, Any]) -> None:
        self.account = account
        self.provider = Provider("aliyun")
        self._operations = {"SendSms": self._send, "QuerySendDetails": self._query}

    def app(self) -> web.Application:
        """The application."""
        return self.provider.app(self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        """One signed operation."""
        try:
            self._check(request, hashlib.sha256(await request.read()).hexdigest())
            params = dict(parse_qsl(request.url.raw_query_string))
            told = await self._operations[request.headers["x-acs-action"]](params)
        except Refusal as refusal:
            status = 403 if "Signature" in str(refusal) else 200
            return web.json_response({"Code": str(refusal), "Message": "", "RequestId": "r"}, status=status)
        return web.json_response({"Code": "OK", "Message": "OK", "RequestId": "r", **told})

    def _check(self, request: web.Request, body: str) -> None:
        parts = dict(re.findall(r"(\w+)=([^,\s]+)", request.headers.get("Authorization", "")))
        names = parts.get("SignedHeaders", "").split(";")
        pairs = sorted(parse_qsl(request.url.raw_query_string, keep_blank_values=True))
        query = "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, value in pairs)
        lines = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
        canonical = "\n".join([request.method, "/", query, lines, ";".join(names), body])
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        wanted = hmac.new(self.account["access_key_secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
        needed = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"}
        nonce = request.headers.get("x-acs-signature-nonce", "")
        good = (
            needed <= set(names)
            and parts.get("Credential") == self.account["access_key_id"]
            and hmac.compare_digest(wanted, parts.get("Signature", ""))
            and request.headers["x-acs-content-sha256"] == body
            and nonce not in self.provider.nonces
            and self.provider.fresh(datetime.fromisoformat(request.headers["x-acs-date"]))
        )
        self.provider.count(good, "SignatureDoesNotMatch")
        self.provider.nonces.add(nonce)

    async def _send(self, params: dict[str, str]) -> dict[str, Any]:
        if params.get("SignName") != self.account["sign_name"]:
            raise Refusal("isv.SMS_SIGNATURE_ILLEGAL")
        if params["TemplateCode"] not in self.account["templates"].values():
            raise Refusal("isv.SMS_TEMPLATE_ILLEGAL")
        values = list(json.loads(params["TemplateParam"]).values())
        busy, no = "isv.BUSINESS_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH"
        taken = await self.provider.take(
            params["PhoneNumbers"], params["TemplateCode"], values, params.get("OutId", ""), busy, no
        )
        return {"BizId": taken.reference}

    async def _query(self, params: dict[str, str]) -> dict[str, Any]:
        details = [
            {
                "OutId": each.our_id,
                "PhoneNum": each.phone,
                "SendStatus": STATES[self.provider.state(each)],
                "ErrCode": {"sent": "", "failed": "MOBILE_NOT_ON_SERVICE", "delivered": "DELIVERED"}[
                    self.provider.state(each)
                ],
                "TemplateCode": each.template,
            }
            for each in self.provider.taken
            if each.phone == params["PhoneNumber"] and f"{each.at.astimezone(BEIJING):%Y%m%d}" == params["SendDate"]
        ]
        return {"TotalCount": len(details), "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}}
