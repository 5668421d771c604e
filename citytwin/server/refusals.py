"""What is answered instead of what was asked for: the same for hidden and for absent things."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from citytwin.errors import CityTwinError
from citytwin.server.fault_log import FaultLog

_FAULTS = FaultLog()
"""Of this process."""


class NotThereError(Exception):
    """There is no such thing, or none that this reader may know of: nobody can tell which."""


class UnknownReaderError(Exception):
    """A token, session or address that does not hold."""


class TooManyRequestsError(Exception):
    """More requests than a reader may make.

    Parameters
    ----------
    retry_after_s
        When it may go on [s].
    """

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


def not_there(_request: Request, _error: Exception) -> Response:
    """Answer 404.

    Parameters
    ----------
    _request, _error
        Not looked at: the answer is always the same.
    """
    return _said("there is no such thing here", 404)


def unknown_reader(_request: Request, _error: Exception) -> Response:
    """Answer 401, without saying what was wrong.

    Parameters
    ----------
    _request, _error
        Not looked at.
    """
    answer = _said("the token, session or address does not hold", 401)
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def too_many(_request: Request, error: Exception) -> Response:
    """Answer 429.

    Parameters
    ----------
    _request
        Not looked at.
    error
        Says when the reader may go on.
    """
    answer = _said("too many requests", 429)
    if isinstance(error, TooManyRequestsError):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def unavailable(_request: Request, error: Exception) -> Response:
    """Answer 503: the identity provider, the audit or the city cannot be had.

    Parameters
    ----------
    _request
        Not looked at.
    error
        For the log alone: what fails inside is no news for readers.
    """
    if isinstance(error, CityTwinError):
        _FAULTS.tell(error)
    answer = _said("not available now", 503)
    answer.headers["Retry-After"] = "10"
    return answer


def by_status(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses; addresses that no route knows are simply not there.

    Parameters
    ----------
    request, error
        As Starlette gives them.
    """
    if not isinstance(error, HTTPException) or error.status_code == 404:
        return not_there(request, error)
    answer = _said(str(error.detail), error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _said(words: str, status: int) -> JSONResponse:
    return JSONResponse({"detail": words}, status, headers={"Cache-Control": "no-store"})
