"""Posting to receivers: bounded in time and size, without redirects, to allowed addresses alone."""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpcore
import httpx

from models.webhook_addresses import AddressRules
from models.webhooks import MAX_WEBHOOKS
from worker.webhooks.checked_network import AddressForbidden, CheckedNetwork

MAX_ANSWER = 64 * 1024  # bytes that are read of an answer, so that its connection can be used again
MAX_PARTS = 100  # of an answer, each of which takes time
LOOKUPS = MAX_WEBHOOKS  # of names at once
CONNECTIONS = 2000  # at once, to all receivers: each webhook has a few
KEPT_SECONDS = 30.0


class NotPosted(Exception):
    """There was no answer; the text is for the log of deliveries."""


class Poster:
    """Posts with connections that are used again; each request ends within `seconds`. Use as a context manager."""

    def __init__(self, rules: AddressRules, seconds: float) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(LOOKUPS, "webhook-names")  # the loop's own would be all taken by dead names
        self._context = httpx.create_ssl_context()
        self._pools = {scheme: self._create_pool(rules, scheme) for scheme in ("https", "http")}
        self._exits = AsyncExitStack()

    def _create_pool(self, rules: AddressRules, scheme: str) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._context,
            max_connections=CONNECTIONS,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=CheckedNetwork(rules, scheme, self._threads),
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post a body and return the status of the answer, whatever it is. Raises `NotPosted`."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, headers, body)
        except TimeoutError:
            raise NotPosted(f"no answer within {self._seconds:g} s") from None
        except AddressForbidden as error:
            raise NotPosted(str(error)) from None
        except httpcore.ProtocolError as error:  # whose text quotes the answer, which is not to be told, after a colon
            raise NotPosted(f"{type(error).__name__}: {str(error).partition(':')[0]}"[:200]) from error
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise NotPosted(f"{type(error).__name__}: {error}"[:200]) from error
        except (OSError, ssl.SSLError, httpcore.UnsupportedProtocol) as error:
            raise NotPosted(f"{type(error).__name__}: {error}"[:200]) from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        if not url.isascii():
            raise NotPosted("the URL is not ASCII: give the webhook another one")
        pool = self._pools[urlsplit(url).scheme]
        async with pool.stream("POST", url, headers=[*headers.items()], content=body) as response:
            read = parts = 0
            async for part in response.aiter_stream():
                read, parts = read + len(part), parts + 1
                if read > MAX_ANSWER or parts > MAX_PARTS:  # the connection is closed
                    break
            return response.status

    async def __aenter__(self) -> Self:
        for pool in self._pools.values():
            await self._exits.enter_async_context(pool)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._exits.aclose()
