"""Backups of what a city cannot make anew: a plain folder each, with a list of files and digests."""

from __future__ import annotations

from citytwin.store.backup.document import BackupDocument
from citytwin.store.backup.making import Backup, back_up
from citytwin.store.backup.places import Places
from citytwin.store.backup.restoring import restore
from citytwin.store.backup.verifying import verified

__all__ = ["Backup", "BackupDocument", "Places", "back_up", "restore", "verified"]
