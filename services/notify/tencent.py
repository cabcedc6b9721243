"""Tencent Cloud short messages (sms 2021-01-11) by the provider's SDK: SendSms and the query by number.

A query finds our messages by the session context, which Tencent returns to accounts that have asked for it (its data
type PullSmsSendStatus).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import PullSmsSendStatusByPhoneNumberRequest, SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from services.notify import wire
from services.notify.channels import Refused, Report, Sms, Unsure, template_of

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

    def __init__(self, base_url: str, account: TencentAccount) -> None:
        self._account = account
        self._line = wire.Line(self.name)
        address = urlsplit(base_url)
        profile = ClientProfile(
            httpProfile=HttpProfile(
                protocol=address.scheme, endpoint=address.netloc, reqTimeout=(wire.CONNECT_S, wire.READ_S)
            )
        )
        self._client = SmsClient(Credential(account.secret_id, account.secret_key), account.region, profile)

    async def send(self, sms: Sms, now: datetime) -> str:
        """SendSms to one number; its own status decides, not the request's."""
        del now  # the SDK looks at the clock itself
        request = SendSmsRequest()
        request.PhoneNumberSet = [f"+86{sms.phone}"]
        request.SmsSdkAppId = self._account.app_id
        request.SignName = self._account.sign_name
        request.TemplateId = template_of(self._account.templates, sms)
        request.TemplateParamSet = list(sms.params.values())
        request.SessionContext = sms.id
        statuses = (await self._call(self._client.SendSms, request)).SendStatusSet
        code = (statuses[0].Code or "") if statuses else ""
        if code != "Ok":
            raise _judged(code)
        return statuses[0].SerialNo or ""

    async def query(self, sms: Sms, tried_at: datetime, now: datetime, /) -> Report:
        """PullSmsSendStatusByPhoneNumber around then, told apart by our id."""
        del now
        request = PullSmsSendStatusByPhoneNumberRequest()
        request.BeginTime = int((tried_at - SKEW).timestamp())
        request.EndTime = int((tried_at + WINDOW).timestamp())
        request.Offset = 0
        request.Limit = LIMIT
        request.PhoneNumber = f"+86{sms.phone}"
        request.SmsSdkAppId = self._account.app_id
        for each in (await self._call(self._client.PullSmsSendStatusByPhoneNumber, request)).PullSmsSendStatusSet or []:
            if each.SessionContext == sms.id:
                return _report(each.ReportStatus, each.Description or "")
        return Report("unknown")

    async def _call(self, operation: Callable[..., Any], request: Any) -> Any:
        """The answer, unless it is an error. Causes are cut off: they quote number and code."""
        try:
            return await self._line.ask(operation, request)
        except TencentCloudSDKException as error:
            # Only what the provider has said bears the request's number.
            told = _judged(str(error.code)) if error.requestId else Unsure(str(error.code))
            raise wire.network_trouble(error) or told from None


def load_tencent(folder: Path) -> TencentAccount:
    """Read the account among the secrets."""
    return TencentAccount.model_validate_json((folder / "tencent.json").read_text())


def _judged(code: str) -> Refused | Unsure:
    return Unsure(code) if not code or code.startswith(UNCLEAR) else Refused(code)


def _report(status: str | None, reason: str) -> Report:
    match status:
        case "SUCCESS":
            return Report("delivered", reason)
        case "FAIL":
            return Report("failed", reason)
    return Report("sent")
