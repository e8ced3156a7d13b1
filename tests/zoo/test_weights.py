"""Weights files and their cards, and the device on which networks run."""

from __future__ import annotations

import tomllib

import pytest
import torch
from torch import nn

from reimagine import zoo
from reimagine.errors import WeightsError
from reimagine.zoo.device import select_device


def linear(outputs: int = 2) -> nn.Linear:
    return nn.Linear(3, outputs)


def test_a_saved_network_is_built_again_from_the_arguments_in_its_file(tmp_path):
    net, path = linear(5), tmp_path / "net.safetensors"
    zoo.save(path, net, {"outputs": 5}, exact=True)
    assert zoo.architecture_arguments(str(path)) == {"outputs": 5}
    loaded = zoo.load(str(path), linear, "cpu")
    assert torch.equal(loaded.weight, net.weight) and not loaded.training


def test_weights_of_another_network_are_refused_with_a_one_line_error(tmp_path):
    path = tmp_path / "net.safetensors"
    zoo.save(path, linear(5), {})
    with pytest.raises(WeightsError, match="not weights of linear") as caught:
        zoo.load(str(path), linear, "cpu")
    assert "\n" not in str(caught.value)


def test_a_card_states_checksum_and_size_and_is_written_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    zoo.save(path, linear(), {})
    zoo.write_card(path, {"licence": "MIT", "title": 'Größe "zwei"'})
    facts = tomllib.loads(path.with_suffix(".toml").read_text())
    assert facts["bytes"] == path.stat().st_size and facts["title"] == 'Größe "zwei"'
    assert zoo.verified_path(str(path)) == (path, facts["sha256"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.safetensors", "net.toml"]


def test_an_interrupted_write_leaves_the_old_card_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    zoo.save(path, linear(), {})
    zoo.write_card(path, {"licence": "MIT"})

    def interrupt(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        zoo.write_card(path, {"licence": "none"})
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path))
    assert [card.facts["licence"] for card in zoo.cards() if card.path.parent == tmp_path] == ["MIT"]


def test_selecting_a_device_leaves_the_thread_count_alone():
    threads = torch.get_num_threads()
    assert torch.device(select_device("auto")).type in ("cuda", "mps", "cpu")
    assert select_device("cpu") == "cpu" and torch.get_num_threads() == threads


@pytest.mark.parametrize("name", ["abacus", "abacus:1", ""])
def test_an_unavailable_device_is_refused_with_those_available(name):
    with pytest.raises(WeightsError, match=r"not available.*--device.*cpu"):
        select_device(name)
