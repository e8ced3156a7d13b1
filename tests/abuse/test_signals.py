"""A signal stops a command with one line and the usual exit code, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import make_film

SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
DEADLINE = 120
"""Seconds until a process that does not do what is expected of it is killed."""


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reimagine", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> None:
    """Wait until a file that the process writes exists."""
    for _ in range(10 * DEADLINE):
        if any(folder.glob(pattern)):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"no {pattern}")


def stop(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Send a signal twice; the one line that the process prints."""
    os.kill(process.pid, number)
    os.kill(process.pid, number)
    _, error = process.communicate(timeout=DEADLINE)
    assert process.returncode == SIGNALS[number]
    assert error.count("\n") == 1 and number.name in error and "run the same command again" in error
    return error


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob(".reimagine-[0-9]*"))


@pytest.fixture(scope="module")
def long_film(tmp_path_factory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", 900, size=(640, 480), cuts=tuple(range(50, 900, 50)))


@pytest.mark.parametrize("number", SIGNALS)
def test_a_film_command_is_stopped_cleanly(tmp_path, long_film, number):
    arguments = "restore", long_film, "--model", "classic", "--into", tmp_path / "run", "-q"
    process = start(*arguments)
    wait_for(tmp_path, "run/*/parts/*.json", process)
    stop(process, number)
    assert not leftovers(tmp_path) and not (tmp_path / "run" / "film.mp4").exists()
    finished = [*tmp_path.glob("run/*/parts/*.json"), *tmp_path.glob("run/01-*/step.json")]
    assert finished  # parts, or the whole step if the signal came late


def test_a_training_is_stopped_cleanly(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for n in range(12):
        image = np.random.default_rng(n).integers(0, 255, (300, 300, 3), np.uint8)
        cv2.imwrite(str(photos / f"{n}.png"), image)
    process = start("train", "colorize", "--photos", photos, "--into", tmp_path / "run", "--minutes", 60)
    wait_for(tmp_path, "run", process)
    stop(process, signal.SIGTERM)
    assert not leftovers(tmp_path)


def test_an_ignored_signal_stays_ignored():
    """`nohup` starts a program with SIGHUP ignored."""
    program = """
import os, signal
from reimagine.cli.stopping import stop_on_signals
signal.signal(signal.SIGHUP, signal.SIG_IGN)
stop_on_signals()
os.kill(os.getpid(), signal.SIGHUP)
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
