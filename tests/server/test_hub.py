"""Fan-out: the newest message for everyone, bounded memory for each, and nobody waits for another."""

from hypothesis import given
from hypothesis import strategies as st

from server.hub import Hub, Viewer


def joined(hub: Hub) -> Viewer:
    viewer = hub.join()
    assert viewer is not None
    return viewer


def taken(viewer: Viewer) -> str | None:
    text, viewer.update = viewer.update, None
    return text


def test_a_new_viewer_gets_the_newest_message_at_once() -> None:
    hub = Hub(max_viewers=2)
    assert joined(hub).update is None
    hub.publish("present")
    assert taken(joined(hub)) == "present"


def test_a_slow_viewer_gets_the_newest_and_the_misses_are_counted() -> None:
    hub = Hub(max_viewers=2)
    slow, quick = joined(hub), joined(hub)
    for position in range(5):
        hub.publish(f"state {position}")
        assert taken(quick) == f"state {position}"
    assert taken(slow) == "state 4"
    assert hub.conflated == 4


def test_over_the_limit_no_viewer_joins_until_one_leaves() -> None:
    hub = Hub(max_viewers=1)
    first = joined(hub)
    assert hub.join() is None
    assert hub.refused == 1
    hub.leave(first)
    assert hub.join() is not None


def test_hubs_of_one_process_share_the_limit() -> None:
    hubs: list[Hub] = []
    hubs += [Hub(2, lambda: sum(len(hub.viewers) for hub in hubs)) for _ in range(2)]
    joined(hubs[0])
    second = joined(hubs[1])
    assert hubs[0].join() is None
    assert hubs[1].join() is None
    hubs[1].leave(second)
    joined(hubs[0])


def test_a_tick_never_replaces_a_state() -> None:
    hub = Hub(max_viewers=1)
    viewer = joined(hub)
    hub.publish("state")
    hub.publish_tick("tick")
    assert taken(viewer) == "state"
    hub.publish_tick("tick")
    assert taken(viewer) == "tick"


def test_a_paused_viewer_gets_nothing_until_it_resumes() -> None:
    hub = Hub(max_viewers=1)
    viewer = joined(hub)
    hub.publish("state 1")
    hub.pause(viewer)
    hub.publish("state 2")
    hub.publish_tick("tick")
    assert viewer.update is None
    hub.resume(viewer)
    assert taken(viewer) == "state 2"
    hub.publish("state 3")
    assert taken(viewer) == "state 3"


@given(st.lists(st.sampled_from(["publish", "tick", "pause", "resume", "error"]), max_size=60))
def test_whatever_happens_nothing_waits_for_a_paused_viewer(steps: list[str]) -> None:
    hub = Hub(max_viewers=1)
    viewer = joined(hub)
    for number, step in enumerate(steps):
        match step:
            case "publish":
                hub.publish(f"state {number}")
            case "tick":
                hub.publish_tick("tick")
            case "pause":
                hub.pause(viewer)
            case "resume":
                hub.resume(viewer)
            case "error":
                viewer.put_error("no")
        assert not (viewer.paused and viewer.update is not None)
