"""Options of a command line that are the fields of dataclasses."""

import functools
import inspect
import re
import typing
from collections.abc import Callable, Collection
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Annotated, Any

import typer

from words_and_images.common.errors import UserError

Command = Callable[..., Any]

# `name, name : kind, range` in a NumPy-style docstring, its text in the lines below; or, where
# the text is short, `name : text`.
_ENTRY = re.compile(r"(?P<names>\w+(?:, \w+)*)(?: : (?P<rest>.*))?$")
_KIND = re.compile(r"(?:int|float|bool|str|tuple|list|Path|sequence)\b[\w\[\], .]*?(?:, |$)"
                   r"(?:optional(?:, |$))?")
_LITERAL = re.compile(r"`|\w+_")  # a value, whose first letter stays as it is


@dataclass(frozen=True)
class Options:
    """How a dataclass becomes options: beside it in the annotation of a command's argument.

    Parameters
    ----------
    panel : heading of these options in --help.
    without : fields that are no options and keep their default.
    prefix : begins the names of the options, where the fields' own names say too little.
    choices : pairs of a field and the values that it may have, for a shell to complete; it is the
        dataclass that refuses others.
    """

    panel: str | None = None
    without: tuple[str, ...] = ()
    prefix: str = ""
    choices: tuple[tuple[str, Collection[str]], ...] = ()


def spread_parameters(command: Command) -> Command:
    """Give a typer command an option for each field of the dataclasses among its arguments.

    ::

        @application.command("retrain")
        @spread_parameters
        def retrain(images: str, head: Annotated[RetrainParameters, Options("Head")]) -> None:

    is called with ``--learning-rate 0.1`` and gets ``RetrainParameters(learning_rate=0.1)``. The
    dataclass's docstring gives the help. A field that several dataclasses have is one option for
    all of them; one that is called as another argument of the command takes that one's value.
    """
    hints = typing.get_type_hints(command, include_extras=True)
    arguments = inspect.signature(command).parameters
    groups = {name: _group(hints[name]) for name in arguments if _is_group(hints[name])}
    kept = [argument.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            for name, argument in arguments.items() if name not in groups]
    plain = typing.get_type_hints(command)
    own = {argument.name: plain[argument.name] for argument in kept}
    options = _options(groups.values(), own)

    @functools.wraps(command)
    def spread(**values: Any) -> Any:
        built = {}
        for name, (group, settings) in groups.items():
            options_of = _names(group, settings, own)
            built[name] = _build(group, settings, options_of, {
                field: values[option] for field, option in options_of.items()})
        return command(**{name: values[name] for name in own}, **built)

    signature = inspect.Signature([*kept, *options.values()])
    spread.__signature__ = signature  # type: ignore[attr-defined]
    spread.__annotations__ = {name: each.annotation for name, each in signature.parameters.items()}
    return spread


