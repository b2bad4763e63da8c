"""The version of Hamlet, and the only place that says it: wheel, commands and server read it here."""

VERSION = "0.1.0"
