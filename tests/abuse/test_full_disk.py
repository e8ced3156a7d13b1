"""A disk that takes no more data is one error that names the file, for every library that writes files."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from pathlib import Path
import numpy as np
import torch
from reimagine import zoo
from reimagine.errors import ReimagineError
from reimagine.files import write_text_atomically
from reimagine.media import Sound
from reimagine.media.audio.sound import write_sound
from reimagine.training.state import save_checkpoint
noise = Sound(np.random.default_rng(0).normal(size=(2, 100000)).astype("float32") * 0.1, 48000)
writers = {
    ".txt": lambda path: write_text_atomically(path, "text" * 100000),
    ".wav": lambda path: write_sound(path, noise),
    ".flac": lambda path: write_sound(path, noise),
    ".m4a": lambda path: write_sound(path, noise),
    ".pt": lambda path: save_checkpoint(path, {"weights": torch.zeros(100000)}),
    ".safetensors": lambda path: zoo.save(path, torch.nn.Linear(300, 300), {}),
}
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    writers[path.suffix](path)
except (OSError, ReimagineError) as error:
    print(error)
"""
"""A limit on the size of files fails like a full disk: in the system call that writes."""


@pytest.mark.parametrize("suffix", [".txt", ".wav", ".flac", ".m4a", ".pt", ".safetensors"])
def test_a_file_that_the_disk_cannot_take_is_one_line_with_its_name(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1 and "File too large" in done.stdout and str(path) in done.stdout
    assert not list(tmp_path.iterdir())
