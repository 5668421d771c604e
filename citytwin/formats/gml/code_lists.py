"""Code lists: text of a code, looked up beside the file and never outside the data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from citytwin.errors import SourceError
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.data_set import CODE_LISTS, LARGEST_CODE_LIST
from citytwin.formats.xml import local_name, read_small
from citytwin.transports.files import children, is_file


@dataclass(eq=False)
class CodeLists:
    """Code lists of one data set; each file is read once."""

    root: Path
    """Folder that no reference may leave."""
    _read: dict[Path, dict[str, str]] = field(default_factory=dict)
    _found: dict[tuple[Path, str], Path | None] = field(default_factory=dict)
    _unlisted: set[tuple[Path, Path, str]] = field(default_factory=set)
    """File, list and code of what was told."""

    def text(self, code: str, code_space: str | None, file: Path, ledger: Ledger) -> str:
        """Text of a code; the code itself where there is no list or no such entry.

        Parameters
        ----------
        code
            As written in the file.
        code_space
            Reference to the list, relative to the file.
        file
            File that names the list.
        ledger
            Receives lists that lie outside the data set or cannot be read, and codes that a list
            does not have.
        """
        if not code_space:
            return code
        key = (file.parent, code_space)
        if key not in self._found:
            self._found[key] = self._find(code_space, file, ledger)
        path = self._found[key]
        if path is None:
            return code
        if path not in self._read:
            self._read[path] = _entries(path, ledger)
        listed = self._read[path]
        if listed and code not in listed and (file, path, code) not in self._unlisted:
            self._unlisted.add((file, path, code))
            said = f"code {code[:60]!r} is not in {path.name}"
            ledger.reject(file.name, "file", "code-unlisted", said)
        return listed.get(code, code)

    def trial(self) -> CodeLists:
        """Return lists that know what these know, for a reading that may have to be dropped."""
        return CodeLists(self.root, dict(self._read), dict(self._found), set(self._unlisted))

    def adopt(self, trial: CodeLists) -> None:
        """Take over what a reading has looked up.

        Parameters
        ----------
        trial
            From :meth:`trial`.
        """
        self._read.update(trial._read)
        self._found.update(trial._found)
        self._unlisted |= trial._unlisted

    def _find(self, code_space: str, file: Path, ledger: Ledger) -> Path | None:
        if "://" in code_space or code_space.startswith(("file:", "urn:")):
            return None
        wanted = PurePosixPath(code_space.replace("\\", "/"))
        root = self.root.resolve()
        outside = False
        for folder in (file.parent / wanted.parent, root / CODE_LISTS):
            found = _ignoring_case(folder, wanted.name, root)
            if found is not None and found.is_relative_to(root):
                return found
            outside |= found is not None or not _is_inside(folder, root)
        if outside:
            ledger.reject(
                file.name,
                code_space[:200],
                "code-list-outside",
                "code list lies outside the data set; not opened, the raw codes are kept",
            )
        return None


def _is_inside(folder: Path, root: Path) -> bool:
    try:
        return folder.resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):  # a null byte, a circle of links
        return False


def _ignoring_case(folder: Path, name: str, root: Path) -> Path | None:
    """File of that name in any spelling; links are followed so that the answer is the truth."""
    if not _is_inside(folder, root):
        return None
    try:
        exact = folder / name
        if is_file(exact):
            return exact.resolve()
        for entry in children(folder):
            if entry.name.lower() == name.lower() and is_file(entry):
                return entry.resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return None


def _entries(path: Path, ledger: Ledger) -> dict[str, str]:
    """Codes and texts of a gml:Dictionary, where gml:name is the code."""
    try:
        document = read_small(path, LARGEST_CODE_LIST)
    except SourceError as error:
        ledger.reject(path.name, "file", "code-list-unreadable", str(error))
        return {}
    entries: dict[str, str] = {}
    for definition in document.iter("{*}Definition"):
        code = meaning = ""
        for child in definition:
            name = local_name(child)
            if name == "name":
                code = (child.text or "").strip()
            elif name == "description":
                meaning = (child.text or "").strip()
        if code:
            entries.setdefault(code, meaning or code)
    return entries
