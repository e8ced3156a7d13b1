"""Commands that run a stage, or a chain of stages, on a film. They are made from the table of stages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import typer

from reimagine import recipe, stages
from reimagine.cli.films import deliver_films
from reimagine.cli.options import COMMON, FILMS, flag, old_names, option, parameter, register, with_present_names
from reimagine.errors import RecipeError
from reimagine.stages.contract import Kind

ENDINGS = parameter("endings", int, 1, option("Number of films, each with another ending"))
EXPORT_REFERENCES = parameter(
    "export_references",
    Optional[Path],
    None,
    option("Write one still per shot (ref_nnnnnn.png) to this folder; edit them for --references"),
)
EXPORT_HINTS = parameter(
    "export_hints",
    Optional[Path],
    None,
    option("Write one grey still per shot (ref_nnnnnn.png) to this folder; paint strokes on them for --hint"),
)
EXPORT_VOICES = parameter(
    "export_voices",
    Optional[Path],
    None,
    option("Write each voice of the new music (melody.wav, middle.wav, bass.wav) to this folder"),
)
EXPORT_STEMS = parameter(
    "export_stems",
    Optional[Path],
    None,
    option("Write the parts of the film's own sound (harmonic.wav, percussive.wav, hiss.wav) to this folder"),
)
SCORE = parameter(
    "films", Optional[list[Path]], None, typer.Argument(help="Notes to continue, .mid (or a film) [default: none]")
)


def add_stage_commands(app: typer.Typer) -> None:
    """A command for each stage, and for each chain of stages."""
    for name, row in stages.STAGES.items():
        app.command(name)(_command([name], row.help, None))
    for name, chain in stages.CHAINS.items():
        app.command(name)(_command(list(chain.stages), chain.help, chain))


def option_parameters(names: Sequence[str]) -> list[inspect.Parameter]:
    """One parameter per option of any model of these stages; the help lists the models that have it.

    Raises:
        TypeError: two models give one option different types.
    """
    owners: dict[str, list[str]] = {}
    known: dict[str, recipe.Option] = {}
    for stage in names:
        for name in stages.models_of(stage):
            for field in recipe.options(stages.model_class(stage, name)):
                if known.setdefault(field.name, field).type is not field.type:
                    raise TypeError(f"{flag(field.name)} has two types among the models of {stage}")
                title = name if field.default in (None, "", ()) else f"{name}={field.default}"
                owners.setdefault(field.name, []).append(title)
    return [
        parameter(
            name,
            Optional[list[field.item] if field.item else field.type],
            None,
            option(f"{field.help} ({', '.join(owners[name])})"),
        )
        for name, field in known.items()
    ]


def renamed_options(names: Sequence[str]) -> dict[str, str]:
    """Old option names of any model of these stages, with the present ones."""
    classes = [stages.model_class(stage, name) for stage in names for name in stages.models_of(stage)]
    return {old: new for cls in classes for old, new in cls.renamed_options.items()}


def resolve_model(stage: str, given: Mapping[str, Any]) -> str:
    """The model that the given options imply: the first that has all those which any model of the stage has."""
    own = {name: _option_names(stage, name) for name in stages.models_of(stage)}
    relevant = set(given) & set().union(*own.values())
    return next((name for name, names in own.items() if relevant <= names), stages.default_model(stage))


def _only_of(stage: str, name: str, other: str) -> set[str]:
    """The options of a model that another one does not have."""
    return _option_names(stage, name) - _option_names(stage, other)


def _option_names(stage: str, name: str) -> set[str]:
    return {option.name for option in recipe.options(stages.model_class(stage, name))}


def _build_models(
    chain: Sequence[str], names: Sequence[str | None], given: Mapping[str, Any], message: Callable[[str], Any]
) -> list[Any]:
    """The models of a chain, each with those of the given options that are its own.

    A model that is not the default, because it has the given options, is named in a message.
    """
    models = []
    for stage, name in zip(chain, names, strict=True):
        chosen, default = name or resolve_model(stage, given), stages.default_model(stage)
        if chosen not in (name, default):
            flags = " ".join(flag(option) for option in given if option in _only_of(stage, chosen, default))
            message(f"{stage}: the model is {chosen}, because {default} has no {flags}")
        own = _option_names(stage, chosen)
        models.append(recipe.build(stage, chosen, {k: v for k, v in given.items() if k in own}))
    unused = set(given) - {option.name for model in models for option in recipe.options(type(model))}
    if unused:
        owners = " or ".join(" ".join(stages.identify(model)) for model in models)
        raise RecipeError(f"{flag(unused.pop())} is not an option of {owners}")
    return models


def _command(names: list[str], help: str, chain: stages.Chain | None) -> Any:
    """The function behind a command, with the parameters that Typer shows."""
    models = [_model_parameter(stage, chain) for stage in names]
    own, renamed = option_parameters(names), renamed_options(names)

    def command(**given: Any) -> None:
        from reimagine.cli.terminal import command_progress

        with command_progress(given["quiet"], given["json"]) as progress:
            given = with_present_names(given, renamed, progress.message)
            chosen, requested = names, [given[p.name] for p in models]
            if chain and given[chain.flag]:
                chosen = list(chain.flag_stages)
                requested = [given.get(stage) for stage in chosen]
                requested = [r if s in names else None for s, r in zip(chosen, requested, strict=True)]
            options = {p.name: given[p.name] for p in own if given[p.name] not in (None, [])}
            steps = _build_models(chosen, requested, options, progress.message)
            deliver_films(given["films"] or [_empty_score(given["into"])], steps, given, progress)

    extra = _extra_parameters(names, own, chain)
    film = SCORE if stages.STAGES[names[0]].kind is Kind.COMPOSITION else FILMS
    hidden = old_names(renamed, {p.name: p for p in own})
    register(command, [film, *models, *own, *extra, *COMMON, *hidden], help)
    return command


def _model_parameter(stage: str, chain: stages.Chain | None) -> inspect.Parameter:
    known = ", ".join(stages.models_of(stage))
    help = option(f"Model for {stage}: {known} [default: {stages.default_model(stage)}]")
    return parameter(stage if chain else "model", Optional[str], None, help)


def _extra_parameters(
    names: Sequence[str], own: Sequence[inspect.Parameter], chain: stages.Chain | None
) -> list[inspect.Parameter]:
    """Parameters that are no options of a model."""
    extra = []
    if any(stages.STAGES[name].kind is Kind.CONTINUATION for name in names):
        extra.append(ENDINGS)
    if any(p.name == "references" for p in own):
        extra.append(EXPORT_REFERENCES)
    if any(p.name == "hint" for p in own):
        extra.append(EXPORT_HINTS)
    if any(stages.STAGES[name].kind is Kind.TRANSCRIPTION for name in names):
        extra.append(EXPORT_STEMS)
    if any(stages.STAGES[name].kind is Kind.SYNTHESIS for name in names):
        extra.append(EXPORT_VOICES)
    if chain:
        extra.append(parameter(chain.flag, bool, False, option(chain.flag_help, flag(chain.flag))))
    return extra


def _empty_score(into: Path | None) -> Path:
    """A MIDI file without notes, for a composition that starts from nothing."""
    from reimagine.media import Notes
    from reimagine.media.midi.notes import write_notes

    path = (into or Path("runs") / "compose") / "empty.mid"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_notes(path, Notes(()))
    return path
