"""The server one writes first, to compare with: every viewer's task asks and encodes for itself.

python tests/bench/naive_server.py RUN_DIR PORT
"""

import asyncio
import sys
from pathlib import Path

import uvicorn
from litestar import Litestar, WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from server.async_read_model import AsyncReadModel
from server.disk import room
from server.live import UPDATE_SECONDS, encode_state, observe
from server.process import allow_open_files


def create_app(run_dir: Path) -> Litestar:
    """The same message to each viewer, made anew for each."""
    read_model = AsyncReadModel(run_dir / "demo_state.db")

    @websocket("/ws")
    async def watch(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                moment = await read_model.query(observe)
                if not isinstance(moment, str):
                    await socket.send_text(encode_state(moment, room(run_dir, 0)))
                await asyncio.sleep(UPDATE_SECONDS)
        except WebSocketDisconnect:
            return

    return Litestar([watch], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    allow_open_files(2048)
    uvicorn.run(
        create_app(Path(sys.argv[1])),
        port=int(sys.argv[2]),
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="error",
    )
