"""Fixtures for every test."""

from tests.support.servers import amqp_url, mongo_url

__all__ = ["amqp_url", "mongo_url"]
