"""Citations: each number of a text is a link to its moment, with the number of its source beside it."""

from html import escape
from typing import Any

from projections.pack.story.facts import Fact

MOMENT = "dashboard/index.html#/?episode={}"


class Citations:
    """Numbers the facts of one text in the order in which they are written, each once."""

    def __init__(self, dashboard: str = MOMENT) -> None:
        self._dashboard = dashboard
        self._numbers: dict[tuple[str, str], int] = {}
        self._facts: list[Fact] = []

    def write(self, value: Any) -> Any:
        """A fact as Markdown with its link and source; any other value as it is."""
        if not isinstance(value, Fact):
            return value
        key = (value.query, value.text)
        if key not in self._numbers:
            self._facts.append(value)
            self._numbers[key] = len(self._facts)
        number = self._numbers[key]
        link = self._dashboard.format(value.episode)
        hint = value.what if value.interval is None else f"{value.what}; 95 %: {value.interval}"
        return (
            f'[{value.text}]({link} "{escape(hint)}")'
            f'<sup><a href="#source-{number}" aria-label="source {number}">{number}</a></sup>'
        )

    def sources(self) -> str:
        """The list of sources, as Markdown with anchors."""
        return "\n".join(
            f'{number}. <a id="source-{number}"></a>{self._source(fact)}'
            for number, fact in enumerate(self._facts, start=1)
        )

    def _source(self, fact: Fact) -> str:
        parts = [f"**{fact.text}**: {fact.what}; n = {fact.n:,}"]
        if fact.interval is not None:
            parts.append(f"95 % of bootstrap samples of these episodes: {fact.interval}")
        if fact.positions is not None:
            parts.append(f"log positions {fact.positions[0]:,} to {fact.positions[1]:,}")
        parts.append(f"`{fact.query}`")
        parts.append(f"[see the moment]({self._dashboard.format(fact.episode)})")
        return "; ".join(parts)
