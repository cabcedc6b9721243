"""Keys with which the demo's payment service and the simulated WeChat Pay trust each other."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

MERCHANT = {"mchid": "1900000001", "appid": "wx0000000000000000", "serial": "5A" * 20}
PLATFORM_SERIAL = "PUB_KEY_ID_0119000000012026010100000000000001"


def make_wechat_secrets(secrets_dir: Path) -> Path:
    """Create `<secrets_dir>/wechat` where it is missing; the service reads all but its `simulator` folder.

    Returns the folder. Processes that start together end with one set: the folder appears whole or not at all.
    """
    folder = secrets_dir / "wechat"
    if folder.exists():
        return folder
    secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Path(tempfile.mkdtemp(prefix=".wechat-", dir=secrets_dir))
    _fill(made)
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)
        if not folder.exists():
            raise
    return folder


def _fill(folder: Path) -> None:
    merchant, platform = _key(), _key()
    _write(folder / "merchant.json", json.dumps(MERCHANT).encode())
    _write(folder / "apiv3.key", secrets.token_hex(16).encode())
    _write(folder / "merchant_key.pem", _private(merchant))
    _write(folder / "platform" / f"{PLATFORM_SERIAL}.pem", _public(platform))
    _write(folder / "simulator" / "merchant_public.pem", _public(merchant))
    _write(folder / "simulator" / "platform_key.pem", _private(platform))


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(content)
