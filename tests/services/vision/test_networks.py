"""Networks shared by the workers answer as each worker's own do, in batches and halved; and their end is survived."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from multiprocessing.connection import Pipe
from pathlib import Path

import numpy as np
import onnx
import pytest

from services.vision import network_process, networks
from services.vision.card.recognise import recognise
from services.vision.check import CheckSettings, check_identity
from services.vision.face import prepared
from services.vision.face.descriptor import Descriptor
from services.vision.face.tools import open_tools
from services.vision.models import Models, session
from services.vision.pool import Pool
from services.vision.stages import recorded
from services.vision.together import receive, send
from services.vision.worker import warm
from shared.workers import Workers
from tests.services.vision.card.test_recognise import card_lines
from tests.support.portraits import sample, stranger
from tests.support.specimen import specimen

ADDED_DISTANCE = 0.005
"""How far FP16 moves a face distance at most; the bands of a programme are 0.15 apart."""
ADDED_DOUBT = 0.02
"""How far it moves the confidence of a line that both read."""


async def test_many_workers_on_one_set_of_networks_read_what_one_reads_alone(models_folder: Path) -> None:
    alone = CheckSettings(models=models_folder)
    shown = [specimen(seed).jpeg for seed in (81, 82, 83, 84)]
    async with networks.running(models_folder, 16, 0.05) as address:
        settings = replace(alone, networks=address)
        async with Pool(4, models_folder, networks=address, seconds=0) as pool:
            together = await asyncio.gather(*(pool.check(card, None, card, settings) for card in shown))
    for card, report in zip(shown, together, strict=True):
        own = await asyncio.to_thread(check_identity, card, None, card, alone)
        assert own.card and report.card and own.face and report.face
        assert {name: field.text for name, field in report.card.fields.items()} == {
            name: field.text for name, field in own.card.fields.items()
        }
        assert report.face.decision == own.face.decision
        assert report.face.distance == pytest.approx(own.face.distance, abs=1e-3)
    assert {name for report in together for name, _ in report.batches} >= {"recognise_together", "describe_together"}


def test_halved_networks_read_and_compare_as_whole_ones(models: Models, models_folder: Path) -> None:
    tools = open_tools(models_folder, session)
    recogniser = onnx.load(models_folder / "PP-OCRv6_small_rec" / "inference.onnx")
    half = replace(models, recognition=network_process.open_session(network_process.halved(recogniser)))
    for whole, halved in zip(recognise(models, card_lines()), recognise(half, card_lines()), strict=True):
        assert halved.text == whole.text
        assert halved.confidence == pytest.approx(whole.confidence, abs=ADDED_DOUBT)
    faces = [sample("astronaut"), *map(stranger, (1, 2, 3, 5, 6))]
    chips = np.stack([tools.finder.chip(face, tools.finder.find(face)[0]) for face in faces])
    model = network_process.halved(onnx.load(prepared.prepare(models_folder)))
    described = [each.describe(chips) for each in (tools.descriptor, Descriptor(network_process.open_session(model)))]
    apart = [np.linalg.norm(all_[:, None] - all_[None], axis=2) for all_ in described]
    assert np.abs(apart[0] - apart[1]).max() < ADDED_DISTANCE


async def test_networks_that_have_gone_are_no_verdict_on_a_picture(models_folder: Path) -> None:
    async with networks.running(models_folder, 4, 0.001) as address:
        settings = CheckSettings(models=models_folder, networks=address)
        async with Workers(1) as workers:
            assert (await workers.run(check_identity, specimen(85).jpeg, None, None, settings)).card
    with pytest.raises(ConnectionError):
        await asyncio.to_thread(check_identity, specimen(85).jpeg, None, None, settings)


async def test_networks_that_cannot_be_opened_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the networks should be")
    with pytest.raises(ConnectionError):
        async with networks.running(tmp_path / "models", 4, 0.001):
            pytest.fail("they were opened")


def test_what_comes_from_a_worker_is_numbers_of_a_known_form_or_nothing() -> None:
    ours, theirs = Pipe()
    send(ours, [np.arange(6, dtype=np.float32).reshape(2, 3)], "recognise")
    (tensor,), note = receive(theirs)
    assert (tensor.tolist(), note) == ([[0, 1, 2], [3, 4, 5]], "recognise")
    for header, content in (
        (b'["x", [["object", [1]]]]', b"12345678"),
        (b'["x", [["float32", [1000000000, 1000]]]]', b""),
        (b'["x", [["uint8", [4]]]]', b"12"),
    ):
        ours.send_bytes(header)
        ours.send_bytes(content)
        with pytest.raises(OSError, match="an input"):
            receive(theirs)
        if theirs.poll():
            theirs.recv_bytes()


def test_a_number_without_rows_ends_nobody_elses_work() -> None:
    ours, theirs = Pipe()
    send(ours, [np.array(1, np.float32)], "recognise")
    with pytest.raises(OSError, match="an input of float32"):
        receive(theirs)


def test_every_network_has_run_before_the_first_job(models_folder: Path) -> None:
    networks = network_process.batchers(models_folder, 4, 0)
    network_process.warm(networks)
    with recorded() as spent:
        warm(models_folder)
    assert {name for name, _ in spent.batches} == {"recognise"}
    assert spent.seconds["recognise"] > 0
