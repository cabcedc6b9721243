"""Spans by OTLP over HTTP with OpenTelemetry's own SDK; imported only where an endpoint is set (docs/adr/009)."""

from __future__ import annotations

import threading

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.spans import FAILED, Attributes, Kind

# Also how long an absent collector may hold up the end of a process.
TIMEOUT_S = 5
KINDS = {
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
}
HEADER = TraceContextTextMapPropagator()


class OtlpSpan:
    """See `shared.spans.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        about = span.get_span_context()
        self.traceparent = f"00-{about.trace_id:032x}-{about.span_id:016x}-{about.trace_flags:02x}"

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)
        if FAILED in attributes:
            self._span.set_status(trace.StatusCode.ERROR)

    def end(self) -> None:
        self._span.end()


class Otlp:
    """Sends spans in batches from a thread of its own; what does not fit its queue is dropped, nobody waits."""

    def __init__(self, endpoint: str) -> None:
        self._exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=TIMEOUT_S)
        self._processor = BatchSpanProcessor(self._exporter)
        self._tracers: dict[str, trace.Tracer] = {}

    def begin(self, kind: Kind, name: str, attributes: Attributes, *, service: str, parent: str) -> OtlpSpan:
        context = HEADER.extract({"traceparent": parent})
        return OtlpSpan(self._tracer(service).start_span(name, context, KINDS[kind], attributes))

    def close(self) -> None:
        """Send what waits, for `TIMEOUT_S` at most; blocks."""
        given_up = threading.Timer(TIMEOUT_S, self._exporter.shutdown)
        given_up.start()
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # the SDK left this one out
        given_up.cancel()

    def _tracer(self, service: str) -> trace.Tracer:
        if service not in self._tracers:
            resource = Resource.create({"service.namespace": "baokao", "service.name": service})
            provider = TracerProvider(resource=resource, shutdown_on_exit=False)
            provider.add_span_processor(self._processor)
            self._tracers[service] = provider.get_tracer("baokao")
        return self._tracers[service]
