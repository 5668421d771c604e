"""Runs of a city whose ``latest.json`` is gone: the catalogue still names them."""

from __future__ import annotations

from pathlib import Path

from citytwin.errors import StoreError
from citytwin.model.layer import Publication
from citytwin.store.catalogue import runs_named
from citytwin.store.latest import LATEST, document_of, run_folders


def unannounced_runs(city_dir: Path) -> dict[str, list[str]]:
    """Return the runs of each layer that stay although ``latest.json`` is gone, oldest first.

    These are the runs that the catalogue names, where it names more than one of a layer. A first
    publication that was killed, however often, leaves at most one of each, which nobody needs.

    Parameters
    ----------
    city_dir
        Folder of the city.

    Returns
    -------
    dict of str to list of str
        Empty where ``latest.json`` is there, or nothing was published.
    """
    if not city_dir.is_dir() or (city_dir / LATEST).exists():
        return {}
    named = {layer: runs_named(city_dir, layer) for layer in run_folders(city_dir)}
    if all(len(runs) < 2 for runs in named.values()):
        return {}
    return {layer: runs for layer, runs in named.items() if runs}


def refuse_closed_runs(city_dir: Path, publication: Publication) -> None:
    """Refuse to give anyone runs of closed layers, of which no ``latest.json`` says for whom they are.

    Parameters
    ----------
    city_dir
        Folder of the city.
    publication
        Who shall read it.

    Raises
    ------
    StoreError
        If it is for anyone, and one of the runs that stay is not of a public layer.
    """
    if publication != "static":
        return
    for layer, runs in unannounced_runs(city_dir).items():
        for run in runs:
            document = document_of(city_dir / layer / run)
            if document is None or document.classification != "public":
                what = "cannot be read" if document is None else "was not published for anyone"
                msg = f"{city_dir} has lost its {LATEST}, and {layer}/{run} {what}"
                hint = "restore it from a backup, or name another `out`"
                raise StoreError(msg, hint=hint)
