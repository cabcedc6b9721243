"""Accounts with which the demo's notify service and the simulated providers of short messages trust each other."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from pathlib import Path

# The texts that a provider has approved, as services/notify/templates.py names them, in the provider's numbering.
TEMPLATES = (
    "account_registered",
    "contact_changed",
    "contact_left",
    "password_changed",
    "wechat_unbound",
    "staff_phone_left",
    "staff_closed",
    "application_submitted",
    "application_submitted_fee",
    "application_resubmitted",
    "application_approved",
    "application_returned",
    "application_reopened",
    "identity_confirmed",
    "identity_refused",
    "order_paid",
    "order_refunded",
    "payment_returned",
    "payment_sent_back",
    "order_closed",
    "payment_exception",
    "code",
)
SIGN_NAME = "报考"


def make_sms_secrets(secrets_dir: Path) -> Path:
    """Create `<secrets_dir>/sms` where it is missing, whole or not at all. Returns the folder."""
    folder = secrets_dir / "sms"
    if folder.exists():
        return folder
    secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Path(tempfile.mkdtemp(prefix=".sms-", dir=secrets_dir))
    _write(made / "aliyun.json", _aliyun())
    _write(made / "tencent.json", _tencent())
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)
        if not folder.exists():
            raise
    return folder


def _aliyun() -> dict[str, object]:
    return {
        "access_key_id": "LTAI" + secrets.token_hex(10),
        "access_key_secret": secrets.token_hex(15),
        "sign_name": SIGN_NAME,
        "templates": {name: f"SMS_{100000 + number}" for number, name in enumerate(TEMPLATES)},
    }


def _tencent() -> dict[str, object]:
    return {
        "secret_id": "AKID" + secrets.token_hex(16),
        "secret_key": secrets.token_hex(16),
        "app_id": "1400000000",
        "sign_name": SIGN_NAME,
        "templates": {name: str(200000 + number) for number, name in enumerate(TEMPLATES)},
    }


def _write(path: Path, content: dict[str, object]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1))
