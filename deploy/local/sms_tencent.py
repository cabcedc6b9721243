"""The simulated Tencent short messages. The signature is checked by code written apart from the service's."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from deploy.local.sms_provider import Provider, Refusal


class Tencent:
    """sms 2021-01-11: SendSms and PullSmsSendStatusByPhoneNumber."""

    def __init__(self, account: dict[str, Any]) -> None:
        self.account = account
        self.provider = Provider("tencent")
        self._operations = {"SendSms": self._send, "PullSmsSendStatusByPhoneNumber": self._query}

    def app(self) -> web.Application:
        """The application."""
        return self.provider.app(self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        """One signed operation."""
        body = await request.read()
        try:
            self._check(request, body)
            told = await self._operations[request.headers["X-TC-Action"]](json.loads(body))
        except Refusal as refusal:
            told = {"Error": {"Code": str(refusal), "Message": ""}}
        # As Tencent's: with a charset behind the type the SDK does not look for errors.
        return web.Response(
            body=json.dumps({"Response": {**told, "RequestId": "r"}}).encode(), content_type="application/json"
        )

    def _check(self, request: web.Request, body: bytes) -> None:
        authorization = request.headers.get("Authorization", "")
        parts = dict(re.findall(r"(\w+)=([^,\s]+)", authorization))
        secret_id, _, scope = parts.get("Credential", "").partition("/")
        names = parts.get("SignedHeaders", "").split(";")
        stamp = request.headers.get("X-TC-Timestamp", "0")
        at = datetime.fromtimestamp(int(stamp), UTC)
        lines = "".join(f"{name}:{request.headers.get(name, '').strip().lower()}\n" for name in names)
        canonical = "\n".join([request.method, "/", "", lines, ";".join(names), hashlib.sha256(body).hexdigest()])
        text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        wanted = hmac.new(self._key(f"{at:%Y-%m-%d}"), text.encode(), hashlib.sha256).hexdigest()
        good = (
            authorization.startswith("TC3-HMAC-SHA256 ")
            and {"content-type", "host"} <= set(names)
            and (secret_id, scope) == (self.account["secret_id"], f"{at:%Y-%m-%d}/sms/tc3_request")
            and hmac.compare_digest(wanted, parts.get("Signature", ""))
            and self.provider.fresh(at)
        )
        self.provider.count(good, "AuthFailure.SignatureFailure")

    def _key(self, day: str) -> bytes:
        dated = hmac.digest(b"TC3" + self.account["secret_key"].encode(), day.encode(), "sha256")
        return hmac.digest(hmac.digest(dated, b"sms", "sha256"), b"tc3_request", "sha256")

    async def _send(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["SignName"] != self.account["sign_name"] or wanted["SmsSdkAppId"] != self.account["app_id"]:
            raise Refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        if wanted["TemplateId"] not in self.account["templates"].values():
            raise Refusal("FailedOperation.TemplateIncorrectOrUnapproved")
        (number,) = wanted["PhoneNumberSet"]
        context = wanted.get("SessionContext", "")
        try:
            taken = await self.provider.take(
                number.removeprefix("+86"),
                wanted["TemplateId"],
                wanted["TemplateParamSet"],
                context,
                "LimitExceeded.PhoneNumberDailyLimit",
                "FailedOperation.InsufficientBalanceInSmsPackage",
            )
        except Refusal as refusal:
            # Refused numbers are told one by one, in an answer that is fine as a whole.
            return {"SendStatusSet": [{"SerialNo": "", "PhoneNumber": number, "Code": str(refusal)}]}
        told = {"SerialNo": taken.reference, "PhoneNumber": number, "SessionContext": context, "Code": "Ok"}
        return {"SendStatusSet": [told]}

    async def _query(self, wanted: dict[str, Any]) -> dict[str, Any]:
        words = {"failed": "FAIL", "delivered": "SUCCESS"}
        return {
            "PullSmsSendStatusSet": [
                {
                    "SerialNo": each.reference,
                    "SessionContext": each.our_id,
                    "ReportStatus": words.get(self.provider.state(each)),
                    "Description": {"failed": "MI:0013", "delivered": "DELIVRD"}.get(self.provider.state(each), ""),
                }
                for each in self.provider.taken
                if f"+86{each.phone}" == wanted["PhoneNumber"]
                and wanted["BeginTime"] <= each.at.timestamp() <= wanted["EndTime"]
            ]
        }
