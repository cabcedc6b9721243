"""Notify owns contacts and deliveries: which message went to whom, once.

Consumes what identity, registration and payment tell candidates of; emits nothing.
"""
