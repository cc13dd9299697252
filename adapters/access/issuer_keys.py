"""The public keys of an issuer of tokens: from its address, or from a file where no network leads to it."""

import http.client
import json
import re
import threading
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapters.access.verified_token import KeysUnknownError, UnusableKeySourceError
from adapters.loopback import is_loopback
from adapters.timed_connection import timed_connection

READ_AGAIN_AFTER_S: Final = 30.0
"""So long the source is not asked again because of a key id that nobody knows."""
TIMEOUT_S: Final = 5.0
"""From connecting to the last byte of the answer."""
_MOST_BYTES: Final = 1024 * 1024
_PRINTED: Final = re.compile(r"[\x21-\x7e]+")

_logger = structlog.get_logger(__name__)


class IssuerKeys:
    """The keys, as they were read last. May be used from any thread.

    Raises:
        UnusableKeySourceError: the address is not https (but on this machine) or holds a password; or the file holds
        no keys.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._is_address = "://" in source
        self._keys: KeySet | None = None
        self._reading = threading.Lock()
        self._read_at = float("-inf")
        if self._is_address:
            _refuse_unsafe(source)
            return
        try:
            self._keys = self._read()
        except (OSError, ValueError, JoseError) as error:
            raise UnusableKeySourceError(f"{source}: {error}") from error

    def holding(self, key_id: str | None) -> KeySet:
        """The keys, read again when the key is not among them; what is known stays when the source is away.

        Nobody waits for what another thread is reading: until then the keys are those of before.

        Raises:
            KeysUnknownError: no keys were read yet.
        """
        if self._keys is None or not _holds(self._keys, key_id):
            self.renew()
        keys = self._keys
        if keys is None:
            raise KeysUnknownError
        return keys

    def renew(self) -> None:
        """Reads the keys again, so that those withdrawn are taken no longer; not while another thread does."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            self._read_again()
        finally:
            self._reading.release()

    def _read_again(self) -> None:
        if time.monotonic() < self._read_at + READ_AGAIN_AFTER_S:
            return
        self._read_at = time.monotonic()
        try:
            self._keys = self._read()
        except Exception as error:  # noqa: BLE001 (somebody else writes what is read: whatever is wrong, the last keys stay)
            _logger.warning("issuer-keys-not-read", source=self._named(), error=type(error).__name__)

    def _named(self) -> str:
        """The source as it is logged: of an address no path and no query, which may hold a secret."""
        if not self._is_address:
            return self._source
        parts = urlsplit(self._source)
        return f"{parts.scheme}://{parts.hostname}"

    def _read(self) -> KeySet:
        content = _fetched(self._source) if self._is_address else Path(self._source).read_bytes()
        document = json.loads(content)
        if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
            raise UnusableKeySourceError("it is no set of keys (RFC 7517)")
        return KeySet.import_key_set({"keys": [each for each in document["keys"] if _is_for_signatures(each)]})


def _fetched(address: str) -> bytes:
    """What is at the address itself: a redirection leads to one that was not checked to be a safe one."""
    parts = urlsplit(address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with timed_connection(parts.hostname or "", parts.port, TIMEOUT_S, secure=parts.scheme == "https") as connection:
        connection.request("GET", target, headers={"Accept": "application/json", "User-Agent": "fundtrail"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise UnusableKeySourceError(f"it was answered with {answer.status}")
        content = answer.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise UnusableKeySourceError("the answer is too long")
    return content


def _is_for_signatures(key: Any) -> bool:
    """Others of a set, such as keys to encrypt with or those that are secrets, are none of ours."""
    return isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC", "OKP"}


def _holds(keys: KeySet, key_id: str | None) -> bool:
    return key_id is None or any(key.kid == key_id for key in keys)


def _refuse_unsafe(address: str) -> None:
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise UnusableKeySourceError("the address of the issuer's keys is none") from None
    if not host or "@" in parts.netloc or not _PRINTED.fullmatch(address):
        raise UnusableKeySourceError("the address of the issuer's keys must name a host, without user and password")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UnusableKeySourceError("the address of the issuer's keys must begin with https://")
