"""The transitions between affordances, as a table and as a graph."""

from projections.readmodels.affordances import read_affordance_graph
from tests.support.events import finished, started, uses
from tests.support.read_models import ReadModelKit


def test_visits_count_transitions_and_self_loops(kit: ReadModelKit) -> None:
    kit.given(started()).when(
        finished(1), uses(1, "Bed", "Bed", "Job", "Bed", "Job"), finished(2), uses(2, "Bed")
    )
    assert kit.rows("SELECT * FROM affordance_visits") == [
        (1, "Bed", "Bed", 1),
        (1, "Bed", "Job", 2),
        (1, "Job", "Bed", 1),
    ]


def test_an_edge_of_the_graph_has_its_first_and_last_episode_and_the_windows_mean(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), uses(1, "Bed", "Job"), finished(2), uses(2, "Bed", "Job", "Bed"))
    kit.when(finished(3), uses(3, "Job", "Bed"), finished(4), uses(4, "Bed", "Job", "Bed", "Job"))
    graph = kit.ask(lambda c: read_affordance_graph(c, 2, 4))
    assert graph.nodes == ("Bed", "Job", "Fridge")
    found = [
        (edge.source, edge.target, edge.count, edge.first_seen, edge.last_seen, edge.mean_episode)
        for edge in graph.edges
    ]
    assert found == [("Bed", "Job", 3, 1, 4, 10 / 3), ("Job", "Bed", 3, 2, 4, 3.0)]
