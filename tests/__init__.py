"""Tests mirror the tree of services/ and shared/."""
