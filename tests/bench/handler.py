"""What aiohttp alone can do: a handler that reads the body and answers 200, on a socket that the parent opened.

It runs as a worker of ours does: uvloop, one process for each, no access log. It ends when standard input ends.
"""

import asyncio
import gc
import os
import socket
import sys

import uvloop
from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    """200, once the body is read."""
    await request.read()
    return web.Response()


async def serve(descriptor: int) -> None:
    """Serve until standard input ends."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    await web.SockSite(runner, socket.socket(fileno=descriptor), backlog=1024).start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    os.write(sys.stdout.fileno(), b"ready\n")
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    gc.collect()
    uvloop.run(serve(int(sys.argv[1])))
