"""A server of the page for the browsers of this machine."""

import contextlib
import gzip
import zlib
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from keras_rnn.web.site import MIME, Site, policy

HOST = "127.0.0.1"
PACKED = {".css", ".html", ".js", ".json", ".svg", ".webmanifest"}  # text


class PageServer(ThreadingHTTPServer):
    """Answers for the addresses of a site and for no others.

    Raises:
        OSError: the port is not free.
    """

    daemon_threads = True

    def __init__(self, site: Site, port: int) -> None:
        self.site, self.policy = site, f"{policy()}; frame-ancestors 'none'"
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            reason = f"Received: {port}, {error.strerror}; 0 takes any"
            raise OSError(error.errno, f"`port` must be free. {reason}") from error

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "keras_rnn", ""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the browser has left
            super().handle()

    def do_GET(self) -> None:
        address = unquote(urlsplit(self.path).path).removeprefix("/") or "index.html"
        content = self.server.site.get(address)
        if content is None:
            return self.send_error(HTTPStatus.NOT_FOUND)
        data = content if isinstance(content, bytes) else content.read_bytes()
        tag = f'W/"{zlib.crc32(data):08x}"'  # weak: the same for packed bytes
        unchanged = self.headers.get("If-None-Match") == tag
        suffix = PurePosixPath(address).suffix
        packed = suffix in PACKED and "gzip" in self.headers.get("Accept-Encoding", "")
        if packed and not unchanged:
            data = gzip.compress(data)
        self.send_response(HTTPStatus.NOT_MODIFIED if unchanged else HTTPStatus.OK)
        self.send_header("Content-Type", MIME[suffix])
        self.send_header("Cache-Control", "no-cache")  # kept, and asked for again
        self.send_header("ETag", tag)
        self.send_header("Vary", "Accept-Encoding")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if not unchanged:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not unchanged and self.command == "GET":
            self.wfile.write(data)

    do_HEAD = do_GET

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who serves a page to himself need not read of it."""
