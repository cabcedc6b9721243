"""G1–G5, G9 and G10: the identity check against the two libraries it is made of."""
