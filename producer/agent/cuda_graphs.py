"""Work captured as a CUDA graph: thousands of kernel launches become one.

On a GPU a vector step of a few agents is all waiting for Python; a graph replays the same kernels on the same
memory without it. So captured work must read what changes from tensors that stay where they are, never from
numbers of the host, and must leave its results in such tensors. On a CPU the work is simply called, and
`tests/producer/test_graphs.py` holds it to the same rules there. Source: "Accelerating PyTorch with CUDA
Graphs" (Nguyen et al. 2021).
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import torch

__all__ = ["Captured"]

Result = TypeVar("Result")

WARM_UP = 3
"""Calls made as they are before the capture, so that libraries have allocated what they need."""


class Captured(Generic[Result]):
    """`work`; on a GPU, after a few calls, its graph, whose results are overwritten by the next call."""

    def __init__(self, work: Callable[[], Result], generator: torch.Generator) -> None:
        """`generator` is whom `work` asks for random numbers; its device is the work's."""
        self._work = work
        self._generator = generator
        self._calls = 0
        self._stream: torch.cuda.Stream | None = None
        self._replay: Callable[[], None] | None = None
        self._result: Result

    def __call__(self) -> Result:
        """Do the work."""
        if self._generator.device.type != "cuda":
            return self._work()
        if self._replay is None:
            self._calls += 1
            if self._calls <= WARM_UP:
                return self._aside()
            self._replay = self._capture()
        self._replay()
        return self._result

    def _aside(self) -> Result:
        """Captures happen on a stream of their own, so that is where to warm up."""
        stream = self._stream = self._stream or torch.cuda.Stream(self._generator.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(self._generator.device))
        with torch.cuda.stream(stream):
            result = self._work()
        torch.cuda.current_stream(self._generator.device).wait_stream(stream)
        return result

    def _capture(self) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._generator)
        with torch.cuda.graph(graph, stream=self._stream):
            self._result = self._work()
        return graph.replay
