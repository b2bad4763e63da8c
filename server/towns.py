"""Towns for the editor: which configurations come along, and what is wrong or odd in one that is being made.

The rules are those of `producer town check` and of the loader of configurations, in `core`. Nothing is kept
and nothing is started.
"""

from http import HTTPStatus
from typing import Annotated, Any

import anyio
import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from core.config_check import check_config
from core.config_files import read_config_file, read_config_text
from core.config_keys import migrate_config
from core.config_write import as_plain_data, config_text
from core.errors import ConfigError
from core.resources import configurations
from core.world_check import Problem
from core.world_odd import Need, find_odd, needs
from server.responses import AnyRequest, JsonResponse, error

__all__ = ["ShippedTown", "TownAnswer", "TownQuestion", "town_routes"]

MOST_PURCHASES = 20_000
"""Combinations of purchases that an answer tries; `producer town check` tries more."""
MOST_PROBLEMS = 50
"""Problems and oddities in an answer, at most: a town may have hundreds."""
MOST_WAITING = 8
"""Questions that wait while another one is answered; more are refused."""


class ShippedTown(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that comes along."""

    name: str
    description: str


class TownQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A town to be checked: the text of a file, or a configuration with every key."""

    text: Annotated[str, msgspec.Meta(max_length=100_000)] | None = None
    config: dict[str, Any] | None = None
    extends: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    """The configuration that the file is to extend; null for a file that stands alone."""


class TownAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the town is."""

    problems: list[Problem]
    """What is wrong; the town cannot be lived in before it is mended."""
    odd: list[str]
    """What is odd, and may be meant."""
    needs: list[Need]
    config: dict[str, Any] | None
    """The configuration with every key; null where types do not fit."""
    extends: str | None
    yaml: str | None
    """The text of its file; null where a text was asked about that cannot be read."""


def town_routes() -> list[HTTPRouteHandler]:
    """`/api/towns` and `/api/town/check`."""
    # what is checked keeps a core busy for up to a second: viewers of the run have the others
    one_at_a_time = anyio.CapacityLimiter(1)

    @get("/api/towns", sync_to_thread=True, response_class=JsonResponse)
    def towns() -> list[ShippedTown]:
        """The configurations that come along."""
        return [
            ShippedTown(name=name, description=_description(read_config_file(path, _ignore)))
            for name, path in configurations().items()
        ]

    @post("/api/town/check", status_code=HTTPStatus.OK, response_class=JsonResponse)
    async def check_town(request: AnyRequest) -> TownAnswer | Response[bytes]:
        """What is wrong and what is odd in a town, by the rules of `producer town check`; and its file."""
        try:
            question = msgspec.json.decode(await request.body(), type=TownQuestion)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as reason:
            return error(HTTPStatus.BAD_REQUEST, f"the question cannot be read: {reason}")
        if one_at_a_time.statistics().tasks_waiting >= MOST_WAITING:
            busy = "too many towns are being checked; ask again in a second"
            return error(HTTPStatus.SERVICE_UNAVAILABLE, busy, {"retry-after": "1"})
        try:
            return await to_thread.run_sync(answer_question, question, limiter=one_at_a_time)
        except RecursionError:
            deep = "the question cannot be read: lists or mappings are nested too deeply"
            return error(HTTPStatus.BAD_REQUEST, deep)

    return [towns, check_town]


def answer_question(question: TownQuestion) -> TownAnswer:
    """Check a town."""
    try:
        if question.text is not None:
            data, extends = read_config_text(question.text)
        else:
            data, extends = migrate_config(question.config or {}), question.extends
        config, problems = check_config(data)
        plain = data if config is None else as_plain_data(config)
        readable = config is not None or question.text is None
        text = config_text(plain, extends) if readable else None
    except ConfigError as reason:
        problems, config, plain, text, extends = [Problem("", str(reason))], None, {}, None, None
    fine = config if not problems else None
    return TownAnswer(
        problems=problems[:MOST_PROBLEMS],
        odd=find_odd(fine, MOST_PURCHASES)[:MOST_PROBLEMS] if fine is not None else [],
        needs=needs(config) if config is not None else [],
        config=plain if config is not None else None,
        extends=extends,
        yaml=text,
    )


def _description(data: dict[str, Any]) -> str:
    return str(data.get("experiment", {}).get("description", ""))


def _ignore(_sentence: str) -> None:
    """What a configuration changes in its own base is nobody's question here."""
