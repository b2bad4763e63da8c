"""Films of a run, made afterwards from its history: moments, pictures, encoder, captions."""
