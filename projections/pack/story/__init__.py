"""The story of a run: text that says what happened in this run, with a source for every number."""
