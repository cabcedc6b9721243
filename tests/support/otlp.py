"""An OpenTelemetry collector on loopback: decodes the OTLP/HTTP that arrives and keeps its spans."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


@dataclass(frozen=True)
class Seen:
    """A span as it arrived; ids in hexadecimal, `parent` empty for the first of its trace."""

    service: str
    kind: str
    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict[str, str | int]


@dataclass
class Collector:
    """What has arrived, and where to send to."""

    endpoint: str
    spans: list[Seen] = field(default_factory=list)

    def named(self, service: str, name: str) -> list[Seen]:
        """The spans of a service with this name."""
        return [span for span in self.spans if (span.service, span.name) == (service, name)]

    def parent(self, span: Seen) -> Seen:
        """The span in which this one was begun."""
        return next(each for each in self.spans if (each.trace, each.id) == (span.trace, span.parent))


@contextmanager
def collector() -> Iterator[Collector]:
    """Collect inside the block."""
    received = Collector("")

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
            received.spans += _decoded(body) if known else []
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        received.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield received
        finally:
            server.shutdown()
            thread.join()


def _decoded(body: bytes) -> Iterator[Seen]:
    for one in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = next(each.value.string_value for each in one.resource.attributes if each.key == "service.name")
        for scope in one.scope_spans:
            yield from (_seen(service, span) for span in scope.spans)


def _seen(service: str, span: Span) -> Seen:
    return Seen(
        service=service,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes={each.key: each.value.string_value or each.value.int_value for each in span.attributes},
    )
