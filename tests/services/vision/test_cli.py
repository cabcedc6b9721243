"""The command line others build on: its keys, its order, its last line, and that no picture ends a run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deploy import ROOT
from services.vision.domain import BACK_FIELDS, FRONT_FIELDS
from services.vision.models import VERSION
from tests.support.portraits import portrait, sample, stranger
from tests.support.specimen import specimen

LAST_LINE = re.compile(r"cards/s \d+\.\d\d cpu-seconds/card \d+\.\d{3} peak RSS \d+ MiB")
FACE = {"distance", "decision", "reasons", "liveness"}
NARROW = cv2.imencode(".jpg", np.full((20_000, 64, 3), 200, np.uint8))[1].tobytes()


def jpeg(picture: np.ndarray[Any, Any]) -> bytes:
    """RGB as a file."""
    return cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()


@pytest.fixture
def folder(tmp_path: Path, models_folder: Path) -> Path:
    """Pictures by name; the networks beside them, as below `BAOKAO_DATA`."""
    files = {
        "card": specimen(71, "desk").jpeg,
        "back": specimen(71, "desk", "back").jpeg,
        "portrait": jpeg(portrait()),
        "stranger": jpeg(stranger(3)),
        "wall": jpeg(sample("coffee")),
        "narrow": NARROW,
        "text": b"hello",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "models").symlink_to(models_folder)
    return tmp_path


def vision(folder: Path, *arguments: str) -> str:
    """What `./baokao vision …` says on standard output."""
    environment = {**os.environ, "BAOKAO_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "services.vision.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_one_check_is_one_object_with_the_keys_that_were_promised(folder: Path) -> None:
    said = vision(folder, "check", "--card", "card", "--back", "back", "--portrait", "portrait", "--json")
    report = json.loads(said)
    assert report.keys() == {"card", "portrait", "face", "timings_ms", "cpu_seconds", "model_version"}
    assert report["model_version"] == VERSION
    fields = report["card"]["fields"]
    assert tuple(fields) == (*FRONT_FIELDS, *BACK_FIELDS)
    assert {tuple(field) for field in fields.values()} == {("text", "confidence", "box")}
    truth = {**specimen(71, "desk").truth, **specimen(71, "desk", "back").truth}
    assert {name: field["text"] for name, field in fields.items()} == truth
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", fields["birth_date"]["text"])
    assert report["card"].keys() == {
        "fields", "located", "quality", "findings", "refusal", "back_refusal", "fallbacks"
    }  # fmt: skip
    assert report["card"]["quality"].keys() == {"ok", "sharpness", "glare", "card_px", "moire", "findings"}
    assert [len(corner) for corner in report["card"]["located"]] == [2, 2, 2, 2]
    assert {"rule", "ok", "value", "message"} <= report["portrait"]["checks"][0].keys()
    assert report["face"].keys() == FACE
    assert report["face"]["decision"] == "match"
    assert report["timings_ms"]["total"] > 0
    assert report["cpu_seconds"] > 0


@pytest.mark.parametrize(("side", "key"), [("--card", "refusal"), ("--back", "back_refusal")])
def test_which_side_was_refused_is_told(folder: Path, side: str, key: str) -> None:
    pictures = {"--card": "card", "--back": "back", side: "text"}
    said = json.loads(vision(folder, "check", *(word for pair in pictures.items() for word in pair), "--json"))
    told = {name: said["card"][name] for name in ("refusal", "back_refusal")}
    assert told == {"refusal": None, "back_refusal": None, key: "vision.picture.not_jpeg_or_png"}


def test_a_batch_keeps_the_order_and_outlives_every_picture(folder: Path) -> None:
    jobs = [
        {"card": "card", "portrait": "portrait"},
        {"card": "narrow", "portrait": "narrow"},
        {"card": "text", "portrait": None},
        {"card": "nowhere", "portrait": "portrait"},
        {"card": "card", "portrait": None},
    ]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, jobs)) + "\n\n", encoding="utf-8")
    said = vision(folder, "batch", "manifest.jsonl", "--out", "out.jsonl", "--workers", "1")
    assert LAST_LINE.fullmatch(said.splitlines()[-1])
    both, narrow, text, gone, alone = lines(folder / "out.jsonl")
    assert {report["card"]["fields"]["name"]["text"] for report in (both, alone)} == {specimen(71).person.name}
    assert (both["face"]["decision"], alone["face"], alone["portrait"]) == ("match", None, None)
    refused = [report["card"]["refusal"] for report in (narrow, text, gone)]
    assert refused == [f"vision.picture.{why}" for why in ("too_narrow", "not_jpeg_or_png", "empty")]
    assert {tuple(report["card"]["fields"]) for report in (both, narrow, text, gone, alone)} == {FRONT_FIELDS}


def test_faces_that_are_not_there_are_a_reason(folder: Path) -> None:
    jobs = [("portrait", "portrait"), ("portrait", "stranger"), ("wall", "portrait"), ("portrait", "narrow")]
    manifest = "".join(json.dumps({"a": one, "b": other}) + "\n" for one, other in jobs)
    (folder / "manifest.jsonl").write_text(manifest, encoding="utf-8")
    vision(folder, "faces", "manifest.jsonl", "--out", "out.jsonl", "--workers", "1")
    same, differing, wall, narrow = lines(folder / "out.jsonl")
    assert all(decision.keys() == FACE for decision in (same, differing, wall, narrow))
    assert (same["distance"], same["decision"]) == (0.0, "match")
    assert differing["decision"] == "mismatch"
    assert (wall["distance"], wall["decision"], wall["reasons"]) == (None, "review", ["vision.face.none_on_card"])
    assert (narrow["distance"], narrow["decision"]) == (None, "review")
    assert narrow["reasons"] == ["vision.picture.too_narrow"]
