"""Requests made from the server's own OpenAPI document by schemathesis, with and without a token."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error

from tests.server.served_city import Running


@pytest.mark.parametrize("client", ["", "planner-tool", "guest-tool"])
def test_no_request_breaks_the_server_or_shows_more(server: Running, client: str) -> None:
    """Nothing answers 5xx, and hidden layers are named to planners alone."""
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    headers = {"Authorization": f"Bearer {server.token(client)}"} if client else {}
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == "/login":  # asks the provider, which has tests of its own
            continue
        strategy = operation.as_strategy()

        @settings(
            max_examples=6,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def check(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            answer = case.call(base_url=server.url, headers=headers, allow_redirects=False)
            case.validate_response(answer, checks=[not_a_server_error])
            if client != "planner-tool":
                assert "flood_depth_max" not in answer.text

        check()
    assert asked > 40
