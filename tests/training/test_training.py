"""What trainings share: checkpoints, moving averages, data."""

from __future__ import annotations

import io

import pytest
import torch
from torch import nn

from reimagine import recipe, stages
from reimagine.errors import MediaError, RunError, WeightsError
from reimagine.training.films import list_films
from reimagine.training.options import Training
from reimagine.training.photos import read_photos
from reimagine.training.state import is_out_of_memory, load_checkpoint, open_folder, save_checkpoint, update_ema


@pytest.mark.parametrize("name", stages.TRAININGS)
def test_trainings_fulfil_their_contract(name):
    """Every option has a help text, and old option names lead to present ones."""
    cls = stages.training_class(name)
    options = {option.name: option.help for option in recipe.options(cls)}
    assert Training in cls.__mro__ and all(options.values())
    assert set(cls.renamed_options.values()) <= set(options) and not set(cls.renamed_options) & set(options)


def test_a_checkpoint_restores_networks_optimizers_and_values(tmp_path):
    torch.manual_seed(0)
    net, other = nn.Linear(2, 2), nn.Linear(2, 2)
    optimizer, fresh = (torch.optim.Adam(n.parameters(), 1e-3) for n in (net, other))
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    path = tmp_path / "checkpoint.pt"
    assert load_checkpoint(path, {"net": other}) == {}
    save_checkpoint(path, {"net": net, "optimizer": optimizer, "clock": {"generator": 1.5}, "steps": 7})
    values = load_checkpoint(path, {"net": other, "optimizer": fresh})
    assert values == {"clock": {"generator": 1.5}, "steps": 7}
    assert torch.equal(net.weight, other.weight) and fresh.state_dict()["state"][0]["step"] == 1


def damaged_checkpoints() -> dict[str, bytes]:
    """Contents of files that are no checkpoints."""
    whole, number = io.BytesIO(), io.BytesIO()
    torch.save({"net": nn.Linear(2, 2).state_dict()}, whole)
    torch.save(7, number)
    return {"empty": b"", "text": b"text", "half": whole.getvalue()[:500], "number": number.getvalue()}


@pytest.mark.parametrize("damage", damaged_checkpoints())
def test_a_damaged_checkpoint_is_reported_in_one_line(tmp_path, damage):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(damaged_checkpoints()[damage])
    with pytest.raises(WeightsError, match=r"checkpoint\.pt: the checkpoint is damaged; remove it") as error:
        load_checkpoint(path, {"net": nn.Linear(2, 2)})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["checkpoint.pt", "weights.safetensors", "log.csv"])
def test_a_training_never_replaces_a_file_of_the_user(tmp_path, name):
    (tmp_path / name).write_text("of the user")
    with pytest.raises(RunError, match="was not made by reimagine, so it is not replaced"):
        open_folder(tmp_path)
    assert (tmp_path / name).read_text() == "of the user"


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    save_checkpoint(tmp_path / "checkpoint.pt", {"net": nn.Linear(2, 2)})
    with pytest.raises(WeightsError, match="does not fit this network"):
        load_checkpoint(tmp_path / "checkpoint.pt", {"net": nn.Linear(3, 2)})


def test_parts_are_found_under_their_names_in_earlier_versions(tmp_path):
    saved, net = nn.Linear(2, 2), nn.Linear(2, 2)
    save_checkpoint(tmp_path / "checkpoint.pt", {"critic": saved, "steps": 3})
    assert load_checkpoint(tmp_path / "checkpoint.pt", {"discriminator": net}) == {"steps": 3}
    assert torch.equal(saved.weight, net.weight)


def test_moving_average_copies_buffers():
    average, source = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(source.weight, 3.0)
    source.running_mean.fill_(5.0)
    update_ema(average, source, 0.75)
    assert average.weight.tolist() == [1.5, 1.5] and average.running_mean.tolist() == [5.0, 5.0]


def test_out_of_memory_is_distinguished_from_other_errors():
    assert is_out_of_memory(MemoryError()) and is_out_of_memory(RuntimeError("CUDA out of memory. Tried ..."))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))


def test_folders_without_photographs_or_films_are_refused(tmp_path):
    with pytest.raises(MediaError, match="no photographs"):
        read_photos(tmp_path)
    with pytest.raises(MediaError, match="no films"):
        list_films(tmp_path)
