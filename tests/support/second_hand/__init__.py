"""Cards as somebody else would draw them, to find what the reader learnt from our own specimens by heart.

Nothing is shared with `tests.support.specimen` but the answer's shape: other proportions, fonts, words, marks,
grounds, camera and compression. Invented data, marked 样本.
"""

from tests.support.second_hand.make import second_specimen

__all__ = ["second_specimen"]
