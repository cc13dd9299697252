"""An issuer of bearer tokens: its keys, and tokens as it would sign them."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from typing_extensions import override

ISSUER = "https://login.example"
AUDIENCE = "fundtrail"


@dataclass
class Issuer:
    """Signs with the last of its keys."""

    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [new_key("k1")])

    def key_set(self) -> bytes:
        """What it publishes."""
        return json.dumps(KeySet(list(self.keys)).as_dict(private=False)).encode()

    def published(self, path: Path) -> Path:
        """The same in a file."""
        path.write_bytes(self.key_set())
        return path

    def token(self, now: float, algorithm: str = "RS256", head: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A token that is good for ten minutes, but for what is given; a claim that is None is left out."""
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "wang", "exp": int(now) + 600, "groups": ["finance"]}
        said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        key = self.keys[-1]
        header = {"alg": algorithm, "kid": key.kid} | dict(head or {})
        return jwt.encode(header, said, key, algorithms=[algorithm])


def issuer_settings(issuer: Issuer, folder: Path) -> dict[str, str]:
    """What a service is told that takes the issuer's tokens; their group `finance` may read."""
    grants = folder / "grants.toml"
    grants.write_text("[[grant]]\ngroup = 'finance'\nrole = 'viewer'\n", encoding="utf-8")
    files = {"oidc_keys": str(issuer.published(folder / "keys.json")), "oidc_grants": str(grants)}
    return files | {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE}


def new_key(key_id: str) -> RSAKey:
    """A key pair under an id."""
    return RSAKey.generate_key(2048, {"kid": key_id, "use": "sig"}, private=True)


@dataclass
class KeyServer:
    """Where an issuer publishes its keys; `is_away`: it answers with an error. `asked` counts."""

    issuer: Issuer
    url: str = ""
    is_away: bool = False
    asked: int = 0


@contextmanager
def key_server(issuer: Issuer) -> Iterator[KeyServer]:
    """The issuer's keys at an address on this machine."""
    served = KeyServer(issuer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked += 1
            content = b"" if served.is_away else served.issuer.key_set()
            self.send_response(503 if served.is_away else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
