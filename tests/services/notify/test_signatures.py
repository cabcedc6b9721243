"""The simulators accept what the providers' SDKs sent (recorded), and refuse each change to it: they can be trusted."""

from __future__ import annotations

from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from deploy.local.sms_aliyun import Aliyun
from deploy.local.sms_tencent import Tencent

# alibabacloud-dysmsapi20170525 4.6.0
ALIYUN_QUERY = (
    "OutId=m-1&PhoneNumbers=13812345678&SignName=%E6%8A%A5%E8%80%83&TemplateCode=SMS_100017"
    "&TemplateParam=%7B%22code%22%3A%22123456%22%7D"
)
ALIYUN_HEADERS = {
    "host": "127.0.0.1:26990",
    "x-acs-version": "2017-05-25",
    "x-acs-action": "SendSms",
    "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2 t",
    "x-acs-date": "2026-11-21T10:18:33Z",
    "x-acs-signature-nonce": "4c5fcc425d311638ac9b38f2714f8082",
    "accept": "application/json",
    "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "x-acs-credentials-provider": "static_ak",
    "Authorization": (
        "ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders=accept;host;user-agent;x-acs-action;x-acs-content-sha256;"
        "x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=21612db5a8f5da5cd3d49597a992c5d461fc6ad654d9959413d87eb6e388836c"
    ),
}

# tencentcloud-sdk-python-sms 3.1.153
TENCENT_BODY = (
    b'{"PhoneNumberSet": ["+8613812345678"], "SmsSdkAppId": "1400000000", "TemplateId": "200017", '
    b'"SignName": "\\u62a5\\u8003", "TemplateParamSet": ["123456"], "SessionContext": "m-1"}'
)
TENCENT_HEADERS = {
    "Content-Type": "application/json",
    "Host": "127.0.0.1:26990",
    "X-TC-Action": "SendSms",
    "X-TC-Timestamp": "1795256313",
    "X-TC-Version": "2021-01-11",
    "X-TC-Region": "ap-guangzhou",
    "Authorization": (
        "TC3-HMAC-SHA256 Credential=AKIDtest/2026-11-21/sms/tc3_request, SignedHeaders=content-type;host, "
        "Signature=ac5277d1a51a8487b83b942ff271f1ba921aa8307e0116796c00e7b27022879c"
    ),
}


async def sent(simulator: Aliyun | Tencent, query: str, headers: dict[str, str], body: bytes) -> tuple[int, int]:
    simulator.provider.wall = lambda: datetime(2026, 11, 21, 10, 19, tzinfo=UTC)
    async with TestServer(simulator.app()) as server, aiohttp.ClientSession() as http:
        url = server.make_url("/").with_query(None)
        address = type(url)(f"{url}?{query}" if query else str(url), encoded=True)
        async with http.post(address, headers=headers, data=body) as answer:
            await answer.read()
    return len(simulator.provider.taken), simulator.provider.strangers


def aliyun() -> Aliyun:
    return Aliyun(
        {
            "access_key_id": "LTAItest",
            "access_key_secret": "secret",
            "sign_name": "报考",
            "templates": {"code": "SMS_100017"},
        }
    )


def tencent() -> Tencent:
    account = {"secret_id": "AKIDtest", "secret_key": "secret", "app_id": "1400000000", "sign_name": "报考"}
    return Tencent({**account, "templates": {"code": "200017"}})


async def test_what_the_sdks_sent_is_accepted() -> None:
    assert await sent(aliyun(), ALIYUN_QUERY, ALIYUN_HEADERS, b"") == (1, 0)
    assert await sent(tencent(), "", TENCENT_HEADERS, TENCENT_BODY) == (1, 0)


@pytest.mark.parametrize("header", [name for name in ALIYUN_HEADERS if name != "Authorization"])
async def test_a_changed_header_is_a_stranger_at_aliyun(header: str) -> None:
    changed = ALIYUN_HEADERS | {header: ALIYUN_HEADERS[header].replace("2", "3").replace("a", "b").replace("S", "T")}
    assert await sent(aliyun(), ALIYUN_QUERY, changed, b"") == (0, 1)


async def test_a_changed_number_is_a_stranger_at_both() -> None:
    other = ALIYUN_QUERY.replace("13812345678", "13912345678")
    assert await sent(aliyun(), other, ALIYUN_HEADERS, b"") == (0, 1)
    body = TENCENT_BODY.replace(b"13812345678", b"13912345678")
    assert await sent(tencent(), "", TENCENT_HEADERS, body) == (0, 1)


async def test_aliyun_takes_a_request_once() -> None:
    simulator = aliyun()
    await sent(simulator, ALIYUN_QUERY, ALIYUN_HEADERS, b"")
    assert await sent(simulator, ALIYUN_QUERY, ALIYUN_HEADERS, b"") == (1, 1)
