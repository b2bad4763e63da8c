"""The viridis colour scale, for pictures made without a browser.

Sixteen evenly spaced colours of matplotlib's viridis (N. Smith, S. van der Walt, 2015), interpolated: no
channel is off by more than a few levels, which no eye tells apart in a cell of one colour.
"""

import numpy as np
import numpy.typing as npt

VIRIDIS_ANCHORS = (
    "440154", "481a6c", "472f7d", "414487", "39568c", "31688e", "2a788e", "23888e",
    "1f988b", "22a884", "35b779", "54c568", "7ad151", "a5db36", "d2e21b", "fde725",
)  # fmt: skip


def viridis(levels: int) -> npt.NDArray[np.uint8]:
    """The scale in `levels` colours from dark (low) to bright (high), uint8 `[levels, 3]`."""
    anchors = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in VIRIDIS_ANCHORS], float)
    at = np.linspace(0, len(anchors) - 1, levels)
    channels = [np.interp(at, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8)
