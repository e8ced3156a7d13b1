"""The reference pages as Markdown: commands, options, recipes and weights, read from the program."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from reimagine import bundled, recipe, stages, zoo
from reimagine.cli import app
from reimagine.cli.train import training_app
from reimagine.evaluation.legend import COLUMNS
from reimagine.zoo import published

Facts = Mapping[str, Any]
"""The entries of a card."""
COPIED_ENTRIES = ("command", "file", "sha256", "file_sha256")
"""Entries of a card that are formatted as code; the checksums come last in its table."""
HIDDEN_ENTRIES = ("title", "notice", "net", "arch", "ignore", "format", "exact")
"""Entries of a card that appear in other places of the page, or that only the program needs."""
ENTRY_TITLES = {"bad_at": "weaknesses", "judge": "perceptual loss", "differs": "differs from the paper in"}
"""Row titles for entries of a card whose names are not plain words."""


def tree(command: Any = None, name: str = "reimagine") -> Iterator[tuple[str, Any]]:
    """All commands as (full name, Click command); a group comes before its commands."""
    command = command or typer.main.get_command(app)
    if name.startswith("reimagine train "):  # the options of a training are read when it is called
        command = typer.main.get_command(training_app(name.split()[-1]))
    yield name, command
    for word in getattr(command, "commands", {}):
        yield from tree(command.commands[word], f"{name} {word}")


def commands() -> str:
    """The page of the command line."""
    lines = ["# Command line", "", "All commands, as `reimagine COMMAND --help` describes them.", ""]
    for name, command in tree():
        if " " in name:
            lines += _command(name, command)
    return "\n".join(lines)


def _command(name: str, command: Any) -> Iterator[str]:
    """A section: heading, help text, usage, and a table of arguments and options."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help" and not p.hidden]
    usage = [
        name,
        *(["COMMAND"] if hasattr(command, "commands") else []),
        *(["[OPTIONS]"] if options else []),
        *map(_argument_title, arguments),
    ]
    yield from (f"{'#' * (1 + name.count(' '))} {name}", "", " ".join(escaped(command.help).split()), "")
    yield from ("```", " ".join(usage), "```", "")
    if arguments or options:
        yield from ("| | type | default | description |", "|---|---|---|---|")
        yield from (_row([_argument_title(p)], p) for p in arguments)
        yield from (_row([*p.opts, *p.secondary_opts], p) for p in options)
        yield ""


def _row(names: Sequence[str], parameter: Any) -> str:
    title = "<br>".join(f"`{name}`" for name in names)
    return f"| {title} | {_type(parameter)} | {_default(parameter)} | {escaped(parameter.help or '')} |"


def _argument_title(argument: Any) -> str:
    title = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return title if argument.required else f"[{title}]"


def _type(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    return parameter.bare_type() + (", may be repeated" if parameter.multiple else "")


def _default(parameter: Any) -> str:
    return "required" if parameter.required else _value(parameter.default)


def _value(default: Any) -> str:
    return "" if default is None or default is False or default == "" else f"`{default}`"


def options(stage: str) -> str:
    """The options of all models of a stage, one table per model."""
    lines = []
    for name in stages.models_of(stage):
        cls = stages.model_class(stage, name)
        lines += [f"**`{name}`**: {escaped((cls.__doc__ or '').strip())}", ""]
        lines += ["| option | default | description |", "|---|---|---|"]
        for option in recipe.options(cls):
            title = option.name.replace("_", "-")
            lines.append(f"| `--{title}` | {_value(option.default)} | {escaped(option.help)} |")
        lines.append("")
    return "\n".join(lines)


def recipes() -> str:
    """The included recipes: name, description and text of each."""
    lines = []
    for name, path in bundled.recipes().items():
        lines += [f"### {name}", "", bundled.description(path), "", "```toml", path.read_text().strip(), "```", ""]
    return "\n".join(lines)


def columns(command: str) -> str:
    """The columns of the table of `reimagine evaluate COMMAND`."""
    rows = (f"| `{name}` | {escaped(meaning)} |" for name, meaning in COLUMNS[command].items())
    return "\n".join(["| column | meaning |", "|---|---|", *rows])


def weights() -> str:
    """The page of weights: a summary table, then each card."""
    included = {path.stem: tomllib.loads(path.read_text()) for path in sorted(zoo.SHIPPED.glob("*.toml"))}
    available = {name: published.card(name) for name in published.names()}
    lines = [
        "# Weights and licences",
        "",
        "Each weights file has a card, and this page is generated from the cards.\n"
        "`reimagine models show colorize-nogan` prints one.",
        "",
        "| weights | for | size | licence | weaknesses |",
        "|---|---|---|---|---|",
    ]
    lines += [_summary_row(name, facts) for name, facts in (included | available).items()]
    for title, cards in (("Included", included), ("Published by other projects, to be added", available)):
        lines += ["", f"## {title}", ""]
        for name, facts in cards.items():
            lines += _card(name, facts)
    return "\n".join(lines)


def _summary_row(name: str, facts: Facts) -> str:
    count = facts.get("bytes", facts.get("file_bytes"))
    size = f"{count / 1e6:.1f}&nbsp;MB" if count else ""
    model = f"{facts['stage']} `{facts['model']}`"
    return f"| [{name}](#{name}) | {model} | {size} | {escaped(facts['licence'])} | {escaped(facts['bad_at'])} |"


def _card(name: str, facts: Facts) -> Iterator[str]:
    """A section: title, table of the entries, and the licence notice if there is one."""
    yield from (f"### {name}", "", facts["title"] + ".", "", "| entry | value |", "|---|---|")
    order = list(facts)
    for key in sorted(facts.keys() - HIDDEN_ENTRIES, key=lambda key: ("sha256" in key, order.index(key))):
        value = f"{facts[key]:,}" if isinstance(facts[key], int) else facts[key]
        text = "<br>".join(value) if isinstance(value, list) else escaped(value)
        title = ENTRY_TITLES.get(key, key.replace("_", " "))
        yield f"| {title} | {f'`{value}`' if key in COPIED_ENTRIES else text} |"
    if "notice" in facts:
        yield from ("", '??? note "Notice"', f"    {facts['notice']}")
    yield ""


def escaped(text: str) -> str:
    """Text with HTML, table cell ends and links escaped."""
    return text.replace("<", "&lt;").replace("|", "\\|").replace("[", "\\[")
