"""The version of Hamlet, and the only place that says it: the wheel, the commands and the server read it here."""

VERSION = "0.1.0"
