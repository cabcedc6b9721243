"""What follows from a report: the outcome of a check, why, and a verdict for each rule that was judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.vision.domain import BACK_FIELDS, FRONT_FIELDS, CardReport, Check, IdentityReport, Quad, Region, Size
from shared.events.vision import Outcome, PictureVerdict
from shared.programme.identity_check import CheckedPicture

UNREADABLE_NUMBER = "card.id_number_unreadable"
BACK_UNREAD = "vision.card.back_unread"
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
    if face := report.face:
        alike = face.decision == "match"
        found.append(PictureVerdict(picture="portrait", rule="same_person", ok=alike, region=face.region))
    return tuple(found)


def doubtful(card: CardReport) -> frozenset[str]:
    """Fields whose text a person has to confirm."""
    return frozenset(finding.field for finding in card.findings if finding.code == DOUBTFUL and finding.field)


def _card_reasons(card: CardReport | None) -> tuple[str, ...]:
    if card is None:
        return ("card.missing",)
    if refusal := card.refusal or card.back_refusal:
        return (refusal.value,)
    front = () if _has_number(card) else _seen(card) or (UNREADABLE_NUMBER,)
    return (*front, BACK_UNREAD) if _has_back(card) is False else front


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
    seen = {finding.code: finding.box for finding in card.quality.findings} if card.quality else {}
    boxes = {name: card.fields[name].box for name in FRONT_FIELDS if name in card.fields}
    # A card that was not found is where its text is.
    where = _region(card.size, *([card.located] if card.located else [*boxes.values(), *seen.values()]))
    located = card.located is not None
    yield _card_verdict("card_located", where, NOT_FOUND if NOT_FOUND in seen else "", ok=located)
    for rule, code in _CARD_RULES.items():
        # A card that was not found has no place at which a rule could be kept.
        if located or code in seen:
            ok = code not in seen
            yield _card_verdict(rule, _region(card.size, seen.get(code)), "" if ok else code, ok=ok)
    yield _card_verdict("number_valid", _region(card.size, boxes.get("id_number")), ok=_has_number(card))
    if (back_read := _has_back(card)) is not None:
        yield _card_verdict("back_read", None, "" if back_read else BACK_UNREAD, ok=back_read, picture="card_back")
    for finding in card.findings:
        if finding.code == DOUBTFUL:
            back = finding.field in BACK_FIELDS
            where = _region(card.back_size if back else card.size, finding.box)
            yield _card_verdict("card_legible", where, DOUBTFUL, ok=False, picture="card_back" if back else "card")


def _card_verdict(
    rule: str, where: Region | None, message: str = "", *, ok: bool, picture: CheckedPicture = "card"
) -> PictureVerdict:
    return PictureVerdict(picture=picture, rule=rule, ok=ok, message=message, region=where)


def _region(size: Size | None, *boxes: Quad | None) -> Region | None:
    """The part of a picture that has all of the boxes in it; None where there are none."""
    points = [point for box in boxes if box for point in box]
    if not points or size is None:
        return None
    across, down = (
        [min(max(at / side, 0.0), 1.0) for at in all_at]
        for all_at, side in zip(zip(*points, strict=True), size, strict=True)
    )
    left, top = min(across), min(down)
    return round(left, 4), round(top, 4), round(max(across) - left, 4), round(max(down) - top, 4)


def _has_number(card: CardReport) -> bool:
    number = card.fields.get("id_number")
    return number is not None and number.text is not None


def _has_back(card: CardReport) -> bool | None:
    """Whether anything is read of the emblem side; None when there is no picture of it, or only a refused one."""
    if card.back_refusal:
        return None
    texts = [card.fields[name].text for name in BACK_FIELDS if name in card.fields]
    return any(texts) if texts else None


def _seen(card: CardReport) -> tuple[str, ...]:
    return tuple(finding.code for finding in card.quality.findings) if card.quality else ()


def _portrait_verdict(check: Check) -> PictureVerdict:
    return PictureVerdict(
        picture="portrait", rule=check.rule, ok=check.ok, value=check.value, message=check.message, region=check.region
    )


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
