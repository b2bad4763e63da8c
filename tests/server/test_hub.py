"""Fan-out: the newest message for everyone, bounded memory for each, and nobody waits for another."""

from hypothesis import given
from hypothesis import strategies as st

from server.hub import Hub, Published, Viewer
from server.messages import Seek


def joined(hub: Hub) -> Viewer:
    viewer = hub.join()
    assert viewer is not None
    return viewer


def taken(viewer: Viewer) -> str | None:
    text, viewer.update = viewer.update, None
    return text


def test_the_present_is_there_at_once_for_whoever_joins() -> None:
    hub = Hub(max_viewers=2)
    assert joined(hub).update is None
    hub.publish(Published("present", 7))
    assert taken(joined(hub)) == "present"


def test_a_slow_viewer_gets_the_newest_and_the_misses_are_counted() -> None:
    hub = Hub(max_viewers=2)
    slow, quick = joined(hub), joined(hub)
    for position in range(5):
        hub.publish(Published(f"state {position}", position))
        assert taken(quick) == f"state {position}"
    assert taken(slow) == "state 4"
    assert hub.conflated == 4


def test_over_the_cap_nobody_joins_until_somebody_leaves() -> None:
    hub = Hub(max_viewers=1)
    first = joined(hub)
    assert hub.join() is None
    assert hub.refused == 1
    hub.leave(first)
    assert hub.join() is not None


def test_a_sign_of_life_never_replaces_a_state() -> None:
    hub = Hub(max_viewers=1)
    viewer = joined(hub)
    hub.publish(Published("state", 1))
    hub.tick("tick")
    assert taken(viewer) == "state"
    hub.tick("tick")
    assert taken(viewer) == "tick"


def test_who_pauses_gets_nothing_and_then_the_present_at_once() -> None:
    hub = Hub(max_viewers=1)
    viewer = joined(hub)
    hub.publish(Published("state 1", 1))
    hub.pause(viewer)
    hub.publish(Published("state 2", 2))
    hub.tick("tick")
    assert viewer.update is None
    hub.resume(viewer)
    assert taken(viewer) == "state 2"
    hub.publish(Published("state 3", 3))
    assert taken(viewer) == "state 3"


def test_who_resumes_where_it_was_gets_nothing_it_has() -> None:
    hub = Hub(max_viewers=1)
    viewer = joined(hub)
    hub.publish(Published("state 8", 8))
    taken(viewer)
    hub.resume(viewer, seen_position=8)
    assert viewer.update is None
    hub.resume(viewer, seen_position=7)
    assert taken(viewer) == "state 8"


@given(st.lists(st.sampled_from(["publish", "tick", "pause", "resume", "seek", "complain"]), max_size=60))
def test_whatever_happens_nothing_waits_for_a_paused_viewer(steps: list[str]) -> None:
    hub = Hub(max_viewers=1)
    viewer = joined(hub)
    for number, step in enumerate(steps):
        match step:
            case "publish":
                hub.publish(Published(f"state {number}", number))
            case "tick":
                hub.tick("tick")
            case "pause":
                hub.pause(viewer)
            case "resume":
                hub.resume(viewer)
            case "seek":
                viewer.ask(Seek(episode=1, request=number))
            case "complain":
                viewer.complain("no")
        assert not (viewer.paused and viewer.update is not None)
