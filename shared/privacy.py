"""Personal data at rest: AES-256-GCM fields, keyed blind index, key rotation (security.md 12).

A sealed value is `<key id>.<base64url(nonce + ciphertext + tag)>`. The additional authenticated data ties it to its
place (`collection|field|id`), so that a value copied to another record does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Unreadable(Exception):
    """The value was changed, moved, or sealed under a key we do not have."""


def place(collection: str, field: str, document_id: str) -> str:
    """The additional authenticated data of a sealed field of a document."""
    return f"{collection}|{field}|{document_id}"


@dataclass(frozen=True)
class Vault:
    """Seals under `current`; opens under any of `keys`. `index_key` is another key, for look-ups only.

    Its repr shows no key: tracebacks that tell local variables print it.
    """

    keys: dict[str, bytes] = field(repr=False)
    current: str
    index_key: bytes = field(repr=False)

    def seal(self, text: str, aad: str) -> str:
        """Encrypt `text`, bound to `aad`."""
        nonce = os.urandom(NONCE_BYTES)
        box = AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), aad.encode())
        return f"{self.current}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def open(self, sealed: str, aad: str) -> str:
        """Decrypt what `seal` made. Raises `Unreadable`."""
        key_id, _, text = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(text)
            return AESGCM(self.keys[key_id]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], aad.encode()).decode()
        except (KeyError, ValueError, InvalidTag) as error:
            raise Unreadable(key_id) from error

    def blind(self, purpose: str, value: str) -> str:
        """HMAC-SHA256 of `value` for equality look-ups, 64 hexadecimal digits; differs by purpose."""
        return hmac.new(self.index_key, f"{purpose}|{value}".encode(), hashlib.sha256).hexdigest()

    def person(self, id_number: str) -> str:
        """What services that do not show each other a normalised ID number compare instead; "" for none."""
        return self.blind("person_number", id_number) if id_number else ""


def load_vault(secrets_dir: Path) -> Vault:
    """Read `field_keys.json` ({"current": id, "keys": {id: base64 of 32 bytes}}) and `index.key` (base64)."""
    described = json.loads((secrets_dir / "field_keys.json").read_text())
    keys = {key_id: base64.b64decode(text) for key_id, text in described["keys"].items()}
    index_key = base64.b64decode((secrets_dir / "index.key").read_text())
    return Vault(keys, described["current"], index_key)


def make_secrets(secrets_dir: Path) -> None:
    """Create the keys of a new installation where they are missing; files are readable by the owner only."""
    secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    first = {"current": "k1", "keys": {"k1": base64.b64encode(os.urandom(32)).decode()}}
    _write_once(secrets_dir / "field_keys.json", json.dumps(first))
    for name in ("index.key", "service.key"):
        _write_once(secrets_dir / name, base64.b64encode(os.urandom(32)).decode())


def _write_once(path: Path, text: str) -> None:
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
