"""Settings every service has. A service's own are `BAOKAO_<SERVICE>__KEY`, in its settings.py; see .env.example."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

# The order gives each service its port: the gateway has `port`, the others follow it.
SERVICES = ("gateway", "identity", "registration", "payment", "vision", "documents", "notify")
PRIVATE_PORT_OFFSET = 100
SIMULATOR_PORT_OFFSET = 20
SMS_PORT_OFFSETS = (24, 25)  # the simulated Aliyun and Tencent


class Platform(BaseSettings):
    """Where things are. Empty `amqp_url` / `mongo_url` select the embedded bus and store."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_", frozen=True, extra="ignore")

    environment: Literal["demo", "production"] = "demo"
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    simulator_url: str = ""
    data: Path = Path("var")
    secrets: Path | None = None
    programmes: Path = Path("shared/programmes")
    amqp_url: str = ""
    mongo_url: str = ""
    mongo_driver: Literal["motor", "pymongo"] = "motor"
    files_url: str = ""
    log_level: str = "INFO"
    otel_endpoint: str = ""
    grace_s: float = 20.0
    peers: dict[str, str] = {}

    @property
    def secrets_dir(self) -> Path:
        """Folder of the mounted secret files."""
        return self.secrets or self.data / "secrets"

    @property
    def site(self) -> str:
        """The address people type, without a final slash."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def simulator(self) -> str:
        """Base address of the simulators of outside services (demo and tests only)."""
        return self.simulator_url or f"http://{self.host}:{self.port + SIMULATOR_PORT_OFFSET}"

    def sms_simulator(self, number: int) -> str:
        """Base address of a simulated provider of short messages."""
        return f"http://{self.host}:{self.port + SMS_PORT_OFFSETS[number]}"

    def port_of(self, service: str) -> int:
        """The port a service listens on."""
        return self.port + SERVICES.index(service)

    def url_of(self, service: str) -> str:
        """Base address of a service, from `BAOKAO_PEERS` ({"payment": "http://payment:8000"}) or this machine."""
        return self.peers.get(service) or f"http://{self.host}:{self.port_of(service)}"
