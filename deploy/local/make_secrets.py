"""Write the keys of a new installation: `python -m deploy.local.make_secrets FOLDER`. Existing ones are kept."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.local.sign_on import make_sign_on_secrets
from deploy.local.sms_secrets import make_sms_secrets
from deploy.local.wechat_login import make_login_secrets
from deploy.local.wechat_secrets import make_wechat_secrets
from shared.privacy import make_secrets
from shared.settings import Platform


def make_all(folder: Path, environment: str) -> None:
    """The platform's own keys; in a demo those of the simulated providers too."""
    make_secrets(folder)
    if environment == "demo":
        make_sms_secrets(folder)
        make_wechat_secrets(folder)
        make_login_secrets(folder)
        make_sign_on_secrets(folder)


if __name__ == "__main__":
    make_all(Path(sys.argv[1]), Platform().environment)
