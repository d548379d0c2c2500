"""What a browser sees until the page answers: the port is taken at once, and every request gets a page that waits."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EADDRINUSE
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from analytics.inputs.faults import Fault, InputError
from analytics.terms import Language, Term, text

LOOPBACK = "127.0.0.1"
SIGN = "X-Workbook"
"""Header by which the waiting page knows its own kind."""

_RETRIES, _BACKLOG, _POLL = 50, 128, 0.05
_TITLE = Term("推演台", "What if")
WORDS = Term("正在打开推演台…", "Opening the what-if page…")
_NO_PORT = Term("端口都被占用，请用 --port 指定另一个", "all ports are taken; name another with --port")
_NO_HOST = Term("不能在这个地址上监听", "cannot listen at this address")
_STYLE = """
body { margin: 0; font-family: "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Source Han Sans SC", sans-serif; }
#loading { height: 100vh; display: flex; flex-direction: column; align-items: center; justify-content: center;
  gap: 18px; color: #1f4e79; font-size: 17px; }
#loading i { width: 34px; height: 34px; border: 4px solid #d9e2ec; border-top-color: #1f4e79; border-radius: 50%;
  animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(360deg); } }
"""
_SCRIPT = f"""
const look = () => fetch("/login", {{cache: "no-store"}})
  .then(reply => reply.headers.has("{SIGN}") ? setTimeout(look, 200) : location.reload())
  .catch(() => setTimeout(look, 500));
look();
"""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on ``port``, or on the next free one.

    Raises
    ------
    InputError
        When there is none, or no such address.
    """
    for number in range(port, port + _RETRIES):
        try:
            return socket.create_server((host, number), backlog=_BACKLOG)
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise InputError([Fault(_NO_HOST, column="--host", found=f"{host}:{number}")]) from error
    raise InputError([Fault(_NO_PORT, column="--port", found=f"{port}–{port + _RETRIES - 1}")])


def loading(words: str) -> str:
    """A sign that turns, and words: the style and the element, for this page and the one after it."""
    return f'<style>{_STYLE}</style><div id="loading"><i></i><span id="loading_text">{escape(words)}</span></div>'


@contextmanager
def answering(listener: socket.socket, language: Language) -> Iterator[None]:
    """While the block runs, answer every request on ``listener`` with a page that loads itself again when it can."""
    # a browser opens connections it has no use for yet: each has a thread of its own to be waited for in
    server = ThreadingHTTPServer(("", 0), _handler(_page(language)), bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    thread = Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _page(language: Language) -> bytes:
    head = f'<meta charset="utf-8"><title>{text(_TITLE, language)}</title><link rel="icon" href="data:;base64,=">'
    body = f"{loading(text(WORDS, language))}<script>{_SCRIPT}</script>"
    return f'<!DOCTYPE html><html lang="{language}"><head>{head}</head><body>{body}</body></html>'.encode()


def _handler(page: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Knows one page, and nothing of what it is asked for."""

        timeout = 5.0

        def do_GET(self) -> None:
            """Send the page."""
            self.send_response(200)
            for name, value in ((SIGN, "waiting"), ("Content-Type", "text/html"), ("Cache-Control", "no-store")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    return Handler
