"""What this service keeps: orders, looked up by application, by state, by who must look and by when."""

from __future__ import annotations

from shared.store import Index

ORDERS, BILLS = "orders", "bills"
COLLECTIONS = (ORDERS,)
# Reasons, receipts and notes that people write may name somebody.
SEALED = ("cases", "history")
INDEXES = (
    Index(ORDERS, ("due_at",)),
    Index(ORDERS, ("needs_person", "created_at")),
    Index(ORDERS, ("state", "created_at")),
    Index(ORDERS, ("created_at",)),
    Index(BILLS, ("day",)),
)
