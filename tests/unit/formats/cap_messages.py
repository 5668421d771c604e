"""Small messages of CAP for tests."""

from __future__ import annotations


def info(area="", **changes):
    """A block of information; None leaves an element out."""
    given = {
        "language": "en-US",
        "category": "Met",
        "event": "Flood",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "onset": "2026-07-01T09:00:00+09:00",
        "expires": "2026-07-01T12:00:00+09:00",
        **changes,
    }
    inner = "".join(f"<{k}>{v}</{k}>" for k, v in given.items() if v is not None)
    areas = f"<area><areaDesc>River</areaDesc>{area}</area>" if area is not None else ""
    return f"<info>{inner}{areas}</info>"


def alert(*infos, version="1.2", wrap="{}", more="", **changes):
    """A message."""
    given = {
        "identifier": "A1",
        "sender": "a@b",
        "sent": "2026-07-01T08:00:00+09:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        **changes,
    }
    inner = "".join(f"<{k}>{v}</{k}>" for k, v in given.items() if v is not None)
    message = f'<alert xmlns="urn:oasis:names:tc:emergency:cap:{version}">{inner}{"".join(infos)}{more}</alert>'
    return ('<?xml version="1.0" encoding="UTF-8"?>' + wrap.format(message)).encode()
