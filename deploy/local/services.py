"""The processes of an installation on one machine, in the order in which they start."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import ROOT
from deploy.local.child import Child, connects
from deploy.local.demo.settings import Demo, is_populated
from deploy.local.mongo import Mongo
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.state import StateFile
from shared.settings import PRIVATE_PORT_OFFSET, SERVICES, SIMULATOR_PORT_OFFSET, SMS_PORT_OFFSETS, Platform

BROKER_PORT_OFFSET = 30
DATABASE_PORT_OFFSET = 31
# With everything apart, messages take the way that they take in production, to simulated providers.
SMS_SETTINGS = {"BAOKAO_NOTIFY__CHANNELS": '["aliyun", "tencent"]'}
# Big blocks (a password's 19 MiB, a picture) go back to the system once freed: identity alone kept 50 MiB of them.
# Huge pages make that free where the kernel has them on request; without, Argon2id takes 32 ms instead of 21.
GIVES_BACK = {"MALLOC_MMAP_THRESHOLD_": "1048576", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


class PythonProcess(Child):
    """A module of ours as a process. `ports` must answer /readyz with 200 (private) or accept (simulator)."""

    stop_s = 40.0

    def __init__(self, name: str, module: str, platform: Platform, settings: Mapping[str, str]) -> None:
        super().__init__(name, platform.data / "run")
        self._module = module
        self._settings = settings
        self.private_ports: Sequence[int] = ()
        self.public_ports: Sequence[int] = ()

    @property
    def ports(self) -> Sequence[int]:
        return [*self.public_ports, *self.private_ports]

    def command(self) -> Sequence[str]:
        return [sys.executable, "-P", "-m", self._module]

    def environment(self) -> Mapping[str, str]:
        # One arithmetic thread and few malloc arenas per process: there are as many processes as cores already.
        economy = {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        return {"PYTHONPATH": str(ROOT), **economy, **self._settings}

    def ready(self) -> bool:
        return all(map(connects, self.public_ports)) and all(map(is_ready, self.private_ports))


def is_ready(private_port: int) -> bool:
    """Whether the service behind this private port says that it and what it depends on are well."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{private_port}/readyz", timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@dataclass
class Plan:
    """Servers start first, one after another; then the services, all at once; jobs run once when all is ready."""

    platform: Platform
    servers: Sequence[Child] = ()
    services: Sequence[Child] = ()
    jobs: Sequence[Child] = ()

    @property
    def ports(self) -> list[int]:
        """Every port that must be free before the start."""
        return [port for child in (*self.servers, *self.services) for port in child.ports]


def plan(platform: Platform, *, full: bool) -> Plan:
    """What `up` runs: one process for all services, or with `full` or outside servers one for each."""
    servers: list[Child] = []
    urls = {"BAOKAO_AMQP_URL": platform.amqp_url, "BAOKAO_MONGO_URL": platform.mongo_url}
    if full and not platform.amqp_url:
        broker = RabbitMQ(platform.data / "rabbitmq", platform.port + BROKER_PORT_OFFSET)
        servers.append(broker)
        urls["BAOKAO_AMQP_URL"] = broker.url
    if full and not platform.mongo_url:
        database = Mongo(platform.data / "mongo", platform.port + DATABASE_PORT_OFFSET)
        servers.append(database)
        urls["BAOKAO_MONGO_URL"] = database.url
    settings = {"BAOKAO_DATA": str(Path(platform.data).absolute()), **urls}
    demo = platform.environment == "demo"
    if full and demo:
        settings |= SMS_SETTINGS
    apart = full or bool(platform.amqp_url or platform.mongo_url)
    services = _apart(platform, settings) if apart else [_together(platform, settings)]
    if not demo:
        return Plan(platform, servers, services, [])
    simulators = [_simulator("wechat_pay", platform, settings, [SIMULATOR_PORT_OFFSET])]
    if full:
        simulators.append(_simulator("sms", platform, settings, SMS_PORT_OFFSETS))
    return Plan(platform, servers, [*services, *simulators], _jobs(platform, settings))


def database(platform: Platform) -> dict[str, str]:
    """The settings with which a command finds the data of what runs here, or ran last."""
    state = StateFile(platform.data).read()
    url = platform.mongo_url
    if state and state.full and not url:
        url = Mongo(platform.data / "mongo", platform.port + DATABASE_PORT_OFFSET).url
    return {"BAOKAO_DATA": str(Path(platform.data).absolute()), "BAOKAO_MONGO_URL": url}


def _together(platform: Platform, settings: Mapping[str, str]) -> PythonProcess:
    process = PythonProcess("baokao", "deploy.local.all_in_one", platform, settings)
    process.public_ports = [platform.port_of(name) for name in SERVICES]
    process.private_ports = [port + PRIVATE_PORT_OFFSET for port in process.public_ports]
    return process


def _apart(platform: Platform, settings: Mapping[str, str]) -> list[PythonProcess]:
    processes = []
    for name in SERVICES:
        # Not for vision: it fills blocks of this size all the time.
        memory = {} if name == "vision" else GIVES_BACK
        process = PythonProcess(name, f"services.{name}.main", platform, {**settings, **memory})
        process.public_ports = [platform.port_of(name)]
        process.private_ports = [platform.port_of(name) + PRIVATE_PORT_OFFSET]
        processes.append(process)
    return processes


def _simulator(name: str, platform: Platform, settings: Mapping[str, str], offsets: Sequence[int]) -> PythonProcess:
    process = PythonProcess(name, f"deploy.local.{name}", platform, settings)
    process.public_ports = [platform.port + offset for offset in offsets]
    return process


def _jobs(platform: Platform, settings: Mapping[str, str]) -> list[Child]:
    if is_populated(platform.data, mongo=bool(settings["BAOKAO_MONGO_URL"])) or not Demo().people:
        return []
    return [PythonProcess("people", "deploy.local.demo.people", platform, settings)]
