"""The keys of WeChat Pay v3 and what is done with them: sign, verify, decrypt."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import BaseModel

from shared.clock import utc_now

SCHEME = "WECHATPAY2-SHA256-RSA2048"
CIPHER = "AEAD_AES_256_GCM"


class Sealed(BaseModel):
    """The encrypted part of a notification."""

    algorithm: str
    ciphertext: str
    nonce: str
    associated_data: str = ""


@dataclass(frozen=True)
class Keys:
    """Our identity at WeChat Pay. `platform` maps serials (`PUB_KEY_ID_…`) to the platform's public keys."""

    mchid: str
    appid: str
    serial: str
    private_key: RSAPrivateKey = field(repr=False)
    api_key: bytes = field(repr=False)
    platform: Mapping[str, RSAPublicKey]

    def request_headers(self, method: str, path: str, body: str) -> dict[str, str]:
        """The headers of a signed request; `path` with its query."""
        stamp, nonce = str(int(utc_now().timestamp())), secrets.token_hex(16)
        text = f"{method}\n{path}\n{stamp}\n{nonce}\n{body}\n"
        signature = base64.b64encode(self.private_key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
        fields = {
            "mchid": self.mchid,
            "nonce_str": nonce,
            "signature": signature,
            "timestamp": stamp,
            "serial_no": self.serial,
        }
        return {
            "Authorization": SCHEME + " " + ",".join(f'{name}="{value}"' for name, value in fields.items()),
            "Accept": "application/json",
            "Content-Type": "application/json",
            # Which of its keys the platform shall sign the answer with: the newest that we have.
            "Wechatpay-Serial": max(self.platform),
        }

    def is_from_platform(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a key of the platform signed these bytes, with this time and nonce."""
        key = self.platform.get(headers.get("Wechatpay-Serial", ""))
        if key is None:
            return False
        head = f"{headers.get('Wechatpay-Timestamp', '')}\n{headers.get('Wechatpay-Nonce', '')}\n"
        given = headers.get("Wechatpay-Signature", "")
        try:
            signature = base64.b64decode(given, validate=True)
            if base64.b64encode(signature).decode() != given:
                return False  # another spelling of the same bytes
            key.verify(signature, head.encode() + body + b"\n", PKCS1v15(), SHA256())
        except (ValueError, InvalidSignature):
            return False
        return True

    def unseal(self, sealed: Sealed) -> bytes:
        """Decrypt. Raises ValueError when it does not open under our key."""
        if sealed.algorithm != CIPHER:
            raise ValueError(sealed.algorithm)
        try:
            box = base64.b64decode(sealed.ciphertext, validate=True)
            return AESGCM(self.api_key).decrypt(sealed.nonce.encode(), box, sealed.associated_data.encode())
        except InvalidTag as error:
            raise ValueError("resource does not open") from error


def load_keys(folder: Path) -> Keys:
    """Read `merchant.json` (mchid, appid, serial), `merchant_key.pem`, `apiv3.key` and `platform/<serial>.pem`."""
    merchant = json.loads((folder / "merchant.json").read_text())
    private_key = load_pem_private_key((folder / "merchant_key.pem").read_bytes(), None)
    if not isinstance(private_key, RSAPrivateKey):
        raise TypeError("merchant_key.pem is not an RSA key")
    platform = {path.stem: _public_key(path) for path in (folder / "platform").glob("*.pem")}
    if not platform:
        raise ValueError("no public key of the platform in platform/")
    api_key = (folder / "apiv3.key").read_text().strip().encode()
    return Keys(merchant["mchid"], merchant["appid"], merchant["serial"], private_key, api_key, platform)


def _public_key(path: Path) -> RSAPublicKey:
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, RSAPublicKey):
        raise TypeError(f"{path.name} is not an RSA key")
    return key
