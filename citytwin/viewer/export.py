"""Copy the map page with its libraries and its font into a published city."""

from __future__ import annotations

from pathlib import Path

from citytwin.errors import StoreError
from citytwin.store.atomic import write_bytes
from citytwin.store.legend_font import legend_font

_PACKAGE = Path(__file__).parent
_PATTERNS = (
    "app/*.js",
    "css/*.css",
    "i18n/*.js",
    "licences/*.txt",
    "vendor/*/*.js",
    "vendor/*/*.css",
    "vendor/*/*.txt",
)
_VENDORED = ("maplibre-gl/maplibre-gl.js", "pmtiles/pmtiles.js")


def viewer_files() -> dict[str, Path]:
    """Return every file of the map page: its path in a published folder, and where it lies.

    Raises
    ------
    StoreError
        When the build did not fetch the browser libraries or the font.
    """
    for name in _VENDORED:
        if not (_PACKAGE / "vendor" / name).is_file():
            msg = f"the browser library {name} of the map page is missing"
            raise StoreError(msg, hint="install citytwin again, or run 'python hatch_build.py'")
    font = legend_font()
    files = {
        f"viewer/{path.relative_to(_PACKAGE).as_posix()}": path
        for pattern in _PATTERNS
        for path in sorted(_PACKAGE.glob(pattern))
    }
    files["viewer/fonts/BIZUDPGothic-Regular.ttf"] = font
    files["viewer/fonts/LICENSE-BIZUDPGothic.txt"] = font.with_name("LICENSE-BIZUDPGothic.txt")
    files["index.html"] = _PACKAGE / "index.html"
    return files


def export_viewer(directory: Path) -> None:
    """Put the map page into a published folder; the page itself last.

    Each file is replaced in one step, and files that did not change are left alone.

    Parameters
    ----------
    directory
        Published folder of a city; made when missing.

    Raises
    ------
    StoreError
        When the libraries or the font are missing, or the disk refuses.
    """
    for name, source in viewer_files().items():
        data = source.read_bytes()
        target = directory / name
        if not _holds(target, data):
            write_bytes(target, data)


def remove_viewer(directory: Path) -> None:
    """Take the map page out of a folder that shall be served to known readers only.

    Parameters
    ----------
    directory
        Published folder of a city.
    """
    for name in ("index.html", *viewer_files()):  # without its page nothing is shown any more
        (directory / name).unlink(missing_ok=True)
    folders = (path for path in (directory / "viewer").rglob("*") if path.is_dir())
    for folder in (*sorted(folders, reverse=True), directory / "viewer"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def holds_viewer(directory: Path) -> bool:
    """Whether a published folder holds every file of the map page, by its size.

    Parameters
    ----------
    directory
        Published folder of a city.
    """
    try:
        return all(
            (directory / name).stat().st_size == source.stat().st_size
            for name, source in viewer_files().items()
        )
    except FileNotFoundError:
        return False


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False
