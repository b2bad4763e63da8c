"""A recorded server: what the server answers at an address under `/api`, byte for byte."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import apsw
import msgspec

from core.errors import HamletError
from projections.engine.route import Route
from projections.readmodels.captures import Captures
from projections.state import routes

_encoder = msgspec.json.Encoder()


class Recorder:
    """Answers addresses such as "state?episode=5" from one consistent view of the read models."""

    def __init__(self, connection: apsw.Connection, captures: Captures) -> None:
        self._connection = connection
        self._supplied: Mapping[str, Any] = {"captures": captures}
        self._routes = {route.path.lstrip("/").partition("/{")[0]: route for route in routes()}

    def answer(self, address: str) -> bytes:
        """The answer to `address`; a refusal is `{"error": …}`, as the server writes it.

        Raises:
            KeyError: no route has this path, which is a mistake of the caller.
        """
        path, _, query = address.partition("?")
        name, _, in_path = path.partition("/")
        route = self._routes[name]
        texts = dict(parse_qsl(query))
        texts.update({parameter.name: in_path for parameter in route.parameters if parameter.in_path})
        return _encoder.encode(self._answer(route, texts))

    def _answer(self, route: Route, texts: Mapping[str, str]) -> Any:
        supplied = {name: self._supplied[name] for name in route.supplied}
        try:
            arguments = route.arguments(texts)
            found = route.query(self._connection, **arguments, **supplied)
        except HamletError as error:
            return {"error": str(error)}
        if found is None and route.missing is not None:
            return {"error": route.missing(**arguments)}
        return found
