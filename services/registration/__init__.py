"""Owns programmes' applications: drafts, forms, identity-check attempts, subjects, review, results and tickets.

Consumes IdentityCheckCompleted (vision) and OrderCreated, OrderPaid, OrderRefunded, OrderClosed (payment); emits
what shared/events/registration.py declares.
"""
