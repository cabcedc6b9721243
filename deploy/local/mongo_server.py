"""nx-27017, made to compare texts as texts.

As shipped it takes an ISO 8601 text in a filter for a date and compares whole seconds, so that pages sorted by time
repeat and lose documents of the same second. MongoDB compares the text, which is what our documents hold.
"""

from __future__ import annotations

from typing import Any

from neosqlite.collection import datetime_utils  # type: ignore[import-untyped]
from nx_27017.nx_27017 import main


def _never(_value: Any) -> bool:
    return False


if __name__ == "__main__":
    # The callers import the name each time they use it, so this reaches all of them.
    datetime_utils.is_datetime_value = _never
    main()
