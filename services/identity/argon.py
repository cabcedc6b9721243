"""Password hashing: Argon2id at OWASP's minimum (19 MiB, t=2, p=1), 29 ms here, in a bounded pool of threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB, TIME_COST = 19_456, 2


class Hasher:
    """Hashes and verifies off the event loop; `workers` bounds CPU and memory whatever the crowd."""

    def __init__(self, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1)
        # Verified when an account is unknown, so that both answers take the same time (security.md 4).
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The encoded Argon2id hash of a password."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether the password fits; with None or "" (there is none) it takes as long and says no."""
        fits = await asyncio.get_running_loop().run_in_executor(
            self._pool, self._verify, encoded or self._nobody, password
        )
        return fits and bool(encoded)

    def outdated(self, encoded: str) -> bool:
        """Whether a hash was made under other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True)
