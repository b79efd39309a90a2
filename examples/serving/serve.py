"""Classifies images with an ONNX model that archc built, on the command line or over HTTP.

``python serve.py shapes_deploy.onnx star.png --labels labels.txt`` prints the most probable labels.
``python serve.py shapes_deploy.onnx --labels labels.txt --port 8000`` serves ``POST /``, whose body
is an image file, and ``GET /health``. It needs onnxruntime, numpy and Pillow.
"""

import argparse
import contextlib
import io
import json
import os
import re
import socket
import sys
import time
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from classifier import Classifier, Unusable, read_labels, reason
from images import BadImage, HugeImage

MAX_HEADERS = 16_384
MAX_BYTES = 10_000_000
"""The largest size of a request's body; ``MAX_HEADERS`` limits its headers."""
MAX_CONNECTIONS = 64
"""How many connections may be open at once; further ones wait."""
WORKERS = os.cpu_count() or 1
"""How many images are processed at once, each on one thread; further requests wait."""
METHODS = {"/": "POST", "/health": "GET"}


class Refused(Exception):
    """Raised to reject a request with a status and a reason."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Input(io.RawIOBase):
    """Reads from a client, up to a number of bytes and a deadline that does not move."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def allow(self, seconds: float, size: int) -> None:
        """Set the limits for what is read from now on."""
        self._seconds, self._left = seconds, size
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise Refused(status, f"headers exceed {MAX_HEADERS:,} bytes")
        try:
            if (seconds := self._end - time.monotonic()) <= 0:
                raise TimeoutError
            self._connection.settimeout(seconds)
            count = self._connection.recv_into(memoryview(buffer)[: self._left])
        except TimeoutError as error:
            why = f"incomplete after {self._seconds:g} seconds"
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, why) from error
        self._left -= count
        return count


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread; all share one classifier and return ``top`` labels.

    A client has ``seconds`` each to send its headers, to send its body, and to read the answer.
    """

    request_queue_size = 128

    def __init__(self, port: int, classifier: Classifier, top: int, seconds: float) -> None:
        self.classifier, self.top, self.seconds = classifier, top, seconds
        self.workers = BoundedSemaphore(WORKERS)
        self.connections = BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.release()


class Handler(BaseHTTPRequestHandler):
    """Answers one request per connection, in JSON."""

    server: Server
    protocol_version = "HTTP/1.1"  # so that clients that send Expect get "100 Continue"
    command = requestline = ""  # for a request that ends within its first line
    request_version = protocol_version

    def setup(self) -> None:
        super().setup()
        self.input = Input(self.connection)
        self.input.allow(self.server.seconds, MAX_HEADERS)
        self.rfile = io.BufferedReader(self.input)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client disconnected, which is not an error
            try:
                super().handle()
            except Refused as refused:
                self.send_error(refused.status, str(refused))
            except ConnectionError:
                raise
            except Exception:
                traceback.print_exc()
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)

    def do_GET(self) -> None:
        """Answer a request of any method."""
        self._reply(HTTPStatus.OK, self._answer())

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

    def _answer(self) -> object:
        path = self.path.partition("?")[0]
        if path not in METHODS:
            raise Refused(HTTPStatus.NOT_FOUND, "not found; use POST / or GET /health")
        if self.command != METHODS[path]:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {METHODS[path]}")
        if path == "/health":
            return {"status": "ok"}
        content = self._content()
        try:
            with self.server.workers:
                answers = self.server.classifier.answers(content, self.server.top)
        except HugeImage as error:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)) from error
        except BadImage as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        return [answer._asdict() for answer in answers]

    def _content(self) -> bytes:
        """Read the body."""
        stated = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,18}", stated) or "Transfer-Encoding" in self.headers:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing")
        length = int(stated)
        if length > MAX_BYTES:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body exceeds {MAX_BYTES:,} bytes")
        self.input.allow(self.server.seconds, MAX_BYTES)
        content = self.rfile.read(length)
        if len(content) < length:
            raise Refused(HTTPStatus.BAD_REQUEST, f"received {len(content)} of {length} bytes")
        return content

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send the reason as JSON. http.server calls this too, for requests that it rejects."""
        status = HTTPStatus(code)
        self._reply(status, {"error": message or status.phrase})
        # If the connection closed while the client sends, it would see a reset and no reason.
        self.input.allow(self.server.seconds, sys.maxsize)
        with contextlib.suppress(OSError, Refused):
            self.connection.shutdown(socket.SHUT_WR)
            while self.rfile.read(65536):
                pass

    def _reply(self, status: HTTPStatus, value: object) -> None:
        content = json.dumps(value).encode() + b"\n"
        self.connection.settimeout(self.server.seconds)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", METHODS[self.path.partition("?")[0]])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def main() -> None:
    """Run the command line; print one line and exit with 1 on an error."""
    parser = argparse.ArgumentParser(description="Classify images.")
    parser.add_argument("model", type=Path, help="an ONNX model that archc built")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("image", type=Path, nargs="?", help="an image file to classify")
    what.add_argument("--port", type=int, help="serve HTTP on 127.0.0.1; 0 chooses a free port")
    parser.add_argument(
        "--labels", type=Path, help="a file with the name of each class, one per line"
    )
    parser.add_argument("--top", type=positive, default=3, help="how many labels to return")
    parser.add_argument(
        "--timeout", type=positive, default=10, help="seconds allowed for headers, and for a body"
    )
    given = parser.parse_args()
    try:
        labels = None if given.labels is None else read_labels(given.labels)
        classifier = Classifier(given.model, labels)
        if not classifier.trained:
            print(f"{given.model}: the weights are untrained", file=sys.stderr)
        if given.port is None:
            for label, probability in classifier.answers(given.image.read_bytes(), given.top):
                print(f"{probability:6.1%} {label}")
        else:
            serve(classifier, given.port, given.top, given.timeout)
    except BadImage as error:
        sys.exit(f"{given.image}: {error}")
    except Unusable as error:
        sys.exit(str(error))
    except (OSError, OverflowError) as error:
        sys.exit(f"{given.image or f'port {given.port}'}: {reason(error)}")


def serve(classifier: Classifier, port: int, top: int, seconds: float) -> None:
    """Serve until interrupted."""
    with Server(port, classifier, top, seconds) as server, contextlib.suppress(KeyboardInterrupt):
        print(f"serving on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


def positive(text: str) -> int:
    """Parse a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    main()
