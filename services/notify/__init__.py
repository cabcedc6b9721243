"""Notify owns contacts, deliveries and the quotas of one-time codes: which message went to whom, once.

Consumes what identity, registration and payment tell candidates of; emits nothing.
"""
