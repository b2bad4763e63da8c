"""Facts: numbers of a run, each with its meaning, query, n, interval, log positions and moment."""

from typing import Any

import apsw
import msgspec
import numpy as np

CONFIDENCE = (2.5, 97.5)
RESAMPLES = 2_000
SEED = 0


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A number as the story writes it, and where it comes from.

    `query` is SQL over `demo_state.db` or an address of the API; `n` is the number of rows that the number is
    of; `interval` is the 95 % bootstrap interval `low` to `high` of a mean, over episodes of this run alone;
    `positions` are the first and the last position in the log; `episode` is the moment that shows it.
    """

    text: str
    what: str
    query: str
    episode: int
    n: int = 1
    interval: str | None = None
    positions: tuple[int, int] | None = None
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0


class Facts:
    """Asks the read models of one run, of `newest` episodes."""

    def __init__(self, connection: apsw.Connection, newest: int) -> None:
        self._connection = connection
        self.newest = newest

    def mean_survival(self, first: int, last: int) -> Fact:
        """The mean survival of the episodes `first` to `last`, in steps."""
        query = f"SELECT avg(survival_time) FROM episodes WHERE episode_id BETWEEN {first} AND {last}"
        rows = self._rows(query.replace("avg(survival_time)", "survival_time"))
        values = np.array([row[0] for row in rows], np.float64)
        drawn = np.random.default_rng(SEED).choice(values, (RESAMPLES, values.size)).mean(axis=1)
        low, high = np.percentile(drawn, CONFIDENCE)
        return Fact(
            text=f"{values.mean():.0f} steps",
            what=f"mean survival of the episodes {first:,} to {last:,}",
            query=query,
            episode=last,
            n=values.size,
            interval=f"{low:.0f} to {high:.0f} steps",
            positions=self._positions(first, last),
            value=float(values.mean()),
            low=float(low),
            high=float(high),
        )

    def column_at(self, column: str, episode: int, what: str) -> Fact | None:
        """A column of one episode; None where it is NULL."""
        query = f"SELECT {column} FROM episodes WHERE episode_id = {episode}"
        ((value,),) = self._rows(query)
        if value is None:
            return None
        return Fact(
            text=f"{value:.2f}",
            what=f"{what} of episode {episode:,}",
            query=query,
            episode=episode,
            positions=self._positions(episode, episode),
            value=float(value),
        )

    def total(self, expression: str, what: str, text: str = "{:,.0f}") -> Fact:
        """A sum or a count over all episodes."""
        query = f"SELECT {expression} FROM episodes"
        ((value,),) = self._rows(query)
        return Fact(
            text=text.format(value),
            what=what,
            query=query,
            episode=self.newest,
            n=self.newest,
            positions=self._positions(1, self.newest),
            value=float(value),
        )

    def share_of_uses(self, pair: tuple[str, str], first: int, last: int) -> Fact:
        """How many of all uses after another one were of `pair[1]` after `pair[0]`."""
        between = f"episode_id BETWEEN {first} AND {last}"
        chosen = " AND ".join(
            f"{column} = '{name.replace(chr(39), chr(39) * 2)}'"
            for column, name in zip(("from_affordance", "to_affordance"), pair, strict=True)
        )
        query = (
            f"SELECT sum(visit_count) FILTER (WHERE {chosen}) * 1.0 / sum(visit_count)"
            f" FROM affordance_visits WHERE {between}"
        )
        ((share,),) = self._rows(query)
        ((uses,),) = self._rows(f"SELECT sum(visit_count) FROM affordance_visits WHERE {between}")
        return Fact(
            text=f"{share or 0:.0%}",
            what=f"share of all uses in the episodes {first:,} to {last:,}: {pair[0]}, then {pair[1]}",
            query=query,
            episode=last,
            n=int(uses or 0),
            positions=self._positions(first, last),
            value=float(share or 0),
        )

    def top_pairs(self, first: int, last: int, count: int) -> list[tuple[str, str]]:
        """The pairs of affordances that were most often used one after the other."""
        return self._rows(
            "SELECT from_affordance, to_affordance FROM affordance_visits"
            f" WHERE episode_id BETWEEN {first} AND {last} GROUP BY 1, 2"
            f" ORDER BY sum(visit_count) DESC, 1, 2 LIMIT {count}"
        )

    def top_cause(self, first: int, last: int) -> tuple[str, Fact] | None:
        """What ended most of the episodes that did not reach the step limit; None where all did."""
        where = f"episode_id BETWEEN {first} AND {last}"
        rows = self._rows(
            f"SELECT cause, count(*) FROM episode_details WHERE {where} AND cause <> 'limit'"
            " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
        )
        if not rows:
            return None
        cause, count = rows[0]
        total = last - first + 1
        return cause, Fact(
            text=f"{count:,} of {total:,}",
            what=f"episodes {first:,} to {last:,} that ended because of {cause}",
            query=f"SELECT count(*) FROM episode_details WHERE {where} AND cause = '{cause}'",
            episode=last,
            n=total,
            positions=self._positions(first, last),
            value=count / total,
        )

    def given(self, text: str, what: str, query: str, episode: int, n: int = 1) -> Fact:
        """A fact that another query of the program gives."""
        return Fact(
            text=text,
            what=what,
            query=query,
            episode=max(1, min(episode, self.newest)),
            n=n,
            positions=self._positions(max(1, episode), max(1, episode)),
        )

    def _positions(self, first: int, last: int) -> tuple[int, int] | None:
        ((low, high),) = self._rows(
            f"SELECT min(position), max(position) FROM episode_details"
            f" WHERE episode_id BETWEEN {first} AND {last}"
        )
        return None if low is None else (low, high)

    def _rows(self, query: str) -> list[Any]:
        return self._connection.execute(query).fetchall()
