"""How the server says no: JSON with one field, `error`, for people to read."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer `{"error": message}`. The connection is closed: what is left of a refused body is not read."""
    return JSONResponse({"error": message}, status, {**(headers or {}), "connection": "close"})


def explain(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for `HTTPException`."""
    if not isinstance(error, HTTPException):
        raise error
    path = request.url.path
    routing = {
        "Not Found": f"nothing is served at {path}",
        "Method Not Allowed": f"{request.method} is not allowed at {path}",
    }
    return problem(error.status_code, routing.get(error.detail, error.detail), error.headers)