def given_options(context: typer.Context) -> frozenset[str]:
    """The arguments of a command that its user gave; the others have their defaults."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return frozenset(name for name, source in sources.items()
                     if source is not None and source.name != "DEFAULT")


def described_fields(group: type) -> dict[str, str]:
    """What the docstrings of a dataclass and its bases say of each field: the first sentence."""
    entries: dict[str, list[str]] = {}
    for each in reversed(group.__mro__):
        if is_dataclass(each):
            entries.update(_entries(inspect.cleandoc(each.__doc__ or "")))
    return {name: _one_line(head, " ".join(body).strip())
            for name, (head, *body) in entries.items() if name in _by_name(group)}


def _entries(docstring: str) -> dict[str, list[str]]:
    """What stands behind each name and in the lines below it."""
    entries: dict[str, list[str]] = {}
    names: list[str] = []
    for line in docstring.splitlines():
        if line.startswith(" ") or not line:
            for name in names:
                entries[name].append(line.strip())
        elif entry := _ENTRY.match(line):
            names = entry["names"].split(", ")
            entries.update({name: [entry["rest"] or ""] for name in names})
        else:
            names = []
    return entries


def _one_line(head: str, body: str) -> str:
    """The first sentence of an entry, and the range that stands behind the kind of value."""
    kind = _KIND.match(head)
    if kind and (body or kind.end() == len(head)):
        limits, text = head[kind.end():], body
    else:
        limits, text = "", f"{head} {body}".strip()
    sentence = re.split(r"(?<=\.)\s+(?=[A-Z])", text)[0].rstrip(".").replace("`", "")
    if not _LITERAL.match(text):
        sentence = sentence[:1].upper() + sentence[1:]
    return f"{sentence} ({limits})." if limits else f"{sentence}." if sentence else ""


def _is_group(hint: Any) -> bool:
    return is_dataclass(typing.get_args(hint)[0] if _is_annotated(hint) else hint)


def _group(hint: Any) -> tuple[type, Options]:
    if not _is_annotated(hint):
        return hint, Options()
    group, *extras = typing.get_args(hint)
    return group, next((extra for extra in extras if isinstance(extra, Options)), Options())


def _is_annotated(hint: Any) -> bool:
    return typing.get_origin(hint) is Annotated


def _by_name(group: type) -> dict[str, Field]:
    return {field.name: field for field in fields(group)}


def _options(
    groups: typing.Iterable[tuple[type, Options]], own: dict[str, Any]
) -> dict[str, inspect.Parameter]:
    """Options by the name of their field, in the order of the groups.

    `own` are the command's other arguments with their types.
    """
    options: dict[str, inspect.Parameter] = {}
    for group, settings in groups:
        hints, by_name = typing.get_type_hints(group), _by_name(group)
        helps = described_fields(group)
        for field, name in _names(group, settings, own).items():
            if name in own:
                _refuse_stranger(name, group, hints[field], own[name])
                continue
            annotation, default = _option(by_name[field], hints[field])
            info = typer.Option(help=helps.get(field), rich_help_panel=settings.panel,
                                autocompletion=_completion(dict(settings.choices).get(field)))
            option = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default,
                                       annotation=Annotated[annotation, info])
            if options.setdefault(name, option).default != default:
                raise TypeError(f"{field} of {group.__name__} has another default than in another "
                                "group of the command; give one of them a prefix.")
    return options


def _completion(choices: Collection[str] | None) -> Callable[[], list[str]] | None:
    return (lambda: list(choices)) if choices else None


def _names(group: type, settings: Options, own: Collection[str]) -> dict[str, str]:
    """Which option, or other argument of the command, gives each field its value."""
    return {field: field if field in own else settings.prefix + field
            for field in _by_name(group) if field not in settings.without}


def _refuse_stranger(name: str, group: type, wanted: Any, given: Any) -> None:
    if wanted != given:
        raise TypeError(f"the command's argument {name} is {given} and that of {group.__name__} "
                        f"is {wanted}; rename it, or leave the field out.")


def _option(field: Field, hint: Any) -> tuple[Any, Any]:
    """Type and default of a field's option."""
    default = _default(field)
    if typing.get_origin(hint) is tuple:  # typer knows tuples of a fixed length only
        return list[typing.get_args(hint)[0]], list(default)  # type: ignore[misc]
    return hint, default


def _default(field: Field) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise TypeError(f"{field.name} has no default; make it an argument of the command.")


def _build(
    group: type, settings: Options, options: dict[str, str], values: dict[str, Any]
) -> Any:
    """The dataclass of its fields' values; what it refuses is a UserError of its own."""
    try:
        return group(**{field: tuple(value) if isinstance(value, list) else value
                        for field, value in values.items()})
    except UserError as error:
        if not settings.prefix:
            raise
        field, _, rest = str(error).partition(" ")  # what most errors begin with
        told = (f"{options[field]} {rest}" if field in options
                else f"{settings.prefix.strip('_')}: {error}")
        raise UserError(told) from None
