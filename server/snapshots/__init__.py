"""The snapshot worker: screenshots, novelty GIFs, CSV exports, and room on the disk for them.

A process of its own beside the server. What it has done is what lies in the folders: it keeps no state.
"""
