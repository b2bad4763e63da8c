"""Routes: the questions that readers may ask over HTTP, described by the query functions themselves.

A read model declares `routes = (route("attempts", read_attempts),)`. Name, type, bounds and default of every
parameter and the type of the result come from the signature of the query function, so that each is written
down once. The server makes one handler of each route; this module knows no web framework.
"""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from core.errors import HamletError

LARGEST = 2**53 - 1
"""The largest whole number that JavaScript represents exactly; no run is that long."""

EpisodeNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
AttemptNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]


class QueryError(HamletError):
    """A question that has no answer; the message says what to ask instead."""

    exit_code = 64


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a route.

    `type` is the annotation of the query function with its bounds (`msgspec.Meta`). `default` is
    `msgspec.NODEFAULT` where a value is required. `in_path`: the value is a part of the path, not of the
    query string.
    """

    name: str
    type: Any
    default: Any = msgspec.NODEFAULT
    in_path: bool = False

    @property
    def required(self) -> bool:
        """Whether a request without this parameter is refused."""
        return self.default is msgspec.NODEFAULT


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One address: GET /api/`path` gives what `query(connection, **arguments)` returns.

    `result` is the type of the answer. Where the query returns None, `missing(**arguments)` is the sentence
    of the 404; without `missing`, None is a valid answer. `supplied` names parameters of the query that the
    server fills itself, because the log does not know the value.
    """

    name: str
    path: str
    query: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    result: Any
    summary: str
    missing: Callable[..., str] | None = None
    supplied: tuple[str, ...] = ()

    def arguments(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Convert the text of every parameter to its type and check the bounds.

        Raises:
            QueryError: a parameter is missing or out of bounds; the message names the parameter.
        """
        arguments: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.name in texts:
                text = texts[parameter.name]
                try:
                    arguments[parameter.name] = msgspec.convert(text, parameter.type, strict=False)
                except msgspec.ValidationError as error:
                    raise QueryError(f"{parameter.name}={text}: {error}") from error
            elif parameter.required:
                raise QueryError(f"{self.path}: the parameter {parameter.name} is required")
        return arguments


def route(
    path: str,
    query: Callable[..., Any],
    missing: Callable[..., str] | None = None,
    supplied: tuple[str, ...] = (),
) -> Route:
    """Describe the address `path` ("series", "replay/{episode}") by the signature of `query`.

    The first parameter of `query` is the connection.
    """
    hints = get_type_hints(query, include_extras=True)
    parameters = tuple(
        Parameter(
            name=name,
            type=hints[name],
            default=msgspec.NODEFAULT if found.default is inspect.Parameter.empty else found.default,
            in_path=f"{{{name}}}" in path,
        )
        for name, found in list(inspect.signature(query).parameters.items())[1:]
        if name not in supplied
    )
    result = hints["return"]
    return Route(
        name=path.split("/", 1)[0],
        path=f"/{path}",
        query=query,
        parameters=parameters,
        result=_without_none(result) if missing is not None else result,
        summary=(inspect.getdoc(query) or "").partition("\n\n")[0],
        missing=missing,
        supplied=supplied,
    )


def _without_none(annotation: Any) -> Any:
    """The annotation `X` of `X | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        kept = [part for part in get_args(annotation) if part is not type(None)]
        return Union[tuple(kept)]  # noqa: UP007 - the number of parts is known at run time only
    return annotation
