"""Turns handed out by the hour, on a clock of the test's own."""

from producer.run.throttle import Pace


def test_turns_come_at_their_rate_and_missed_ones_are_not_made_up_for() -> None:
    now = 1000.0
    pace = Pace(360, clock=lambda: now)  # one every 10 s
    assert pace.remaining() == 0.0
    pace.take()
    assert pace.remaining() == 10.0
    now += 4.0
    assert pace.remaining() == 6.0
    now += 6.0
    assert pace.remaining() == 0.0
    pace.take()
    assert pace.remaining() == 10.0

    now += 35.0  # the trainer was slower than its pace
    assert pace.remaining() == 0.0
    pace.take()
    assert pace.remaining() == 10.0
