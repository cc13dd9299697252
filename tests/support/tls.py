"""What clients of servers on this machine are made with."""

import ssl
from typing import Final

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""One for all, which trusts nobody: to read everybody's certificates for a client takes longer than most requests."""
