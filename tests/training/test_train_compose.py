"""Training of the phrase generator: interrupted, resumed, and its weights used."""

from __future__ import annotations

import csv
import tarfile

import pytest
import torch

from reimagine.errors import MediaError
from reimagine.media import Note, Notes
from reimagine.media.midi.notes import write_notes
from reimagine.stages.compose.melody import train
from reimagine.stages.compose.melody.dataset import read_melodies
from reimagine.stages.compose.melody.stage import Melody
from reimagine.stages.compose.melody.train import ComposeTrainer, TrainCompose

SMALL = {"latent": 4, "width": 8, "batch": 4}


@pytest.fixture(scope="module")
def melodies(tmp_path_factory):
    """A .tar of three melodies of 80 quavers."""
    folder = tmp_path_factory.mktemp("melodies")
    with tarfile.open(folder / "melodies.tar", "w") as archive:
        for n in range(3):
            notes = [Note(0.25 * k, 0.25 * k + 0.24, 60 + n + 2 * (k % 5)) for k in range(80)]
            write_notes(folder / f"{n}.mid", Notes(tuple(notes)))
            archive.add(folder / f"{n}.mid", f"{n}.mid")
    return folder / "melodies.tar"


def rows(run) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def test_an_interrupted_training_is_resumed_and_its_weights_compose(melodies, monkeypatch, tmp_path):
    """The resumed part is in the adversarial phase."""
    step, calls = ComposeTrainer.step, []

    def interrupted(self, *arguments):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(1)
        return step(self, *arguments)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(train, "CHECKPOINT_SECONDS", -1.0)
        patched.setattr(ComposeTrainer, "step", interrupted)
        TrainCompose(melodies, minutes=60.0, **SMALL)(tmp_path)
    first, checkpoint = rows(tmp_path), torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert [row["steps"] for row in first] == ["1", "2", "3"] and checkpoint["steps"] == 3

    minutes, phases = (checkpoint["clock"] + 0.3) / 60, {"discriminator_start": 0.0, "discriminator_warm_up": 0.0}
    options = TrainCompose(melodies, minutes=minutes, **SMALL, **phases)
    resumed = ComposeTrainer(options, tmp_path, "cpu", read_melodies(melodies))
    assert (resumed.steps, resumed.clock) == (3, checkpoint["clock"])
    assert all(torch.equal(value, checkpoint["net"][name]) for name, value in resumed.net.state_dict().items())

    weights = options(tmp_path)
    last = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert rows(tmp_path)[:3] == first and last["steps"] > 3 and last["clock"] > checkpoint["clock"]
    assert float(rows(tmp_path)[-1]["discriminator_loss"]) > 0
    melody = Melody(bars=4, weights=str(weights)).load("cpu")(Notes((), 100.0))
    assert melody.tempo == 100.0


def test_options_of_earlier_versions_have_present_names():
    assert set(TrainCompose.renamed_options.values()) <= set(TrainCompose.__dataclass_fields__)


def test_a_file_without_melodies_is_refused(tmp_path):
    (tmp_path / "melodies.tar").write_bytes(b"no archive")
    with pytest.raises(MediaError, match=r"not a \.tar of MIDI files"):
        read_melodies(tmp_path / "melodies.tar")
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    with pytest.raises(MediaError, match="no melody"):
        read_melodies(tmp_path / "empty.tar")
