"""docker-compose.yml has the right shape and runs every service as the code expects."""

import json
from typing import Any

import jsonschema
import pytest
import yaml

from deploy import ROOT
from shared.settings import PRIVATE_PORT_OFFSET, SERVICES, SIMULATOR_PORT_OFFSET, Platform

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PLATFORM = Platform(port=8080)
# The parts of the Compose specification that this file uses.
SHAPE = {
    "type": "object",
    "required": ["services"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string"},
        "configs": {"type": "object"},
        "volumes": {"type": "object"},
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["image"],
                "additionalProperties": False,
                "properties": {
                    "image": {"type": "string"},
                    "build": {"type": "object", "required": ["context", "dockerfile"]},
                    "command": {"type": ["string", "array"]},
                    "entrypoint": {"type": "array"},
                    "environment": {"type": "object", "additionalProperties": {"type": "string"}},
                    "volumes": {"type": "array", "items": {"type": "string"}},
                    "tmpfs": {"type": "array", "items": {"type": "string"}},
                    "configs": {"type": "array"},
                    "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:"}},
                    "read_only": {"type": "boolean"},
                    "cap_drop": {"const": ["ALL"]},
                    "security_opt": {"type": "array", "items": {"type": "string"}},
                    "restart": {"enum": ["unless-stopped", "no"]},
                    "stop_grace_period": {"type": "string", "pattern": "^[0-9]+s$"},
                    "hostname": {"type": "string"},
                    "user": {"type": "string"},
                    "mem_limit": {"type": "string"},
                    "depends_on": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "required": ["condition"],
                            "properties": {
                                "condition": {"enum": ["service_healthy", "service_completed_successfully"]}
                            },
                        },
                    },
                    "healthcheck": {"type": "object"},
                },
            },
        },
    },
}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_file_uses_only_what_we_know_of_compose() -> None:
    faults = [
        f"{fault.json_path}: {fault.message}" for fault in jsonschema.Draft202012Validator(SHAPE).iter_errors(COMPOSE)
    ]
    assert faults == []


def test_every_service_runs_hardened_and_is_watched_on_its_private_port(service: str) -> None:
    found = COMPOSE["services"][service]
    private = PLATFORM.port_of(service) + PRIVATE_PORT_OFFSET
    assert found["command"] == f"services.{service}.main"
    assert found["healthcheck"]["test"][-2:] == ["deploy.docker.healthy", str(private)]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]


def test_services_find_one_another() -> None:
    for service in SERVICES:
        peers = json.loads(COMPOSE["services"][service]["environment"]["BAOKAO_PEERS"])
        assert peers == {name: f"http://{name}:{PLATFORM.port_of(name)}" for name in SERVICES}


def test_the_simulator_is_where_payment_looks() -> None:
    port = PLATFORM.port + SIMULATOR_PORT_OFFSET
    payment = COMPOSE["services"]["payment"]["environment"]
    assert payment["BAOKAO_PAYMENT__WECHAT_URL"] == f"http://wechat-pay:{port}"
    assert COMPOSE["services"]["wechat-pay"]["ports"] == [f"127.0.0.1:${{BAOKAO_SIMULATOR_PORT:-{port}}}:{port}"]
    assert COMPOSE["services"]["wechat-pay"]["healthcheck"]["test"][-1] == str(port)


def test_what_is_waited_for_exists_and_can_be_waited_for() -> None:
    for found in COMPOSE["services"].values():
        for name, wait in found.get("depends_on", {}).items():
            other = COMPOSE["services"][name]
            assert wait["condition"] != "service_healthy" or "test" in other["healthcheck"]


def test_named_volumes_are_declared() -> None:
    mounted = {volume.split(":")[0] for found in COMPOSE["services"].values() for volume in found.get("volumes", ())}
    assert mounted == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", ["web", "vision"])
def test_images_install_hashed_locks_and_do_not_run_as_root(name: str) -> None:
    text = (ROOT / "deploy" / "docker" / f"{name}.Dockerfile").read_text()
    installs = [step for step in text.replace("\\\n", "").split("&&") if "pip install" in step]
    assert len(installs) == 2
    assert all("--no-deps --require-hashes" in line for line in installs)
    assert text.rstrip().splitlines()[-3] == "USER 10001"
    copied = [line.split() for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line]
    sources = {source for _, *paths in copied for source in paths[:-1]}
    for lock in ("vision", "gpu"):
        assert all((ROOT / source.replace("${LOCK}", lock)).exists() for source in sources)
