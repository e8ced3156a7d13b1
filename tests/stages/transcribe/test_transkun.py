"""The package transkun, replaced by one that finds a note at every click: parts of long sounds, and what is missing."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import reimagine
from reimagine.errors import StageError
from reimagine.media import Notes, Sound
from reimagine.stages.transcribe import transkun

NETWORK = """
import pretty_midi, mir_eval
import torch
from types import SimpleNamespace

class Config:
    fs = 0

class TransKun(torch.nn.Module):
    def __init__(self, conf):
        super().__init__()
        import torchaudio
        self.register_buffer("filters", torchaudio.functional.melscale_fbanks(n_freqs=3, n_mels=2, sample_rate=1))
        self.fs = conf.fs

    def transcribe(self, x):
        assert self.filters.sum() == 6 and x.shape[1] == 1 and not self.training
        found = [SimpleNamespace(start=-1.0, end=0.0, pitch=-64, velocity=127)]
        for at in torch.nonzero(x[:, 0] > 0.5)[:, 0].tolist():
            found.append(SimpleNamespace(start=at / self.fs, end=at / self.fs + 0.5, pitch=60, velocity=200))
        return found
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with the structure of transkun."""
    import torch

    folder = tmp_path / "transkun" / "pretrained"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder.parent / "ModelTransformer.py").write_text(NETWORK)
    (folder / "2.0.conf").write_text('{"Model": {"config": {"fs": 44100}}}')
    torch.save({"state_dict": {"filters": torch.ones(3, 2)}}, folder / "2.0.pt")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "transkun"]:
        del sys.modules[name]


def clicks(*seconds: float, length: float = 3.0) -> Sound:
    samples = np.zeros((2, int(length * transkun.RATE)), np.float32)
    samples[:, [round(at * transkun.RATE) for at in seconds]] = 1
    return Sound(samples, transkun.RATE)


def test_parts_of_a_long_sound_have_every_note_once(package, monkeypatch):
    monkeypatch.setattr(transkun, "PART_SECONDS", 1)
    monkeypatch.setattr(transkun, "CONTEXT_SECONDS", 1)
    notes = reimagine.model("transcribe", "transkun")().load("cpu")(clicks(0.0, 0.5, 0.999, 1.0, 1.7, 2.9))
    assert [round(n.start, 3) for n in notes] == [0.0, 0.5, 0.999, 1.0, 1.7, 2.9]
    assert all(n.pitch == 60 and n.velocity == 127 and n.end == pytest.approx(n.start + 0.5) for n in notes)


def test_short_notes_are_dropped_and_silence_has_none(package):
    cls = reimagine.model("transcribe", "transkun")
    assert len(cls(shortest=0.6).load("cpu")(clicks(0.5))) == 0
    assert cls().load("cpu")(clicks()) == Notes(())
    assert cls().load("cpu")(Sound(np.zeros((1, 0), np.float32), 44100)) == Notes(())


def test_the_package_does_not_leave_empty_modules_behind(package):
    before = set(sys.modules)
    reimagine.model("transcribe", "transkun")().load("cpu")
    added = set(sys.modules) - before
    assert not {"pretty_midi", "mir_eval", "torchaudio"} & added


def test_a_missing_or_damaged_package_is_one_line(package, monkeypatch):
    model = reimagine.model("transcribe", "transkun")()
    (package / "2.0.pt").write_bytes(b"")
    with pytest.raises(StageError, match="transkun cannot be loaded") as caught:
        model.load("cpu")
    assert "\n" not in str(caught.value)
    monkeypatch.setattr("reimagine.stages.transcribe.transkun_package.find_spec", lambda name: None)
    for attempt in (model.check_installed, lambda: model.load("cpu")):
        with pytest.raises(StageError, match="transkun is not installed; `pip install --no-deps transkun"):
            attempt()
