"""Functions captured as a CUDA graph: thousands of kernel launches become one.

On a GPU the vector step of a few agents spends its time waiting for Python. A CUDA graph repeats the same
kernels on the same memory without Python. So a captured function must read whatever changes from tensors that
stay at one address, never from numbers of the host, and must leave its results in such tensors. On a CPU the
function is simply called, and a test (`test_cuda_graphs.py`) holds it to the same rules there.

Source: "Accelerating PyTorch with CUDA Graphs" (Nguyen et al. 2021).
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import torch

__all__ = ["Captured"]

Result = TypeVar("Result")

WARM_UP = 3
"""Ordinary calls before the capture, in which libraries allocate the memory they need."""


class Captured(Generic[Result]):
    """`work` on a CPU; on a GPU, after a few calls, the graph of `work`.

    The next call overwrites the results of a graph.
    """

    def __init__(self, work: Callable[[], Result], generator: torch.Generator) -> None:
        """`generator` draws the random numbers of `work`; `work` runs on the generator's device."""
        self._work = work
        self._generator = generator
        self._calls = 0
        self._stream: torch.cuda.Stream | None = None
        self._replay: Callable[[], None] | None = None
        self._result: Result

    def __call__(self) -> Result:
        """Run `work`, or its graph."""
        if self._generator.device.type != "cuda":
            return self._work()
        if self._replay is None:
            self._calls += 1
            if self._calls <= WARM_UP:
                return self._call_on_own_stream()
            self._replay = self._capture()
        self._replay()
        return self._result

    def _call_on_own_stream(self) -> Result:
        """Run `work` on the stream of the later capture: allocations belong to one stream."""
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
