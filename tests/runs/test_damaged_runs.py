"""Damaged files of run folders are made again or named in one line; nothing outside the folder is touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from helpers import make_film, run_cli

import reimagine
from reimagine.errors import ReimagineError, RunError
from reimagine.gallery.show import summary
from reimagine.runs.folder import Run

TINT = reimagine.model("colorize", "tint")
INK = reimagine.model("cartoon", "ink")
DAMAGES = ["", "{", "[]", "null", "[" * 100000, '{"steps": 3}', "\x00", '{"opened": 1, "key": [], "steps": [{}]}']


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, Path]:
    """A film of 6 frames and its run folder."""
    folder = tmp_path_factory.mktemp("finished")
    film = make_film(folder / "film.mp4", 6)
    reimagine.run(film, [TINT()], folder / "run")
    return film, folder / "run"


@pytest.fixture
def run(finished, tmp_path) -> tuple[Path, Path]:
    """The film and a copy of its run folder."""
    return finished[0], Path(shutil.copytree(finished[1], tmp_path / "run"))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["run.json", "step.json", "film.json", "shots.json", "report.json"])
def test_a_damaged_file_is_made_again_by_the_first_command(run, name, damage):
    film, folder = run
    [path] = folder.rglob(name)
    path.write_text(damage)
    for work in (lambda: summary(Run.open(folder)), lambda: reimagine.run(folder, [INK()])):
        try:
            work()
        except ReimagineError as error:
            assert len(str(error).splitlines()) == 1
    path.write_text(damage)
    reimagine.run(film, [TINT()], folder)
    json.loads(path.read_text())
    assert [step.stage for step in Run.open(folder).steps] == ["colorize"]
    assert run_cli("show", folder)[0] == 0


@pytest.mark.parametrize("name", ["../outside", "/tmp", "..", "", "a/b"])
@pytest.mark.parametrize("entry", ["opened", "step"])
def test_a_folder_outside_is_never_followed(run, name, entry):
    _, folder = run
    facts = json.loads((folder / "run.json").read_text())
    if entry == "opened":
        facts["opened"] = name
    else:
        facts["steps"][0]["folder"] = name
    (folder / "run.json").write_text(json.dumps(facts))
    with pytest.raises(RunError, match=r"not inside it|damaged|film\.json"):
        Run.open(folder)
    for command in (("show", folder), ("prune", folder, "--artifacts"), ("gallery", folder, "-o", folder / "site")):
        assert run_cli(*command)[0] == 1
    assert (folder / "film.mp4").exists()


def test_links_in_a_run_folder_are_not_published(run, tmp_path):
    _, folder = run
    [picture] = folder.glob("01-*/picture.nut")
    picture.rename(tmp_path / "secret.nut")
    picture.symlink_to(tmp_path / "secret.nut")
    with pytest.raises(RunError, match="is a link, which is not followed"):
        Run.open(folder)


def test_a_film_that_was_replaced_is_refused_when_its_run_is_continued(run, tmp_path):
    film, _ = run
    own = tmp_path / "own.mp4"
    own.write_bytes(film.read_bytes())
    reimagine.run(own, [TINT()], tmp_path / "other")
    make_film(own, 9)
    code, _, err = run_cli("stabilize", tmp_path / "other", "-q")
    assert code == 1 and "own.mp4 was changed since" in err and len(err.strip().splitlines()) == 1
