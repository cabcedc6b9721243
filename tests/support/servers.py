"""Real servers for tests: one of each per test process, started when the first test asks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deploy.local.mongo import Mongo
from deploy.local.rabbitmq import RabbitMQ


@pytest.fixture(scope="session")
def amqp_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A RabbitMQ of this test process. Tests that stop or kill a broker start a `RabbitMQ(tmp_path)` of their own."""
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as broker:
        yield broker.url


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Mongo-wire server of this test process, or the one that `BAOKAO_TEST_MONGO_URL` names."""
    if given := os.environ.get("BAOKAO_TEST_MONGO_URL"):
        yield given
        return
    with Mongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server.url
