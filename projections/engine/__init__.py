"""The projection engine: feeds events to projectors, stores positions, rebuilds. Knows no read model."""
