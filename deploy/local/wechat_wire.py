"""How the simulated WeChat Pay signs and encrypts. Written apart from the service, so that one checks the other."""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from deploy.local.wechat_ledger import Refund, Refusal, Trade, Transaction

MAX_AGE_S = 300
SCHEME = "WECHATPAY2-SHA256-RSA2048 "


@dataclass(frozen=True)
class Wire:
    """The platform's side of the keys made by `make_wechat_secrets`."""

    mchid: str
    appid: str
    serial: str
    private_key: rsa.RSAPrivateKey
    merchant_key: rsa.RSAPublicKey
    merchant_serial: str
    api_key: bytes

    def check_request(self, method: str, path: str, body: bytes, authorization: str, now: datetime) -> None:
        """Refuse a request that the merchant did not sign, or not now."""
        fields = dict(re.findall(r'(\w+)="([^"]*)"', authorization.removeprefix(SCHEME)))
        if not authorization.startswith(SCHEME) or fields.get("mchid") != self.mchid:
            raise Refusal(401, "SIGN_ERROR")
        stamp = fields.get("timestamp", "")
        if fields.get("serial_no") != self.merchant_serial or not stamp.isdigit():
            raise Refusal(401, "SIGN_ERROR")
        text = f"{method}\n{path}\n{stamp}\n{fields.get('nonce_str', '')}\n".encode() + body + b"\n"
        try:
            signature = base64.b64decode(fields.get("signature", ""), validate=True)
            self.merchant_key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature) as error:
            raise Refusal(401, "SIGN_ERROR") from error
        if abs(now.timestamp() - int(stamp)) > MAX_AGE_S:
            raise Refusal(401, "SIGN_ERROR")

    def headers(self, body: bytes, now: datetime) -> dict[str, str]:
        """The signature headers of an answer or a notification."""
        stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = self.private_key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Serial": self.serial,
            "Content-Type": "application/json",
        }

    def notice(self, event_type: str, told: dict[str, Any], now: datetime) -> bytes:
        """The body of a notification."""
        kind = "refund" if event_type.startswith("REFUND") else "transaction"
        nonce = secrets.token_hex(6)
        plain = json.dumps(told, ensure_ascii=False).encode()
        box = AESGCM(self.api_key).encrypt(nonce.encode(), plain, kind.encode())
        document = {
            "id": secrets.token_hex(16),
            "create_time": now.isoformat(timespec="seconds"),
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": event_type,
            "resource": {
                "original_type": kind,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(box).decode(),
                "associated_data": kind,
                "nonce": nonce,
            },
        }
        return json.dumps(document).encode()

    def told_trade(self, trade: Trade, paid: Transaction | None) -> dict[str, Any]:
        """An order as queries and notifications tell it."""
        told: dict[str, Any] = {
            "appid": self.appid,
            "mchid": self.mchid,
            "out_trade_no": trade.out_trade_no,
            "trade_state": trade.state,
            "trade_state_desc": trade.state,
            "amount": {"total": trade.total, "currency": "CNY"},
        }
        if paid:
            told["amount"] = {
                "total": paid.amount,
                "payer_total": paid.amount,
                "currency": "CNY",
                "payer_currency": "CNY",
            }
            told |= {
                "transaction_id": paid.transaction_id,
                "trade_type": "NATIVE",
                "bank_type": "OTHERS",
                "success_time": paid.at,
                "payer": {"openid": "o-demo"},
            }
        return told

    def told_refund(self, trade: Trade, refund: Refund) -> dict[str, Any]:
        """A refund as answers and notifications tell it."""
        told: dict[str, Any] = {
            "mchid": self.mchid,
            "refund_id": refund.refund_id,
            "out_refund_no": refund.out_refund_no,
            "transaction_id": refund.transaction_id,
            "out_trade_no": trade.out_trade_no,
            "status": refund.status,
            "refund_status": refund.status,
            "user_received_account": "支付用户零钱",
            "amount": {"total": refund.amount, "refund": refund.amount, "currency": "CNY"},
        }
        return told | ({"success_time": refund.at} if refund.status == "SUCCESS" else {})


def load_wire(folder: Path) -> Wire:
    """Read the demo's secrets."""
    merchant = json.loads((folder / "merchant.json").read_text())
    private_key = load_pem_private_key((folder / "simulator" / "platform_key.pem").read_bytes(), None)
    merchant_key = load_pem_public_key((folder / "simulator" / "merchant_public.pem").read_bytes())
    if not isinstance(private_key, rsa.RSAPrivateKey) or not isinstance(merchant_key, rsa.RSAPublicKey):
        raise TypeError("the simulator's keys are not RSA keys")
    return Wire(
        mchid=merchant["mchid"],
        appid=merchant["appid"],
        serial=next((folder / "platform").glob("*.pem")).stem,
        private_key=private_key,
        merchant_key=merchant_key,
        merchant_serial=merchant["serial"],
        api_key=(folder / "apiv3.key").read_text().strip().encode(),
    )


async def or_refusal(handler: Handler, request: web.Request) -> web.StreamResponse:
    """What the handler answers, its refusals in the provider's form."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refused(refusal)
    except (KeyError, ValueError, TypeError):
        return refused(Refusal(400, "PARAM_ERROR"))


def refused(refusal: Refusal) -> web.Response:
    """A refusal in the provider's form."""
    return web.json_response({"code": refusal.code, "message": refusal.code}, status=refusal.status)
