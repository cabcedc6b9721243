"""Names of regions come from the package once; a stretch of an address is one of them or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.vision import regions
from services.vision.models import Models

NAMES = "\n厦门市\n湘西土家族苗族自治州\n"


def test_counties_and_above_are_kept_and_names_of_two_signs_are_not(tmp_path: Path) -> None:
    listed = [
        [1, "43", "", "湖南省"],
        [3, "140302", "", "城区"],
        [3, "430304", "", "岳塘区"],
        [4, "4", "", "书院路街道"],
    ]
    file = tmp_path / "divisions.json"
    file.write_text(json.dumps({"divisions": listed}), encoding="utf-8")
    assert regions.names(file) == "\n岳塘区\n湖南省\n"


@pytest.mark.parametrize("name", ["新疆维吾尔自治区", "呼和浩特市", "积石山保安族东乡族撒拉族自治县", "厦门市"])
def test_the_list_of_the_package_is_what_workers_hold(models: Models, name: str) -> None:
    assert f"\n{name}\n" in models.regions


@pytest.mark.parametrize(("text", "at", "named"), [("福建省厦门市思明区", 4, True), ("福建省厦内市思明区", 4, False)])
def test_a_name_is_found_over_the_place_asked_for(text: str, at: int, named: bool) -> None:
    assert regions.named(NAMES, text, at) is named
    assert not regions.named(NAMES, text, 8)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("福建省厦门市思明区", True),
        ("西藏当雄县人民路1号", True),
        ("内蒙古包头市", True),
        ("重庆市巫山县", True),
        ("东省深圳市南山区", False),
        ("北甘肃省金塔县", False),
        ("", False),
    ],
)
def test_an_address_begins_with_a_region_or_a_province_for_short(models: Models, text: str, begins: bool) -> None:
    assert regions.begins(models.regions, text) is begins
