"""Cards as somebody draws them in an afternoon: values right after their labels, wide or narrow numbers, addresses that
reach the portrait, silhouettes, marks across the print.

Who is on them comes from `tests.support.specimen`, how they are photographed from `tests.support.second_hand`; the
faces are its own. Invented data, marked as samples.
"""

from tests.support.plain_hand.make import plain_specimen

__all__ = ["plain_specimen"]
