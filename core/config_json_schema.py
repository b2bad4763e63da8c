"""A JSON Schema of configuration files, for editors: completion, explanations, and wrong keys underlined.

The schema follows from the structs in `core.config_schema` and `core.world`; the text under a key is its
explanation. A file may extend another one, so no key is required, and a list of things with names may be a
mapping by name (`core.config_merge`). What types cannot say is checked by `core.config` alone.
"""

import ast
import inspect
from typing import Any

import msgspec

from core import config_schema, world
from core.config_schema import RunConfig

__all__ = ["config_json_schema"]

EXTENDS = {
    "type": "string",
    "description": "The YAML file, or the configuration that comes along, which this file changes.",
}


def config_json_schema() -> dict[str, Any]:
    """The schema, as plain data for JSON."""
    schema = msgspec.json.schema(RunConfig)
    texts = {**_explanations(config_schema), **_explanations(world)}
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        definition.pop("required", None)
        for key, value in definition.get("properties", {}).items():
            definition["properties"][key] = _described(
                _by_name_too(value, definitions), texts.get((name, key))
            )
    definitions["RunConfig"]["properties"]["extends"] = EXTENDS
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Hamlet", **schema}


def _by_name_too(value: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A list of structs with names as a list, or as a mapping by name; null takes a name out."""
    items = value.get("items")
    item = items.get("$ref", "").removeprefix("#/$defs/") if isinstance(items, dict) else ""
    if "name" not in definitions.get(item, {}).get("properties", {}):
        return value
    of_one = {"anyOf": [items, {"type": "null"}]}
    return {"anyOf": [value, {"type": "object", "additionalProperties": of_one}]}


def _described(value: dict[str, Any], text: str | None) -> dict[str, Any]:
    return value if text is None else {**value, "description": text}


def _explanations(module: Any) -> dict[tuple[str, str], str]:
    """(struct, key) → the string under the key in the source of a module."""
    found = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            for key, below in zip(node.body, node.body[1:], strict=False):
                match key, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str() as text)),
                    ):
                        found[node.name, name] = " ".join(text.split())
    return found
