"""Who asks beside a server, by which rules, and where the answers are written: for notebooks and commands."""

from __future__ import annotations

import getpass
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citytwin.errors import ConfigError
from citytwin.security.decision import ANONYMOUS, Subject
from citytwin.security.inquiry import Inquiry
from citytwin.security.policy import PUBLIC_ONLY, load_policy
from citytwin.serve_config import load_serve

_HOLDS = timedelta(hours=1)


@contextmanager
def asking(
    policy: str | Path | None = None,
    roles: Collection[str] = (),
    serve: str | Path | None = None,
) -> Iterator[Inquiry]:
    """Let the block ask for what it is about to give out.

    Parameters
    ----------
    policy
        YAML file that says who may see what; without one, that of `serve`, else what is public.
    roles
        Of whoever asks, who is known by the name of the account.
    serve
        YAML file that says how the city is served: its chain of decisions gets those of the block.
        Without one they are lines of the log, at the level INFO.

    Raises
    ------
    ConfigError
        If the policy or how the city is served is missing or wrong, or roles are given and no rules.
    StoreError
        If the chain cannot be written.
    """
    served = load_serve(Path(serve)) if serve is not None else None
    rules = policy if policy is not None or served is None else served.policy
    if rules is None:
        if roles:
            msg = f"roles ({', '.join(sorted(roles))}) say nothing without a policy"
            raise ConfigError(msg, hint="name the policy, or how the city is served")
        yield Inquiry(ANONYMOUS, PUBLIC_ONLY)
        return
    subject = Subject(getpass.getuser(), frozenset(roles), datetime.now(UTC) + _HOLDS)
    found = load_policy(Path(rules))
    if served is None:
        yield Inquiry(subject, found)
        return
    with closing(served.audit.begin()) as chain:
        yield Inquiry(subject, found, chain)
