"""Aliyun short messages (Dysmsapi 2017-05-25) by the provider's SDK: SendSms and QuerySendDetails."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendSmsRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions
from pydantic import BaseModel

from services.notify import wire
from services.notify.channels import Refused, Report, Sms, Unsure, template_of
from shared.programme.days import BEIJING

STATES: dict[int, Literal["sent", "failed", "delivered"]] = {1: "sent", 2: "failed", 3: "delivered"}
# The provider's own trouble: it may have passed the message on before it failed.
UNCLEAR = ("isp.SYSTEM_ERROR", "InternalError", "ServiceUnavailable")
SERVER_ERROR = 500
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

    def __init__(self, base_url: str, account: AliyunAccount) -> None:
        self._account = account
        self._line = wire.Line(self.name)
        address = urlsplit(base_url)
        self._client = Client(
            Config(
                access_key_id=account.access_key_id,
                access_key_secret=account.access_key_secret,
                protocol=address.scheme,
                endpoint=address.netloc,
                connect_timeout=int(1000 * wire.CONNECT_S),
                read_timeout=int(1000 * wire.READ_S),
                max_idle_conns=wire.THREADS,
            )
        )

    async def send(self, sms: Sms, now: datetime) -> str:
        """SendSms; `OutId` is our id and comes back in queries."""
        del now  # the SDK looks at the clock itself
        request = SendSmsRequest(
            out_id=sms.id,
            phone_numbers=sms.phone,
            sign_name=self._account.sign_name,
            template_code=template_of(self._account.templates, sms),
            template_param=json.dumps(dict(sms.params), separators=(",", ":"), ensure_ascii=False),
        )
        return (await self._call(self._client.send_sms_with_options, request)).biz_id or ""

    async def query(self, sms: Sms, tried_at: datetime, now: datetime, /) -> Report:
        """QuerySendDetails of the number's messages of that day, told apart by our id."""
        del now
        request = QuerySendDetailsRequest(
            current_page=1,
            page_size=PAGE,
            phone_number=sms.phone,
            send_date=tried_at.astimezone(BEIJING).strftime("%Y%m%d"),
        )
        listed = (await self._call(self._client.query_send_details_with_options, request)).sms_send_detail_dtos
        for each in (listed and listed.sms_send_detail_dto) or []:
            if each.out_id == sms.id:
                return Report(STATES.get(each.send_status, "sent"), each.err_code or "")
        return Report("unknown")

    async def _call(self, operation: Callable[..., Any], request: Any) -> Any:
        """The body of an answer that is fine. Causes are cut off: they quote number and code."""
        try:
            body = (await self._line.ask(operation, request, RuntimeOptions())).body
        except AlibabaCloudException as error:
            raise _judged(str(error.code), error.status_code) from None
        except (UnretryableException, AttributeError, TypeError) as error:
            # The last two: the SDK fills its models from JSON of another shape.
            raise wire.network_trouble(error) or Unsure("unreadable") from None
        code = (body and body.code) or ""
        if code != "OK":
            raise _judged(code)
        return body


def load_aliyun(folder: Path) -> AliyunAccount:
    """Read the account among the secrets."""
    return AliyunAccount.model_validate_json((folder / "aliyun.json").read_text())


def _judged(code: str, status: int = 0) -> Refused | Unsure:
    if status >= SERVER_ERROR:
        return Unsure(f"http_{status}")
    if not code or code.startswith(UNCLEAR):
        return Unsure(code)
    return Refused(code)
