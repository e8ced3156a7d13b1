"""Commands, options, recipes and cards, each as Markdown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import typer

from reimagine import bundled, recipe, stages, zoo
from reimagine.cli import app
from reimagine.cli.train import trainer
from reimagine.zoo import published


def tree(command: Any = None, name: str = "reimagine") -> Iterator[tuple[str, Any]]:
    """Every command with its full name, groups before what is in them."""
    command = command or typer.main.get_command(app)
    if name.startswith("reimagine train "):  # a training's options are read only when it is asked for
        command = typer.main.get_command(trainer(name.split()[-1]))
    yield name, command
    for word in getattr(command, "commands", {}):
        yield from tree(command.commands[word], f"{name} {word}")


def commands() -> str:
    """The page of the command line."""
    lines = ["# Command line", "", "Every command, as `reimagine COMMAND --help` describes it.", ""]
    for name, command in tree():
        if " " in name:
            lines += _command(name, command)
    return "\n".join(lines)


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    flags = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = [
        name,
        *(["COMMAND"] if hasattr(command, "commands") else []),
        *(["[OPTIONS]"] if flags else []),
        *map(_title, arguments),
    ]
    yield from (f"{'#' * (1 + name.count(' '))} {name}", "", " ".join(escaped(command.help).split()), "")
    yield from ("```", " ".join(usage), "```", "")
    if command.params:
        yield from ("| | takes | default | what it does |", "|---|---|---|---|")
        for p in (*arguments, *flags):
            names = [_title(p)] if p in arguments else [*p.opts, *p.secondary_opts]
            words = "<br>".join(f"`{name}`" for name in names)
            yield f"| {words} | {_kind(p)} | {_default(p)} | {escaped(p.help or '')} |"
        yield ""


def _title(argument: Any) -> str:
    title = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return title if argument.required else f"[{title}]"


def _kind(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    return parameter.bare_type() + ", more than once" * parameter.multiple


def _default(parameter: Any) -> str:
    return "must be given" if parameter.required else _shown(parameter.default)


def _shown(default: Any) -> str:
    return "" if default is None or default is False or default == "" else f"`{default}`"


def options(stage: str) -> str:
    """The options of every model of a stage."""
    lines = []
    for name in stages.models_of(stage):
        cls = stages.model_class(stage, name)
        lines += [
            f"**`{name}`**: {escaped((cls.__doc__ or '').strip())}",
            "",
            "| option | default | what it does |",
            "|---|---|---|",
        ]
        for option in recipe.options(cls):
            name, default = option.name.replace("_", "-"), _shown(option.default)
            lines.append(f"| `--{name}` | {default} | {escaped(option.help)} |")
        lines.append("")
    return "\n".join(lines)


def recipes() -> str:
    """Each recipe that comes along: its name, what it says of itself, its text."""
    lines = []
    for name, path in bundled.recipes().items():
        lines += [f"### {name}", "", bundled.sentence(path), "", "```toml", path.read_text().strip(), "```", ""]
    return "\n".join(lines)


def weights() -> str:
    """The page of weights: a table, then every card whole."""
    shipped = {path.stem: tomllib.loads(path.read_text()) for path in sorted(zoo.SHIPPED.glob("*.toml"))}
    others = {name: published.card(name) for name in published.names()}
    lines = [
        "# Weights and licences",
        "",
        "A card lies beside every set of weights, and this page is made of them.\n"
        "`reimagine models show colorize-nogan` prints one.",
        "",
        "| weights | for | size | licence | bad at |",
        "|---|---|---|---|---|",
    ]
    for name, facts in (shipped | others).items():
        count = facts.get("bytes", facts.get("file_bytes"))
        size = f"{count / 1e6:.1f}&nbsp;MB" if count else ""
        lines.append(
            f"| [{name}](#{name}) | {facts['stage']} `{facts['model']}` | {size} | "
            f"{escaped(facts['licence'])} | {escaped(facts['bad_at'])} |"
        )
    for title, cards in (("Shipped", shipped), ("Published by others, to add", others)):
        lines += ["", f"## {title}", ""]
        for name, facts in cards.items():
            lines += _card(name, facts)
    return "\n".join(lines)


QUOTED = "command", "file", "sha256", "file_sha256"
"""Facts of a card that are copied rather than read; the sums stand last."""
OWN = "title", "notice", "net", "arch", "ignore", "format", "exact"
"""Those that are shown elsewhere, or that only the program reads."""


def _card(name: str, facts: dict[str, Any]) -> Iterator[str]:
    yield from (f"### {name}", "", facts["title"] + ".", "", "| fact | what the card says |", "|---|---|")
    for key in sorted(facts.keys() - OWN, key=lambda key: ("sha256" in key, list(facts).index(key))):
        fact = f"{facts[key]:,}" if isinstance(facts[key], int) else facts[key]
        words = "<br>".join(fact) if isinstance(fact, list) else escaped(fact)
        yield f"| {key.replace('_', ' ')} | {f'`{fact}`' if key in QUOTED else words} |"
    if "notice" in facts:
        yield from ("", '??? note "Notice"', f"    {facts['notice']}")
    yield ""


def escaped(text: str) -> str:
    """Words of the program's own; nothing in them is HTML, a cell's end or a link."""
    return text.replace("<", "&lt;").replace("|", "\\|").replace("[", "\\[")
