"""The converted network is dlib's network."""

from __future__ import annotations

from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest

from services.vision.face import prepared, weights
from services.vision.face.find import Image
from services.vision.face.tools import FaceTools
from tests.support.portraits import sample


@pytest.fixture(scope="module")
def chips(tools: FaceTools, astronaut: Image) -> Image:
    face = tools.finder.find(astronaut)[0]
    noise = np.random.default_rng(0).integers(0, 256, (3, 150, 150, 3), dtype=np.uint8)
    plain = [np.full((150, 150, 3), value, np.uint8) for value in (0, 128, 255)]
    people = [cv2.resize(grey, (150, 150)) for grey in sample("lfw_subset")[:6]]
    grey = [np.repeat(person[..., None], 3, axis=2) for person in people]
    return np.stack([tools.finder.chip(astronaut, face), *noise, *plain, *grey]).astype(np.uint8)


def test_the_descriptors_are_dlibs(tools: FaceTools, chips: Image) -> None:
    reference = dlib.face_recognition_model_v1(str(prepared.shipped(prepared.SOURCE, prepared.SOURCE_SHA256)))
    expected = np.array([reference.compute_face_descriptor(chip) for chip in chips])
    ours = tools.descriptor.describe(chips)
    assert np.abs(ours - expected).max() < 1e-5
    apart = np.linalg.norm(ours[:, None] - ours[None], axis=2)
    assert np.abs(apart - np.linalg.norm(expected[:, None] - expected[None], axis=2)).max() < 1e-4


def test_a_batch_gives_what_one_by_one_gives(tools: FaceTools, chips: Image) -> None:
    one_by_one = np.concatenate([tools.descriptor.describe(chip[None]) for chip in chips])
    assert np.allclose(tools.descriptor.describe(chips), one_by_one, atol=1e-5)


def test_no_chips_give_no_descriptors(tools: FaceTools) -> None:
    assert tools.descriptor.describe(np.empty((0, 150, 150, 3), np.uint8)).shape == (0, 128)


@pytest.mark.parametrize("wrong", [np.zeros((150, 150, 3), np.uint8), np.zeros((1, 150, 150, 3), np.float32)])
def test_chips_of_another_form_are_refused(tools: FaceTools, wrong: Image) -> None:
    with pytest.raises(ValueError, match="chips must be"):
        tools.descriptor.describe(wrong)


def test_the_file_is_written_once(tmp_path: Path) -> None:
    first = prepared.prepare(tmp_path)
    written = first.stat().st_mtime_ns
    assert prepared.prepare(tmp_path) == first
    assert first.stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == [first.name]
    assert prepared.SOURCE_SHA256[:16] in first.name


def test_other_weights_are_refused() -> None:
    with pytest.raises(weights.BadWeightFile, match="not the file we know"):
        prepared.shipped(prepared.SOURCE, "0" * 64)
    with pytest.raises(weights.BadWeightFile, match="missing"):
        prepared.shipped("another.dat", prepared.SOURCE_SHA256)


@pytest.mark.parametrize("keep", [0, 400, 30_000, 22_400_000])
def test_a_file_cut_short_is_refused(keep: int) -> None:
    whole = prepared.shipped(prepared.SOURCE, prepared.SOURCE_SHA256).read_bytes()
    with pytest.raises(weights.BadWeightFile):
        weights.read_network(whole[:keep])
