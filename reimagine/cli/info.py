"""`reimagine info`: what a film is, and what can be done with it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from reimagine.cli.options import FILM, QUIET, READING, given_reading, option, parameter, register

FACTS_JSON = parameter("json", bool, False, option("Print the facts as JSON", "--json"))
HELP = (
    "Show what a film is: length, rate, geometry, colours, shots, tracks, and remarks on how it is read; and the "
    "commands that fit it. Nothing is written. `reimagine FILM` does the same."
)


def add_info_command(app: typer.Typer) -> None:
    """The command `info`."""
    register(_info, [FILM, *READING, FACTS_JSON, QUIET], HELP)
    app.command("info")(_info)


def _info(**given: Any) -> None:
    from reimagine.cli.terminal import command_progress

    with command_progress(given["quiet"], False) as progress:
        from reimagine.media.video.description import describe

        reading = given_reading(given).of(given["film"])
        reading.check()
        progress.begin("read", 0)
        facts = describe(given["film"], reading, lambda *_: progress.advance(1))
    if given["json"]:
        typer.echo(json.dumps(facts, indent=1))
        return
    for line in lines(facts):
        typer.echo(line)


def lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The facts as text, and the commands that fit."""
    yield facts["file"]
    yield f"  length     {_clock(facts['seconds'])}" + (f", {facts['frames']:,} frames" if "frames" in facts else "")
    if "frames" in facts:
        yield from _picture(facts)
    yield f"  sound      {facts['sound_tracks'] or 'no'} track{'' if facts['sound_tracks'] == 1 else 's'}"
    yield from (f"  remark     {remark}" for remark in facts["remarks"])
    yield ""
    yield from (f"  reimagine {command}" for command in commands(facts))


def _picture(facts: Mapping[str, Any]) -> Iterator[str]:
    rate = "" if facts["constant_rate"] else " on average (variable)"
    scan = ", interlaced" if facts["interlaced"] else ""
    turned = f", shown rotated by {facts['rotation']} degrees" if facts["rotation"] else ""
    aspect = "" if facts["pixel_aspect"] == "1" else f", pixels {facts['pixel_aspect']}"
    yield f"  rate       {facts['frames_per_second']:g} frames per second{rate}{scan}"
    yield f"  size       {facts['width']}x{facts['height']}{aspect}{turned}"
    dynamic = f", {facts['high_dynamic_range']}" if facts["high_dynamic_range"] else ""
    stored = f"{facts['pixel_format']}, {facts['matrix']}, {facts['range']} range{dynamic}"
    yield f"  colours    {facts['colours']} ({stored})"
    yield f"  shots      {len(facts['shots'])}"


def commands(facts: Mapping[str, Any]) -> list[str]:
    """Commands that fit a source, in the order in which they are run."""
    film = shlex.quote(facts["file"])
    found = []
    if "frames" in facts:
        found.append(f"restore {film}" + (" --model classic" if facts["frames"] > 1 else ""))
        found += [f"colorize {film}"] if facts["colours"] != "colour" else []
        found += [f"cartoon {film} --look crane", f"continue {film}"]
    if facts["sound_tracks"] or facts.get("notes"):
        found.append(f"music {film}")
    return [*found, "run --list"]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}"
