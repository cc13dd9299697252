"""Files that are looked at before anything of them is recorded.

No Idempotency-Key here: nothing is recorded, and a file that is sent again is kept once.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.documents.uploads import document_of_upload, document_of_upload_request
from api.etags import BYTES, NO_STORE, wants_stored_bytes
from api.guard import caller_of
from api.invalid import InvalidParameter, NotFound
from api.json_input import UnsupportedMediaType, header_of, read_body
from api.parameters import ParameterSet, plain_text
from api.routes.answers import CREATED, OK, json_response
from api.routes.writes import ledger_of
from api.uploads import MAX_UPLOAD_BYTES, Upload
from api.wiring import services_of
from domain.dates import format_instant

_NAME_LENGTH: Final = 100
_NAME: Final = ParameterSet([plain_text("name", "What the file is called.", max_length=_NAME_LENGTH)])
_NONE: Final = ParameterSet([])
_NOT_STORED: Final = {"Cache-Control": NO_STORE}


def uploads_router() -> APIRouter:
    """The addresses of files."""
    router = APIRouter()
    base = "/v1/ledgers/{ledger}"
    router.add_api_route(
        f"{base}/uploads",
        keep_upload,
        methods=["POST"],
        name="keep-upload",
        openapi_extra=document_of_upload_request(_NAME),
        response_class=Response,
        status_code=CREATED,
    )
    router.add_api_route(
        f"{base}/uploads/{{id}}", show_upload, methods=["GET"], name="upload", openapi_extra=document_of_upload(_NONE)
    )
    return router


async def keep_upload(request: Request) -> Response:
    """Keeps a file."""
    services = services_of(request)
    name = _NAME.read(request)["name"]
    if name is None:
        raise InvalidParameter.of("name", "missing")
    ledger = await ledger_of(request, services)
    if header_of(request, b"content-type").partition(";")[0].strip().lower() != BYTES:
        raise UnsupportedMediaType
    content = await read_body(request, MAX_UPLOAD_BYTES)
    subject = caller_of(request).subject
    upload = await run_in_threadpool(services.uploads.keep, ledger.ledger_id, name, content, subject)
    return json_response(_shown(upload, subject), CREATED, _NOT_STORED)


async def show_upload(request: Request) -> Response:
    """What is known of a file, or its bytes."""
    services = services_of(request)
    _NONE.read(request)
    ledger = await ledger_of(request, services)
    upload_id: str = request.path_params["id"]
    upload = await run_in_threadpool(services.uploads.find, ledger.ledger_id, upload_id)
    subject = caller_of(request).subject
    # A file may hold payees and lines of others: only who has sent it has shown that he knows what is in it.
    if upload is None or subject not in upload.names:
        raise NotFound
    if not wants_stored_bytes(request):
        return json_response(_shown(upload, subject), OK, _NOT_STORED)
    content = await run_in_threadpool(services.uploads.content, ledger.ledger_id, upload_id)
    if content is None:
        raise NotFound
    headers = {**_NOT_STORED, "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(content, OK, headers, BYTES)


def _shown(upload: Upload, subject: str) -> dict[str, Any]:
    times = {name: _instant(getattr(upload, name)) for name in ("uploaded_at", "expires_at")}
    known = {name: value for name, value in asdict(upload).items() if name != "names"}
    return {**known, **times, "name": upload.names[subject], "is_own": upload.uploaded_by == subject}


def _instant(seconds: int) -> str:
    return format_instant(datetime.fromtimestamp(seconds, UTC))
