"""The first start: while nobody could be identified, a token is shown with which the first key is made."""

from typing import Final

from api.security import refuse_unidentified_exposure
from api.terminal import say
from api.wiring import Services

_HOW: Final = """\
There is no key yet. Until tomorrow this token makes the first one, of an administrator, once:

  {token}

  curl -X POST http://HOST:PORT/v1/setup -H 'Content-Type: application/json' -d '{{"token": "..."}}'

So does the page http://HOST:PORT/console/setup, and on this machine `fundtrail keys create --role admin`. To try things
out without keys: FUNDTRAIL_AUTH=off.
"""


def prepare_first_key(services: Services) -> None:
    """Shows a setup token on standard error where nobody could come in otherwise.

    Raises:
        UnsafeExposureError: nobody could, and others than this machine would be served.
    """
    callers = services.callers
    if callers.is_open or callers.token_source is not None or callers.keys.is_any_usable():
        return
    refuse_unidentified_exposure(services.settings)
    token = services.setup_tokens.issue()
    if token is not None:
        for line in _HOW.format(token=token).splitlines():
            say(line)
