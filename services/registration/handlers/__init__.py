"""Use cases: load, let the domain decide, write once."""
