"""The teaching pack: a folder made from a run, which opens by double click, without server or network."""
