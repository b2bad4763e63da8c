"""The throttle, on a clock of the test's own."""

from producer.run.throttle import Throttle


def test_episodes_come_at_their_rate_and_unused_time_is_not_carried_over() -> None:
    now = 1000.0
    throttle = Throttle(360, clock=lambda: now)  # one every 10 s
    assert throttle.remaining() == 0.0
    throttle.advance()
    assert throttle.remaining() == 10.0
    now += 4.0
    assert throttle.remaining() == 6.0
    now += 6.0
    assert throttle.remaining() == 0.0
    throttle.advance()
    assert throttle.remaining() == 10.0

    now += 35.0  # the trainer was slower than its pace
    assert throttle.remaining() == 0.0
    throttle.advance()
    assert throttle.remaining() == 10.0
