"""The JSON form of a report (issue 3): what `vision check --json` prints and others build on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.vision.domain import CardReport, FaceReport, IdentityReport, PortraitReport
from services.vision.face.messages import NO_LIVENESS, sentence


def as_json(report: IdentityReport) -> dict[str, Any]:
    """Plain dictionaries and lists, keys as documented in docs/why/vision.md."""
    return {
        "card": _card(report.card),
        "portrait": _portrait(report.portrait),
        "face": face_json(report.face),
        "timings_ms": dict(report.timings_ms),
        "cpu_seconds": report.cpu_seconds,
        "model_version": report.model_version,
    }


def face_json(face: FaceReport | None) -> dict[str, Any] | None:
    """`{distance, decision, reasons}`; liveness is stated wherever a decision is shown."""
    if face is None:
        return None
    return {
        "distance": face.distance,
        "decision": face.decision,
        "reasons": list(face.reasons),
        "liveness": sentence(NO_LIVENESS),
    }


def _card(card: CardReport | None) -> dict[str, Any] | None:
    if card is None:
        return None
    return {
        "fields": {name: asdict(field) for name, field in card.fields.items()},
        "located": card.located,
        "quality": asdict(card.quality) if card.quality else None,
        "findings": [asdict(finding) for finding in card.findings],
        "refusal": card.refusal,
        "back_refusal": card.back_refusal,
        "fallbacks": card.fallbacks,
    }


def _portrait(portrait: PortraitReport | None) -> dict[str, Any] | None:
    if portrait is None:
        return None
    checks = [
        {**asdict(check), "sentence": sentence(check.message) if check.message else ""} for check in portrait.checks
    ]
    return {"checks": checks, "refusal": portrait.refusal}
