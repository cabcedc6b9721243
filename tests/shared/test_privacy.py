"""The vault: sealing, blind look-ups, keys on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from stat import S_IMODE

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.privacy import Unreadable, Vault, load_vault, make_secrets

VAULT = Vault({"k1": b"1" * 32, "k2": b"2" * 32}, "k2", b"i" * 32)
PLACE = "candidates|name|a"

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, texts)
def test_what_is_sealed_opens_in_its_place_only(text: str, place: str) -> None:
    sealed = VAULT.seal(text, place)
    assert VAULT.open(sealed, place) == text
    with pytest.raises(Unreadable):
        VAULT.open(sealed, place + "x")


@given(texts.filter(bool))
def test_equal_texts_are_sealed_differently(text: str) -> None:
    assert VAULT.seal(text, PLACE) != VAULT.seal(text, PLACE)


@given(st.data(), texts)
def test_a_changed_value_never_opens_to_another_text(data: st.DataObject, text: str) -> None:
    sealed = VAULT.seal(text, PLACE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:at] + data.draw(st.characters(exclude_categories=["Cs"])) + sealed[at + 1 :]
    try:
        assert VAULT.open(changed, PLACE) == text
    except Unreadable:
        assert changed != sealed


@pytest.mark.parametrize("sealed", ["", ".", "k2", "k2.", "k2.AAAA", "k2." + "A" * 40, "k9.AAAA", "k2.é", "k2.A"])
def test_what_was_never_sealed_is_unreadable(sealed: str) -> None:
    with pytest.raises(Unreadable):
        VAULT.open(sealed, PLACE)


def test_older_keys_open_and_only_the_current_one_seals() -> None:
    old = replace(VAULT, current="k1").seal("text", PLACE)
    assert VAULT.open(old, PLACE) == "text"
    only_new = replace(VAULT, keys={"k2": VAULT.keys["k2"]})
    assert only_new.open(VAULT.seal("text", PLACE), PLACE) == "text"
    with pytest.raises(Unreadable, match="k1"):
        only_new.open(old, PLACE)


def test_the_error_tells_nothing_of_the_value() -> None:
    sealed = VAULT.seal("11010519491231002X", PLACE)
    with pytest.raises(Unreadable) as caught:
        VAULT.open(sealed, "elsewhere")
    assert str(caught.value) == "k2"


@given(texts, texts)
def test_blind_look_ups_agree_only_for_equal_purpose_and_value(one: str, two: str) -> None:
    assert VAULT.blind("id_number", one) == VAULT.blind("id_number", one)
    assert (VAULT.blind("id_number", one) == VAULT.blind("id_number", two)) == (one == two)
    assert VAULT.blind("id_number", one) != VAULT.blind("phone", one)
    assert VAULT.blind("id_number", one) != replace(VAULT, index_key=b"j" * 32).blind("id_number", one)
    assert len(VAULT.blind("id_number", one)) == 64


def test_secrets_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    secrets = tmp_path / "var" / "secrets"
    make_secrets(secrets)
    vault = load_vault(secrets)
    assert vault.open(vault.seal("text", PLACE), PLACE) == "text"
    assert len(vault.index_key) == 32
    assert vault.index_key != vault.keys[vault.current]
    make_secrets(secrets)
    assert load_vault(secrets) == vault
    assert S_IMODE(secrets.stat().st_mode) == 0o700
    assert {S_IMODE(file.stat().st_mode) for file in secrets.iterdir()} == {0o600}


def test_a_rotated_key_file_still_opens_what_the_old_key_sealed(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    sealed = load_vault(tmp_path).seal("text", PLACE)
    path = tmp_path / "field_keys.json"
    described = json.loads(path.read_text())
    described["keys"]["k2"] = "MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="
    path.write_text(json.dumps(described | {"current": "k2"}))
    rotated = load_vault(tmp_path)
    assert rotated.open(sealed, PLACE) == "text"
    assert rotated.seal("text", PLACE).startswith("k2.")


def test_a_vault_in_a_traceback_shows_no_key() -> None:
    assert repr(VAULT) == "Vault(current='k2')"
