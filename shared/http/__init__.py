"""HTTP for services: a table of routes in, an aiohttp application with OpenAPI and problem+json out."""

from shared.http.app import application
from shared.http.client import ServiceClient
from shared.http.routes import Call, Route

__all__ = ["Call", "Route", "ServiceClient", "application"]
