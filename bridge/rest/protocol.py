"""HTTP as uvicorn reads it, within limits; what cannot be read is answered in the shape of its path's dialect."""

import re
from asyncio import Transport
from asyncio.events import TimerHandle
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bridge.rest.connections import ConnectionLimits
from bridge.rest.inflow import Inflow
from bridge.rest.routing import dialect_name, split_path

REFUSED = "userbus.refused"  # the scope's extension with HTTP status and part of a head that is not accepted
MAX_HEAD = 65_536
MAX_HEADERS = 100
MAX_HANDED = 16_384  # of a refused URL: the parser takes 65,535 bytes, and escaping makes three of one
_REQUEST_LINE = re.compile(rb"\A[ \r\n]*([^\x00-\x20\x7f]+) +([^\r\n]*)")
_VERSION = re.compile(rb" +HTTP/\d\.\d\Z")
_ORIGIN = re.compile(rb"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_METHODS = {b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"}
_UNSERVED = b"TRACE"  # stands for methods that the parser does not know: no path is served with it
_RAW = re.compile(rb"[^\x21-\x7e]")
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:[0-9]*)?")
_SECURITY_HEADERS = b"x-content-type-options: nosniff\r\ncache-control: no-store\r\n"


class DialectProtocol(HttpToolsProtocol):
    """Limits the size of a head, the time that a request may take to arrive, and the number of connections.

    Heads may have 64 KiB, 100 headers and one Host. A request that is refused for its head, such as for an unknown
    method or for a URL with raw non-ASCII, spaces or control characters, is handed to the application with its status
    (400, 408, 431, 501), the part at fault, its method and its URL, without headers and body; the connection is closed
    after the response. What has no readable request line gets a plain response, and so have large, slow and bad headers
    without a dialect.
    """

    limits: ConnectionLimits
    _inflow: Inflow
    _head = b""  # what has been read since the end of the request before, until its head is whole
    _is_head_whole = False
    _refused: int | None = None
    _error = HTTPStatus.BAD_REQUEST  # what `send_400_response` answers
    _fault = ""
    _address = ""
    _clock: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as the parent
        """Begin a connection; one too many is told so and closed."""
        super().connection_made(transport)
        self.flow = self._inflow = Inflow(transport, self._parse, lambda: bool(self.pipeline))
        self._address = self.client[0] if self.client else ""
        self._clock = self.loop.call_later(self.limits.head_seconds, self._end_wait)
        if not self.limits.add(self._address):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self.limits.remove(self._address)
        self._stop_clock()
        self._inflow.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read bytes of the client."""
        self._inflow.receive(data)

    def _parse(self, data: bytes) -> None:
        """Parse a part of what the client sends; after a refusal it is dropped."""
        if self._refused:
            return
        if not self._is_head_whole:
            self._head += data
        super().data_received(data)
        if not self._head or self._refused:
            return
        if not self._is_head_whole and len(self._head) > MAX_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._clock is None:
            seconds = self.limits.body_seconds if self._is_head_whole else self.limits.head_seconds
            self._clock = self.loop.call_later(seconds, self._end_wait)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        if self._refused:
            self.scope["extensions"] = {REFUSED: {"status": self._refused, "fault": self._fault}}

    def on_headers_complete(self) -> None:
        """End a head; raises ValueError, which becomes `send_400_response`.

        So it ends where it is too large, has not one Host, or a body is in a coding that is not implemented.
        """
        if len(self.headers) > MAX_HEADERS or (len(self._head) > MAX_HEAD and self._head_size() > MAX_HEAD):
            raise ValueError("the head is too large")
        if not self._refused and not self._has_good_host():
            raise ValueError("the head has not one Host")
        if self._has_unknown_coding():
            self._error = HTTPStatus.NOT_IMPLEMENTED
            raise ValueError("the body is in a coding that is not implemented")
        self._is_head_whole = True
        self._stop_clock()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request."""
        self._head, self._is_head_whole = b"", False
        self._stop_clock()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # as uvicorn calls it
        """Answer a request that cannot be parsed."""
        if len(self.headers or ()) > MAX_HEADERS or self._head_size() > MAX_HEAD:
            return self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self._refuse(self._error)

    def _has_good_host(self) -> bool:
        """Whether there is one valid Host, as RFC 9112, 3.2 wants it; HTTP/1.0 may have none."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if not hosts:
            return self.parser.get_http_version() == "1.0"
        return len(hosts) == 1 and _HOST.fullmatch(hosts[0].strip()) is not None

    def _has_unknown_coding(self) -> bool:
        """Whether a coding comes before the chunks (RFC 9112, 6.1); the parser refuses what does not end with these."""
        given = b",".join(value for name, value in self.headers if name == b"transfer-encoding").lower().split(b",")
        codings = [coding.strip() for coding in given]
        return codings[-1] == b"chunked" and not {*codings} <= {b"", b"chunked"}

    def _head_size(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers or ()) + len(getattr(self, "url", b""))

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with a status in the shape of the dialect if there is one, and close."""
        self._stop_clock()
        self._refused = status
        is_idle = self.cycle is None or self.cycle.response_complete
        line = _read_request_line(self._head)
        if not is_idle or line is None:
            return self._send_plain(status)
        method, path, self._fault = line
        if dialect_name(split_path(path.partition(b"?")[0])) is None and (
            status != HTTPStatus.BAD_REQUEST or self._fault == "headers"
        ):
            return self._send_plain(status)
        self.parser = httptools.HttpRequestParser(self)
        self._head = b""
        url = _RAW.sub(lambda raw: b"%%%02X" % ord(raw[0]), path[:MAX_HANDED])
        self.parser.feed_data(method + b" " + url + b" HTTP/1.1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    def _send_plain(self, status: HTTPStatus) -> None:
        text = status.phrase.encode()
        head = b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\n" % (status, text) + _SECURITY_HEADERS
        self.transport.write(head + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(text) + text)
        self.transport.close()

    def _end_wait(self) -> None:
        """Close a connection whose request has not arrived in time; who sent half a head is told 408."""
        self._clock = None
        if self.flow.read_paused:  # it is the application that lets it wait
            self._clock = self.loop.call_later(self.limits.body_seconds, self._end_wait)
        elif self._head and not self._is_head_whole:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def _read_request_line(head: bytes) -> tuple[bytes, bytes, str] | None:
    """Return the method, the path with its query, and what is at fault: "method", "url", or else "headers"."""
    found = _REQUEST_LINE.match(head)
    if not found:
        return None
    method, target = found[1], _VERSION.sub(b"", found[2])
    path = _ORIGIN.sub(b"", target)
    if not path.startswith(b"/"):
        path = b"//" + path  # which is nobody's
    if method not in _METHODS:
        return _UNSERVED, path, "method"
    return method, path, "headers" if _is_url(target) else "url"


def _is_url(target: bytes) -> bool:
    try:
        httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError:
        return False
    return not _RAW.search(target)


def limited_protocol(given: ConnectionLimits) -> type[DialectProtocol]:
    """Return the protocol class of one server."""

    class LimitedProtocol(DialectProtocol):
        limits = given

    return LimitedProtocol
