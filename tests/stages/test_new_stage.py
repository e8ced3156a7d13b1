"""A new stage is a folder and a row of the table: every part of the program knows it at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import frames_of
from typer.testing import CliRunner

import reimagine
from reimagine import recipe, stages
from reimagine.stages.contract import Kind

MODULE = '''
from __future__ import annotations
from dataclasses import dataclass
from typing import Annotated
from reimagine.stages.contract import PictureModel

@dataclass(frozen=True)
class Invert(PictureModel):
    """Invert the luma."""

    amount: Annotated[float, "How much of the inversion, 0 to 1"] = 1.0

    def load(self, device):
        import numpy as np

        def process(frames, counts=None):
            for frame in frames:
                grey = frame.grey + self.amount * (255.0 - 2.0 * frame.grey)
                if counts is not None:
                    counts.add("inverted frames")
                yield frame.with_grey(np.round(grey).astype(np.uint8))

        return process
'''


@pytest.fixture
def invert(tmp_path: Path, monkeypatch) -> str:
    """A stage `invert` with one model, added to the table for one test."""
    (tmp_path / "inverting.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    row = stages.Stage(
        Kind.PICTURE, {"plain": "inverting:Invert"}, help="Invert the film.", done="inverted", preview=True
    )
    monkeypatch.setitem(stages.STAGES, "invert", row)
    yield "invert"
    sys.modules.pop("inverting", None)


def run_new_cli(*words: object) -> tuple[int, str]:
    """The command line, built again from the table of stages."""
    from reimagine.cli import build_app

    done = CliRunner().invoke(build_app(), [str(word) for word in words], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_the_command_the_recipe_and_python_know_a_new_stage(invert, film, tmp_path):
    code, out = run_new_cli("invert", film, "--amount", "0.5", "--into", tmp_path / "run", "-q")
    assert code == 0 and out.strip() == str(tmp_path / "run" / "film.mp4")
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["counts"] == {"inverted frames": 48} and "invert" in report["seconds"]
    mine = tmp_path / "mine.toml"
    mine.write_text('[[step]]\nstage = "invert"\namount = 0.5\n')
    assert recipe.read(mine) == [reimagine.Invert(amount=0.5)]
    done = reimagine.run(film, [reimagine.Invert()], tmp_path / "whole")
    pairs = zip(frames_of(done.film), frames_of(film), strict=True)
    assert np.mean([abs(float(np.mean(a[:64])) + float(np.mean(b[:64])) - 251) < 12 for a, b in pairs]) == 1


def test_listing_dry_run_preview_and_page_know_a_new_stage(invert, film, tmp_path):
    assert "Invert the luma." in run_new_cli("models")[1]
    assert "--amount" in run_new_cli("models", "show", "invert")[1]
    mine = tmp_path / "mine.toml"
    mine.write_text('[[step]]\nstage = "invert"\n')
    code, out = run_new_cli("run", mine, film, "--into", tmp_path / "run", "--dry-run", "-q")
    assert code == 0 and out.split()[:2] == ["invert", "plain"]
    done = reimagine.run(film, [reimagine.Invert()], tmp_path / "run")
    code, out = run_new_cli("gallery", done.folder, "-o", tmp_path / "site", "-q")
    assert code == 0 and "inverted" in Path(out.strip()).read_text()
    assert "invert" in run_new_cli("show", done.folder)[1]
    code, out = run_new_cli("preview", "invert", film, "--into", tmp_path / "run", "--frames", 2, "-q")
    assert code == 0 and Path(out.strip()).is_file()


def test_without_its_row_the_stage_is_unknown(film, tmp_path):
    code, _ = run_new_cli("invert", film)
    assert code == 2
    with pytest.raises(AttributeError):
        reimagine.Invert  # noqa: B018
