"""The built distributions: what they hold, and the program installed in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from helpers import make_film

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


def build(kind: str, into: Path) -> Path:
    """Build the wheel or the sdist with setuptools, as pip does."""
    code = f"from setuptools import build_meta; build_meta.build_{kind}({str(into)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    return next(into.glob("reimagine-*"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that the wheel is installed in, away from the source tree."""
    folder = tmp_path_factory.mktemp("target")
    subprocess.run([*PIP, "install", "--no-deps", "--no-index", "--target", folder, wheel], check=True)
    return folder


def run_installed(installed: Path, folder: Path, *words: object) -> str:
    """Standard output of the installed program, started in another folder."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "reimagine", *map(str, words)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_types_recipes_the_demo_film_and_facts_for_an_index(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [facts] = (message_from_string(archive.read(n).decode()) for n in names if n.endswith("METADATA"))
    assert {"reimagine/py.typed", "reimagine/bundle/assets/demo.mp4"} <= set(names)
    assert {f"reimagine/bundle/pipelines/{p.name}" for p in (ROOT / "pipelines").glob("*.toml")} <= set(names)
    assert "Typing :: Typed" in facts.get_all("Classifier") and facts["Keywords"] and facts["License-Expression"]
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "share/"))]


def test_the_installed_program_finds_recipes_looks_and_weights(installed, tmp_path):
    assert "everything" in run_installed(installed, tmp_path, "run", "--list")
    assert "crane" in run_installed(installed, tmp_path, "models", "show", "cartoon")
    assert "--output" in run_installed(installed, tmp_path, "demo", "--help")
    where = run_installed(installed, tmp_path, "run", "everything", "--copy", "mine.toml")
    assert where.strip() == "mine.toml" and "[[step]]" in (tmp_path / "mine.toml").read_text()


def test_the_installed_program_processes_a_film(installed, tmp_path):
    film = make_film(tmp_path / "film.mp4", 24)
    out = run_installed(installed, tmp_path, "colorize", film, "-q", "--device", "cpu")
    assert (tmp_path / out.strip()).stat().st_size


def test_the_sdist_has_what_tests_and_documentation_need(tmp_path):
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = "CHANGELOG.md", "SECURITY.md", "constraints.txt", "mkdocs.yml", "docs/index.md", "tests/helpers.py"
    assert {*needed, "assets/demo.mp4", "pipelines/everything.toml", "benchmarks/README.md", "setup.py"} <= names
