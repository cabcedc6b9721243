"""Answers remembered by what was asked, readable only by whoever has the same pictures in hand.

An answer has a name and an ID number in it, so none lies in memory in clear: it is sealed with AES-256-GCM under the
SHA-256 of the pictures, the programme's demands and the networks, and filed under a hash of that. Neither the memory
nor a dump of it opens without the pictures themselves.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from services.vision import models
from services.vision.check import CheckSettings
from services.vision.domain import IdentityReport
from shared.privacy import NONCE_BYTES

REPORT = TypeAdapter(IdentityReport)


class Answers:
    """The last `most` answers."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sealed: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, question: bytes) -> IdentityReport | None:
        """The answer to a question (`fingerprint`), None when it was not asked lately."""
        place = _place(question)
        if place not in self._sealed:
            return None
        self._sealed.move_to_end(place)
        sealed = self._sealed[place]
        return REPORT.validate_json(AESGCM(question).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place))

    def put(self, question: bytes, report: IdentityReport) -> None:
        """Remember, and forget what was asked for longest ago."""
        place, nonce = _place(question), os.urandom(NONCE_BYTES)
        self._sealed[place] = nonce + AESGCM(question).encrypt(nonce, REPORT.dump_json(report), place)
        if len(self._sealed) > self._most:
            self._sealed.popitem(last=False)


def fingerprint(pictures: Sequence[bytes | None], settings: CheckSettings) -> bytes:
    """What an answer depends on, 32 bytes: the pictures, the programme's demands, the day and the networks."""
    digest = hashlib.sha256(f"{models.VERSION} {settings!r}".encode())
    for picture in pictures:
        digest.update(b"-" if picture is None else hashlib.sha256(picture).digest())
    return digest.digest()


def _place(question: bytes) -> bytes:
    return hashlib.sha256(question).digest()
