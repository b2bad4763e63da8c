"""The HTTP API: every route of the read models at an address under `/api`, and the gallery.

Which questions there are, their parameters and the types of the answers are declared in `projections`; here
each route becomes a handler, so that a new read model is served without a change in this package.
"""

import inspect
from collections.abc import Iterable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import apsw
import msgspec
from litestar import Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from projections.engine.route import Parameter, Route
from projections.readmodels.captures import Captures
from server.async_read_model import AsyncReadModel
from server.responses import JsonResponse
from server.snapshots.gallery import Gallery, read_index

MAX_TEXT = 64
"""Longest text of a parameter."""


def api(read_model: AsyncReadModel, snapshots: Path, routes: Iterable[Route]) -> Router:
    """The handlers under `/api`: `routes` answered from `read_model`, the gallery from `snapshots`."""

    @get("/gallery", sync_to_thread=True)
    def gallery() -> Gallery:
        """What the snapshot worker has made."""
        return read_index(snapshots)

    handlers = [_handler(route, read_model, snapshots) for route in routes]
    return Router("/api", route_handlers=[*handlers, gallery], response_class=JsonResponse)


def captures(snapshots: Path) -> Captures:
    """The pictures that the snapshot worker has made: files, which the event log does not record."""
    gallery = read_index(snapshots)
    return Captures(
        screenshots=[screenshot.taken_at for screenshot in gallery.screenshots],
        gifs=[gif.last for gif in gallery.gifs],
        history=[picture.episode for picture in gallery.history],
    )


SUPPLIED = {"captures": captures}
"""Parameters of queries that the server fills itself, by name."""


def _handler(route: Route, read_model: AsyncReadModel, snapshots: Path) -> HTTPRouteHandler:
    """The handler of one route, with the route's parameters as its signature for validation and OpenAPI."""

    async def answer(**arguments: Any) -> Any:
        def query(connection: apsw.Connection) -> Any:
            supplied = {name: SUPPLIED[name](snapshots) for name in route.supplied}
            return route.query(connection, **arguments, **supplied)

        found = await read_model.query(query)
        if found is None and route.missing is not None:
            raise NotFoundException(route.missing(**arguments))
        return found

    answer.__name__ = route.name
    answer.__doc__ = route.summary
    parameters = [_parameter(parameter) for parameter in route.parameters]
    answer.__signature__ = inspect.Signature(parameters, return_annotation=route.result)  # type: ignore[attr-defined]
    answer.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {
        "return": route.result
    }
    path = route.path
    for parameter in route.parameters:
        path = path.replace(f"{{{parameter.name}}}", f"{{{parameter.name}:int}}")
    return get(path, operation_id=route.name)(answer)


def _parameter(parameter: Parameter) -> inspect.Parameter:
    """The parameter as Litestar checks and documents it; Litestar drops bounds inside of a union."""
    plain, bounds = _split(parameter.type)
    limits: dict[str, Any] = {"ge": bounds.ge, "le": bounds.le, "max_length": bounds.max_length or MAX_TEXT}
    if plain is not str:
        del limits["max_length"]
    source = PathParameter(**limits) if parameter.in_path else QueryParameter(**limits)
    default = inspect.Parameter.empty if parameter.required else parameter.default
    annotation: Any = Annotated[(plain, source)]
    return inspect.Parameter(
        parameter.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _split(annotation: Any) -> tuple[Any, msgspec.Meta]:
    """The type without its bounds, and the bounds; both forms, `int` and `int | None`, may carry them."""
    if get_origin(annotation) is Annotated:
        plain, *metadata = get_args(annotation)
        return plain, next((meta for meta in metadata if isinstance(meta, msgspec.Meta)), msgspec.Meta())
    if get_origin(annotation) in (Union, UnionType):
        parts = [_split(part) for part in get_args(annotation)]
        bounds = next((meta for _, meta in parts if meta != msgspec.Meta()), msgspec.Meta())
        return Union[tuple(plain for plain, _ in parts)], bounds  # noqa: UP007 - known at run time only
    return annotation, msgspec.Meta()
