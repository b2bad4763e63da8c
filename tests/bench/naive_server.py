"""The server one writes first, to compare with: every viewer's task asks and encodes for itself.

python tests/bench/naive_server.py RUN_DIR PORT
"""

import asyncio
import sys
import time
from pathlib import Path

import uvicorn
from litestar import Litestar, WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from server.async_read_model import AsyncReadModel
from server.disk import room
from server.live import UPDATE_SECONDS, LiveState, encode_update, read_live_state
from server.messages import Disk, Tick
from server.process import allow_open_files


def tick(live: LiveState, disk: Disk) -> Tick:
    """What goes with a state, without alarms."""
    position = live.trainer.position
    return Tick(server_time=time.time(), position=position, trainer=live.trainer, disk=disk, alarms=[])


def create_app(run_dir: Path) -> Litestar:
    """The same message to each viewer, made anew for each."""
    read_model = AsyncReadModel(run_dir / "demo_state.db")

    @websocket("/ws")
    async def watch(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                live = (await read_model.query(read_live_state)).live
                if live is not None:
                    disk = room(run_dir, 0)
                    await socket.send_text(encode_update(live, tick(live, disk)))
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
