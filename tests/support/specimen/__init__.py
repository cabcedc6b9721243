"""Invented ID cards for tests and benchmarks: drawn here, marked 样本, the same picture for the same seed."""

from tests.support.specimen.make import Specimen, specimen

__all__ = ["Specimen", "specimen"]
