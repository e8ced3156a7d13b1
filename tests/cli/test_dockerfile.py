"""The Dockerfile: a small image whose program does not run as root."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def instructions() -> list[list[str]]:
    """The instructions of each stage of the Dockerfile, comments and continued lines resolved."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    starts = [n for n, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_the_image_is_slim_and_not_run_by_root():
    *_, last = instructions()
    assert all(re.fullmatch(r"FROM python:3\.\d+-slim( AS \w+)?", stage[0]) for stage in instructions())
    [user] = (line for line in last if line.startswith("USER "))
    assert user != "USER root" and last.index(user) < last.index('ENTRYPOINT ["reimagine"]')
    assert any("rm -rf /var/lib/apt/lists" in line for line in last if "apt-get" in line)


def test_what_is_copied_exists_and_versions_are_those_of_the_constraints():
    build, _ = instructions()
    copied = [word for line in build if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    installed = [part for line in build for part in line.split("&&") if "pip install" in part]
    assert installed and all("-c constraints.txt" in part or "basic-pitch==" in part for part in installed)
    assert "basic-pitch==0.4.0" in (ROOT / "Makefile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "runs"} <= set(ignored) and not {"assets", "pipelines", "reimagine"} & set(ignored)
