"""`./baokao keys`: what it does to the key file. What services then do: tests/shared/store/test_resealing.py."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE

import pytest
from typer.testing import CliRunner

from deploy.local.cli import app
from shared.privacy import load_vault, make_secrets
from tests.support.platform import free_base_port

PLACE = "people|name|a"


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAOKAO_DATA", str(tmp_path))
    monkeypatch.setenv("BAOKAO_PORT", str(free_base_port()))
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def run(*arguments: str) -> int:
    return CliRunner().invoke(app, ["keys", *arguments]).exit_code


def test_a_new_key_seals_and_the_old_one_still_opens(secrets: Path) -> None:
    sealed = load_vault(secrets).seal("text", PLACE)
    assert run("rotate") == 0
    vault = load_vault(secrets)
    assert (vault.current, set(vault.keys)) == ("k2", {"k1", "k2"})
    assert vault.keys["k1"] != vault.keys["k2"]
    assert vault.open(sealed, PLACE) == "text"
    assert S_IMODE((secrets / "field_keys.json").stat().st_mode) == 0o600
    assert run("rotate") == 0
    assert load_vault(secrets).current == "k3"


def test_a_prepared_key_only_opens_until_it_is_taken_into_use(secrets: Path) -> None:
    assert run("rotate", "--prepare") == 0
    prepared = load_vault(secrets)
    assert (prepared.current, set(prepared.keys)) == ("k1", {"k1", "k2"})
    assert run("rotate") == 0
    assert load_vault(secrets) == type(prepared)(prepared.keys, "k2", prepared.index_key)


@pytest.mark.parametrize("key", ["k1", "k2", "k9"])
def test_no_key_is_taken_away_while_nobody_can_say_whether_it_is_needed(secrets: Path, key: str) -> None:
    run("rotate")
    before = load_vault(secrets)
    assert run("remove", key) == 1
    assert load_vault(secrets) == before
