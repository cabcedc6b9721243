"""Which processes `up` starts, and with which settings."""

from pathlib import Path

from deploy.local.services import plan
from shared.settings import SERVICES, Platform

AMQP, MONGO = "amqp://broker.example/", "mongodb://database.example/"


def platform(folder: Path, **settings: str) -> Platform:
    return Platform.model_validate({"data": folder, "port": 9000, **settings})


def test_alone_everything_is_one_process_beside_the_simulator(tmp_path: Path) -> None:
    made = plan(platform(tmp_path), full=False)
    assert made.servers == []
    assert [child.name for child in made.services] == ["baokao", "wechat_pay"]
    assert set(made.ports) == {*range(9000, 9007), *range(9100, 9107), 9020}


def test_full_starts_both_servers_and_tells_every_service_where_they_are(tmp_path: Path) -> None:
    made = plan(platform(tmp_path), full=True)
    assert [child.name for child in made.servers] == ["rabbitmq", "mongo"]
    assert [child.name for child in made.services] == [*SERVICES, "wechat_pay", "sms"]
    for child in made.services:
        assert child.environment()["BAOKAO_AMQP_URL"] == "amqp://guest:guest@127.0.0.1:9030/"
        assert child.environment()["BAOKAO_MONGO_URL"] == "mongodb://127.0.0.1:9031/"
        assert child.environment()["BAOKAO_DATA"] == str(tmp_path)


def test_outside_servers_are_used_and_not_started(tmp_path: Path) -> None:
    both = plan(platform(tmp_path, amqp_url=AMQP, mongo_url=MONGO), full=False)
    assert both.servers == []
    assert [child.name for child in both.services] == [*SERVICES, "wechat_pay"]
    assert both.services[0].environment()["BAOKAO_AMQP_URL"] == AMQP

    one = plan(platform(tmp_path, amqp_url=AMQP), full=True)
    assert [child.name for child in one.servers] == ["mongo"]
    assert one.services[0].environment()["BAOKAO_AMQP_URL"] == AMQP


def test_production_has_no_simulator_and_no_invented_people(tmp_path: Path) -> None:
    made = plan(platform(tmp_path, environment="production"), full=True)
    assert [child.name for child in made.services] == list(SERVICES)
    assert made.jobs == []
