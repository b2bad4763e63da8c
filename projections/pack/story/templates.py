"""Templates of texts: Jinja with strict names, and a lint that refuses digits which somebody has typed.

A typed number is wrong for the next run. Every number comes from a fact, so that it has a source.
"""

import re
from typing import Any

from jinja2 import Environment, StrictUndefined

CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
DIGIT = re.compile(r"\d")


def typed_digits(template: str) -> list[str]:
    """The lines of a template in which a digit is typed: in its text, or in a literal inside `{{ }}`."""
    found = []
    text = CODE.sub(
        lambda code: "".join(LITERAL.findall(code.group())) + "\n" * code.group().count("\n"), template
    )
    for number, line in enumerate(text.split("\n"), start=1):
        if DIGIT.search(line):
            found.append(f"line {number}: {line.strip()}")
    return found


def render(template: str, context: dict[str, Any], finalize: Any) -> str:
    """The text of a template; `finalize` writes each value. A name that is not there is an error."""
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=finalize, autoescape=False
    )
    return environment.from_string(template).render(**context)
