"""The public keys of an issuer of tokens: from its address, or from a file where no network leads to it."""

import json
import threading
import time
import urllib.request
from email.message import Message
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from typing_extensions import override

from adapters.access.verified_token import KeysUnknownError, UnusableKeySourceError

READ_AGAIN_AFTER_S: Final = 30.0
"""So long the source is not asked again because of a key id that nobody knows."""
_TIMEOUT_S: Final = 5.0
_MOST_BYTES: Final = 1024 * 1024
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_logger = structlog.get_logger(__name__)


class IssuerKeys:
    """The keys, as they were read last. May be used from any thread.

    Raises:
        UnusableKeySourceError: the address is not https (but on this machine), or the file holds no keys.
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

        Raises:
            KeysUnknownError: no keys were ever read.
        """
        keys = self._keys
        if keys is None or not _holds(keys, key_id):
            with self._reading:
                # Whoever held the lock may have read it.
                if self._keys is None or not _holds(self._keys, key_id):
                    self._read_again()
                keys = self._keys
        if keys is None:
            raise KeysUnknownError
        return keys

    def renew(self) -> None:
        """Reads the keys again, so that those withdrawn are taken no longer."""
        with self._reading:
            self._read_again()

    def _read_again(self) -> None:
        if time.monotonic() < self._read_at + READ_AGAIN_AFTER_S:
            return
        self._read_at = time.monotonic()
        try:
            self._keys = self._read()
        except (OSError, ValueError, JoseError) as error:
            _logger.warning("issuer-keys-not-read", source=self._source, error=type(error).__name__)

    def _read(self) -> KeySet:
        content = _fetched(self._source) if self._is_address else Path(self._source).read_bytes()
        document = json.loads(content)
        if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
            raise UnusableKeySourceError("it is no set of keys (RFC 7517)")
        return KeySet.import_key_set({"keys": [each for each in document["keys"] if _is_for_signatures(each)]})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another address was not checked to be a safe one."""

    @override
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def _fetched(address: str) -> bytes:
    opener = urllib.request.build_opener(_NoRedirect())
    with opener.open(address, timeout=_TIMEOUT_S) as answer:
        content: bytes = answer.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise UnusableKeySourceError("the answer is too long")
    return content


def _is_for_signatures(key: Any) -> bool:
    """Others of a set, such as keys to encrypt with or those that are secrets, are none of ours."""
    return isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC", "OKP"}


def _holds(keys: KeySet, key_id: str | None) -> bool:
    return key_id is None or any(key.kid == key_id for key in keys)


def _refuse_unsafe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise UnusableKeySourceError("the address of the issuer's keys must begin with https://")
