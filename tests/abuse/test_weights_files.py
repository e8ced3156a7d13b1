"""Damaged weights, cards and published files are refused in one line; a damaged card stops nothing else."""

from __future__ import annotations

import json
import os
import struct
import zipfile

import pytest
import torch
from helpers import run_cli
from safetensors.torch import save_file

import reimagine
from reimagine import zoo
from reimagine.errors import WeightsError
from reimagine.stages.compose.melody.net import PhraseGenerator
from reimagine.zoo import archives, published, tensorflow


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("REIMAGINE_HOME", str(folder))
    return folder


def with_header(header: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header


def with_arch(arch: object) -> bytes:
    return with_header(json.dumps({"__metadata__": {"arch": json.dumps(arch)}}).encode())


FILES = {
    "empty": b"",
    "short": b"\x01\x02",
    "huge length": with_header(b"{}", 2**63),
    "length beyond the file": with_header(b"{}", 100),
    "not JSON": with_header(b"{"),
    "a list": with_header(b"[]"),
    "deep": with_header(b"[" * 100000),
    "no UTF-8": with_header(b'"\xff"'),
    "metadata list": with_header(b'{"__metadata__": []}'),
    "arch number": with_header(b'{"__metadata__": {"arch": "5"}}'),
    "arch not JSON": with_header(b'{"__metadata__": {"arch": "{"}}'),
    "arch not text": with_header(b'{"__metadata__": {"arch": 5}}'),
    "wide": with_arch({"latent": 4, "width": 10**9}),
    "wide within limits": with_arch({"latent": 8192, "width": 8192}),
    "deep arch": with_arch({"latent": [[1]]}),
    "infinite": with_arch({"latent": 1e400}),
    "long": with_arch({"names": ["x"] * 10000}),
    "unknown argument": with_arch({"depth": 3}),
    "no tensors": with_arch({"latent": 4, "width": 8}),
    "text": with_arch({"latent": "x", "width": 8}),
    "zero": with_arch({"latent": 0, "width": 0}),
    "negative": with_arch({"latent": -4, "width": -8}),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_damaged_weights_file_is_one_line(data, tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError) as error:
        zoo.load(str(path), PhraseGenerator, "cpu")
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_a_value_that_is_no_number_is_refused(tmp_path):
    net = PhraseGenerator(4, 8)
    state = {name: value.clone() for name, value in net.state_dict().items()}
    name = next(iter(state))
    state[name].view(-1)[0] = float("nan")
    path = tmp_path / "a.safetensors"
    save_file(state, path, {"arch": json.dumps({"latent": 4, "width": 8})})
    with pytest.raises(WeightsError, match=f"{name} has values that are not numbers"):
        zoo.load(str(path), PhraseGenerator, "cpu")


def test_a_pipe_is_no_weights_file(tmp_path):
    os.mkfifo(tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match="missing"):
        zoo.load(str(tmp_path / "a.safetensors"), PhraseGenerator, "cpu")


CARDS = {
    "broken": b"a = ",
    "bytes": b"\xff\xfe\x00",
    "deep": b"a = " + b"[" * 50000,
    "large": b"#" * 300000,
    "checksum": b"sha256 = 5",
    "size": b'bytes = "large"',
    "truth": b"bytes = true",
    "licence": b"licence = []",
    "lines": b'licence = "a\\nb"',
    "look": b"look = 1979-05-27",
}


@pytest.mark.parametrize("data", CARDS.values(), ids=CARDS)
def test_a_damaged_card_is_reported_and_skipped(data, home, film, tmp_path):
    (home / "mine.toml").write_bytes(data)
    (home / "colorize-nogan.toml").write_bytes(data)
    code, out, err = run_cli("models")
    assert code == 0 and "weights    colorize-nogan" in out
    assert sum(str(home / "mine.toml") in line for line in err.splitlines()) == 1 and err.count("\n") == 2
    assert len(zoo.damaged_cards()) == 2
    assert zoo.find("colorize-nogan").path.parent == zoo.SHIPPED
    reimagine.model("colorize")().load("cpu")
    with pytest.raises(WeightsError, match=r"mine\.toml") as error:
        zoo.find("mine")
    assert "\n" not in str(error.value)


def test_a_folder_or_pipe_named_like_a_card_is_skipped(home):
    (home / "folder.toml").mkdir()
    os.mkfifo(home / "pipe.toml")
    assert len(zoo.damaged_cards()) == 2 and zoo.cards()


def test_doctor_reports_a_damaged_card(home, monkeypatch):
    from reimagine import diagnostics

    (home / "mine.toml").write_bytes(b"a = ")
    found = list(diagnostics._damaged_cards())
    assert len(found) == 1 and not found[0].passed and "mine.toml" in found[0].finding


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.ckpt-1.index", bytes(50_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "extractall", lambda *_: pytest.fail("unpacked"))
    for read in (tensorflow.read, published.read):
        with pytest.raises(WeightsError, match="unpacks to 1 files") as error:
            read(path)
        assert "\n" not in str(error.value)
    monkeypatch.setattr(archives, "MAX_FILES", 0)
    with pytest.raises(WeightsError, match="unpacks to"):
        archives.check_sizes(path)


def varint(number: int) -> bytes:
    data = bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    return bytes([*data, number])


def block(entries: dict[bytes, bytes]) -> bytes:
    data = b"".join(varint(0) + varint(len(k)) + varint(len(v)) + k + v for k, v in entries.items())
    return data + struct.pack("<II", 0, 1) + b"\x00"


def table(values: dict[bytes, bytes], handles: list[tuple[int, int]] | None = None) -> bytes:
    data = block(values)
    handles = handles or [(0, len(data) - 1)]
    index = block({str(n).encode(): varint(at) + varint(size) for n, (at, size) in enumerate(handles)})
    footer = varint(0) + varint(0) + varint(len(data)) + varint(len(index) - 1)
    return data + index + footer.ljust(40, b"\0") + struct.pack("<Q", tensorflow.MAGIC)


def entry(size: int, offset: int = 0, shape: int = 1, shard: int = 0) -> bytes:
    dimension = b"\x08" + varint(shape)
    dimensions = b"\x12" + varint(len(dimension)) + dimension
    numbers = b"\x18" + varint(shard) + b"\x20" + varint(offset) + b"\x28" + varint(size)
    return b"\x08\x01" + b"\x12" + varint(len(dimensions)) + dimensions + numbers


TABLES = {
    "empty": b"",
    "zeros": bytes(48),
    "huge tensor": table({b"a": entry(2**62)}),
    "huge offset": table({b"a": entry(4, 2**62)}),
    "many tensors": table({b"%d" % n: entry(16, shape=4) for n in range(100)}),
    "wrong shape": table({b"a": entry(4, shape=7)}),
    "negative shape": table({b"a": entry(4, shape=2**64 - 1)}),
    "no shard": table({b"a": entry(4, shard=9)}),
    "long number": table({b"a": b"\x08" + b"\x80" * 100000}),
    "wrong wire type": table({b"a": b"\x0b"}),
    "no UTF-8": table({b"\xff": entry(4)}),
    "block of itself": table({b"a": entry(4)}, [(0, 20)] * 1000),
    "block beyond the file": table({b"a": entry(4)}, [(10**9, 20)]),
}


@pytest.mark.parametrize("data", TABLES.values(), ids=TABLES)
def test_a_damaged_checkpoint_is_one_line(data, tmp_path):
    path = tmp_path / "model.ckpt-1.index"
    path.write_bytes(data)
    (tmp_path / "model.ckpt-1.data-00000-of-00001").write_bytes(bytes(16))
    for source in (path, tmp_path):
        with pytest.raises(WeightsError) as error:
            tensorflow.read(source)
        assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_checkpoint_is_read(tmp_path):
    path = tmp_path / "model.ckpt-1.index"
    path.write_bytes(table({b"a": entry(16, shape=4)}))
    (tmp_path / "model.ckpt-1.data-00000-of-00001").write_bytes(struct.pack("<4f", 1, 2, 3, 4))
    assert tensorflow.read(path)["a"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["cartoongan-hayao", "deoldify-video", "gansynth-acoustic", "blind-consistency"])
@pytest.mark.parametrize("state", [5, [], {1: torch.zeros(2)}, {"a": torch.full((3,), torch.nan)}, {"model": 3}])
def test_published_files_of_other_contents_are_one_line(name, state, tmp_path):
    if name not in published.names():
        pytest.skip("no such published weights")
    torch.save(state, tmp_path / "a.pth")
    with pytest.raises(WeightsError) as error:
        published.add(name, tmp_path / "a.pth", unchecked=True)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_a_tensor_that_repeats_one_value_without_end_is_refused(tmp_path):
    torch.save({"a.weight_orig": torch.zeros(1).expand(2**36)}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="more values than any published weights"):
        published.read(tmp_path / "a.pth")
