"""RabbitMQ from the system's package as a plain process: own folder, own port, own epmd, only on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.child import Child, connects, free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

# The write-ahead log of quorum queues may fill memory up to its size before it is rolled over: 512 MB by default.
CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{port}
disk_free_limit.absolute = 100MB
raft.wal_max_size_bytes = 33554432
log.console = true
log.console.level = warning
log.console.use_colors = off
log.file = false
"""


class Epmd(Child):
    """Erlang's name server, one for each broker, so that brokers on one machine do not meet."""

    def __init__(self, folder: Path) -> None:
        super().__init__("epmd", folder)
        self.port = free_port()

    def command(self) -> Sequence[str]:
        return ["epmd", "-address", "127.0.0.1", "-port", str(self.port)]

    def ready(self) -> bool:
        return connects(self.port)


class RabbitMQ(Child):
    """A broker whose data live in `folder` and survive `stop`, `kill` and a new `start`.

    Measured with 3.10.8: a quorum queue killed within a second of its declaration does not answer after the
    restart (its registration is written later); two seconds after, nothing is lost. Declare, then kill later.
    """

    ready_s = 120.0

    def __init__(self, folder: Path, port: int | None = None) -> None:
        super().__init__("rabbitmq", folder)
        self.port = port or free_port()
        self._epmd = Epmd(self.folder)
        self._distribution_port = free_port()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def ports(self) -> Sequence[int]:
        return [self.port]

    def command(self) -> Sequence[str]:
        return [str(SERVER)]

    def environment(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.folder),
            # Lets the script become the broker, so that our signals reach the broker and no shell in between.
            "RUNNING_UNDER_SYSTEMD": "true",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd.port),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(self.folder / "feature_flags"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_NODENAME": "rabbit@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            # Idle schedulers give their core up at once instead of spinning.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
            ),
        }

    def start(self, *, wait: bool = True) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(CONFIGURATION.format(port=self.port))
        (self.folder / "enabled_plugins").write_text("[].\n")
        if not self._epmd.running:
            self._epmd.start()
        super().start(wait=wait)

    def ready(self) -> bool:
        """Boot is complete: connections are accepted a little earlier, before queues are recovered."""
        return b" completed with " in self.output() and connects(self.port)

    def stop(self) -> None:
        super().stop()
        self._epmd.stop()
