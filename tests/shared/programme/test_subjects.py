"""Subject rules (000.14 to 000.17): who must, may and may not choose what, each with its reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.programme.subjects import History, offers, refusals
from tests.shared.programme.examples import EIGHT, FOUR, LANGUAGES, qualification

RULES = qualification().subjects
assert RULES is not None
ALL = tuple(subject.id for subject in RULES.options)
COHORT_2022 = {"cohort": "2022"}
OTHERS = {"cohort": "2023"}


def told(context: dict[str, str], history: History, chosen: tuple[str, ...]) -> set[tuple[str, str]]:
    assert RULES is not None
    errors = refusals(RULES, context, history, chosen)
    return {(error.pointer.removeprefix("/subjects").strip("/"), error.code) for error in errors}


def test_first_registration_of_others_is_exactly_the_four() -> None:
    assert told(OTHERS, History(), FOUR) == set()
    assert told(OTHERS, History(), FOUR[:3]) == {("biology", "subject.required_first")}
    assert told(OTHERS, History(), (*FOUR, "physics")) == {("physics", "subject.not_in_first")}
    assert told(OTHERS, History(), (*FOUR, "english")) == {("english", "subject.not_in_first")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_registration_of_cohort_2022_is_all_nine(language: str) -> None:
    assert told(COHORT_2022, History(), (*EIGHT, language)) == set()


def test_cohort_2022_needs_one_foreign_language_and_not_two() -> None:
    assert told(COHORT_2022, History(), EIGHT) == {("foreign_language", "subject.group_missing")}
    two = told(COHORT_2022, History(), (*EIGHT, "english", "japanese"))
    assert two == {("foreign_language", "subject.group_too_many")}


def test_returning_candidates_must_take_what_they_failed() -> None:
    history = History(frozenset({"history"}), {"geography": 1, "biology": 1})
    assert told(OTHERS, history, ("geography", "biology")) == set()
    assert told(OTHERS, history, ("geography",)) == {("biology", "subject.failed_required")}


def test_a_subject_failed_twice_is_barred_and_a_passed_one_is_done() -> None:
    history = History(frozenset({"history"}), {"geography": 2, "biology": 1})
    assert told(OTHERS, history, ("biology", "geography", "history")) == {
        ("geography", "subject.barred"),
        ("history", "subject.passed"),
    }


def test_a_language_passed_or_to_be_repeated_settles_the_group() -> None:
    assert told(OTHERS, History(frozenset({"english"})), ("japanese",)) == {("japanese", "subject.group_settled")}
    again = History(frozenset(), {"english": 1})
    assert ("japanese", "subject.group_settled") in told(OTHERS, again, ("english", "japanese"))
    barred = History(frozenset(), {"english": 2})
    assert told(OTHERS, barred, ("japanese",)) == set()


def test_unknown_repeated_and_empty_selections_are_told() -> None:
    assert told(OTHERS, History(), (*FOUR, "latin")) == {("latin", "subject.unknown")}
    assert told(OTHERS, History(), (*FOUR, "history")) == {("history", "subject.repeated")}
    assert told(OTHERS, History(), ()) == {("", "subject.none_chosen")}


def test_every_offer_that_is_not_free_says_why() -> None:
    assert RULES is not None
    history = History(frozenset({"history"}), {"geography": 2, "biology": 1})
    for given_history in (History(), history):
        for offer in offers(RULES, OTHERS, given_history):
            assert bool(offer.reason) == (offer.required or not offer.allowed)


@st.composite
def histories(draw: st.DrawFn) -> History:
    passed = draw(st.frozensets(st.sampled_from(ALL)))
    failed = draw(st.dictionaries(st.sampled_from(ALL), st.integers(1, 4)))
    return History(passed, {name: times for name, times in failed.items() if name not in passed})


@given(histories(), st.sets(st.sampled_from(ALL)), st.sampled_from([COHORT_2022, OTHERS]))
def test_a_selection_passes_exactly_when_every_rule_holds(
    history: History, chosen: set[str], context: dict[str, str]
) -> None:
    """The same rules written the other way round: as one sentence over the whole selection."""
    assert RULES is not None
    languages = chosen & set(LANGUAGES)
    if history.is_first:
        wanted = set(EIGHT) if context is COHORT_2022 else set(FOUR)
        right = chosen - languages == wanted and len(languages) == (1 if context is COHORT_2022 else 0)
    else:
        failed_once = {name for name, times in history.failures.items() if times == 1}
        barred = {name for name, times in history.failures.items() if times >= 2}
        other = {
            one
            for one in languages
            if one not in failed_once and (set(LANGUAGES) - {one}) & (history.passed | failed_once)
        }
        right = bool(chosen) and failed_once <= chosen and not chosen & (barred | history.passed | other)
        right = right and len(languages) <= 1
    assert (refusals(RULES, context, history, sorted(chosen)) == []) == right


@given(histories(), st.sets(st.sampled_from(ALL), min_size=1))
def test_every_refusal_points_to_a_subject_or_group(history: History, chosen: set[str]) -> None:
    assert RULES is not None
    places = set(ALL) | {group.id for group in RULES.groups}
    for error in refusals(RULES, OTHERS, history, sorted(chosen)):
        assert error.pointer.removeprefix("/subjects/") in places
