"""What the outside promises of Hamlet, checked; `tests.support` holds what several suites share."""
