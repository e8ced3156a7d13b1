"""The house stands as drawn: imports point down, and help loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("words", [["--help"], ["colorize", "--help"], ["run", "--help"], ["models"]])
def test_help_loads_nothing_heavy(words):
    code = (
        "import sys; from reimagine.cli import app\n"
        f"try: app({words!r})\nexcept SystemExit as end: assert not end.code\n"
    )
    assert not loaded_by(code) & {"torch", "numpy", "av", "cv2", "tensorflow", "librosa"}


def test_models_can_be_named_without_torch():
    code = "from reimagine.stages import MODELS, model_class\n[model_class(s, m) for s in MODELS for m in MODELS[s]]"
    assert "torch" not in loaded_by(code)


def test_the_front_door_shows_what_it_says():
    import reimagine

    assert sorted(reimagine.__all__) == reimagine.__all__
    assert callable(reimagine.run)
    assert all(hasattr(reimagine, name) for name in reimagine.__all__)
