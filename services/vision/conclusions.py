"""What follows from a report: the outcome of a check, why, and a verdict for each rule that was judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.vision.domain import CardReport, Check, IdentityReport
from shared.events.vision import Outcome, PictureVerdict

UNREADABLE_NUMBER = "card.id_number_unreadable"
DOUBTFUL = "vision.card.field_doubtful"
NOT_FOUND = "vision.card.not_found"
SCREEN = "vision.card.maybe_a_screen"
CONTRADICTION = "_differs_from_number"

_CARD_RULES = {
    "card_sharp": "vision.card.blurred",
    "card_without_glare": "vision.card.glare",
    "card_large": "vision.card.too_small",
    "card_whole": "vision.card.cut_off",
}
"""Each rule of a card's quality, and what is found where it is broken."""


def conclude(report: IdentityReport, *, portrait_expected: bool) -> tuple[Outcome, tuple[str, ...]]:
    """What follows from a report, and why, each reason once. A card that cannot be read or a portrait that breaks a
    rule has to be taken again; a card that contradicts itself, and a face that does not clearly match, go to a person,
    never to a refusal (security.md 7)."""
    if retake := _once((*_card_reasons(report.card), *_portrait_reasons(report))):
        return "unreadable", retake
    odd = _odd(report.card)
    if not portrait_expected or report.face is None:
        return ("needs_review" if odd else "read"), odd
    if report.face.decision == "match" and not odd:
        return "matched", report.face.reasons
    return "needs_review", _once((*odd, *report.face.reasons))


def verdicts(report: IdentityReport) -> tuple[PictureVerdict, ...]:
    """Every rule that was judged, picture by picture; none of a picture that was refused."""
    found = list(_card_verdicts(report.card)) if report.card and not report.card.refusal else []
    if report.portrait:
        found += [_portrait_verdict(check) for check in report.portrait.checks]
    if report.face:
        found.append(PictureVerdict(picture="portrait", rule="same_person", ok=report.face.decision == "match"))
    return tuple(found)


def doubtful(card: CardReport) -> frozenset[str]:
    """Fields whose text a person has to confirm."""
    return frozenset(finding.field for finding in card.findings if finding.code == DOUBTFUL and finding.field)


def _card_reasons(card: CardReport | None) -> tuple[str, ...]:
    if card is None:
        return ("card.missing",)
    if refusal := card.refusal or card.back_refusal:
        return (refusal.value,)
    return () if _has_number(card) else _seen(card) or (UNREADABLE_NUMBER,)


def _portrait_reasons(report: IdentityReport) -> tuple[str, ...]:
    if report.portrait is None:
        return ()
    if report.portrait.refusal:
        return (report.portrait.refusal.value,)
    return tuple(check.message for check in report.portrait.checks if not check.ok)


def _odd(card: CardReport | None) -> tuple[str, ...]:
    """What a person should look at though the card was read."""
    if card is None:
        return ()
    differing = (finding.code for finding in card.findings if finding.code.endswith(CONTRADICTION))
    return _once((*differing, *(code for code in _seen(card) if code == SCREEN)))


def _card_verdicts(card: CardReport) -> Iterator[PictureVerdict]:
    seen, located = _seen(card), card.located is not None
    yield _card_verdict("card_located", NOT_FOUND, ok=located, told=NOT_FOUND in seen)
    for rule, code in _CARD_RULES.items():
        # A card that was not found has no place at which a rule could be kept.
        if located or code in seen:
            yield _card_verdict(rule, code, ok=code not in seen)
    yield PictureVerdict(picture="card", rule="number_valid", ok=_has_number(card))
    if doubtful(card):
        yield _card_verdict("card_legible", DOUBTFUL, ok=False)


def _card_verdict(rule: str, code: str, *, ok: bool, told: bool = True) -> PictureVerdict:
    return PictureVerdict(picture="card", rule=rule, ok=ok, message="" if ok or not told else code)


def _has_number(card: CardReport) -> bool:
    number = card.fields.get("id_number")
    return number is not None and number.text is not None


def _seen(card: CardReport) -> tuple[str, ...]:
    return tuple(finding.code for finding in card.quality.findings) if card.quality else ()


def _portrait_verdict(check: Check) -> PictureVerdict:
    return PictureVerdict(
        picture="portrait", rule=check.rule, ok=check.ok, value=check.value, message=check.message, region=check.region
    )


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
