"""The one tree of errors: every message carries the value met and what to do."""

from __future__ import annotations

import errno


class CityTwinError(Exception):
    """Root of all errors that citytwin raises on purpose.

    Parameters
    ----------
    message
        What is wrong, with the value that was met.
    hint
        What the reader can do about it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel from workers; subclasses may take other arguments than Exception keeps.
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(
    kind: type[CityTwinError], args: tuple[object, ...], state: dict[str, object]
) -> CityTwinError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(CityTwinError, ValueError):
    """A configuration that cannot be run; the message names the path of the key."""


class SourceError(CityTwinError, ValueError):
    """A source file, or one record in it, that cannot be used.

    Attributes
    ----------
    rule
        Quality requirement of PLATEAU that the file breaks, if one says the same.

    Parameters
    ----------
    message
        What is wrong, with the value that was met.
    source
        File (or member of an archive) as the user knows it.
    record
        Identifier of the feature, row, line or byte offset; empty for the whole file.
    hint
        What the reader can do about it.
    """

    rule: str | None = None

    def __init__(self, message: str, *, source: str, record: str = "", hint: str = "") -> None:
        place = f"{source}: {record}: " if record else f"{source}: "
        super().__init__(place + message, hint=hint)
        self.source = source
        self.record = record


class NotWellFormedError(SourceError):
    """A file that is no well-formed XML."""

    rule = "L01"


class UnreachableError(CityTwinError, OSError):
    """The other side does not answer, or cannot now; the same may succeed later.

    Parameters
    ----------
    message
        Who was asked, and what came instead of an answer; without secrets.
    retry_after_s
        How long the other side asked to wait [s]; 0 where it said nothing.
    hint
        What the reader can do about it.
    """

    def __init__(self, message: str, *, retry_after_s: float = 0.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class NoWorkersError(CityTwinError):
    """A cluster has lost its workers; what they have made is kept for the next run."""


class GridMismatchError(CityTwinError, ValueError):
    """Two things that should lie on one grid, or in one CRS, do not.

    Parameters
    ----------
    message
        Which thing does not fit.
    expected, got
        The two values, printed side by side.
    hint
        What the reader can do about it.
    """

    def __init__(self, message: str, *, expected: str, got: str, hint: str = "") -> None:
        super().__init__(f"{message}: expected {expected}, got {got}", hint=hint)
        self.expected = expected
        self.got = got


class StoreError(CityTwinError, OSError):
    """Something in the store is missing, damaged or cannot be written."""


class NotAllowedError(StoreError):
    """Something that no rule of the policy gives to whoever asks."""


class DamagedError(StoreError):
    """Something in the working store is not what was written; without it, it is made anew.

    Parameters
    ----------
    message
        What is damaged.
    files
        Paths, of files or folders, that must go so that it is made anew.
    hint
        What the reader can do about it.
    """

    def __init__(self, message: str, *, files: tuple[str, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.files = files


class BusyError(StoreError):
    """Somebody else holds what is needed; the same command may succeed later."""


class SealError(StoreError):
    """A sealed file that is not what was sealed, or cannot be opened."""


class KeyAccessError(SealError):
    """A key that cannot be had now; what is sealed with it may be sound."""


class MissingKeyError(KeyAccessError):
    """A key that is needed is not there.

    Parameters
    ----------
    message
        What needs it, and where it was looked for.
    key_id
        Its name.
    hint
        What the reader can do about it.
    """

    def __init__(self, message: str, *, key_id: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.key_id = key_id


class StepError(CityTwinError, RuntimeError):
    """A step failed, on one tile or as a whole.

    Parameters
    ----------
    message
        What went wrong inside the step.
    step
        Name of the step.
    tile
        Name of the tile; empty when the step runs on the whole city.
    hint
        What the reader can do about it.
    """

    def __init__(self, message: str, *, step: str, tile: str = "", hint: str = "") -> None:
        place = f"step {step}, tile {tile}: " if tile else f"step {step}: "
        super().__init__(place + message, hint=hint)
        self.step = step
        self.tile = tile


_OS_HINTS = {
    errno.EACCES: "check the rights of the folder",
    errno.EPERM: "check the rights of the folder",
    errno.EROFS: "the disk is read-only: name another folder",
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some space on the disk, or have your quota raised",
    errno.EFBIG: "the disk takes no files of that size: name another folder",
    errno.EXDEV: "both must lie on one disk",
    errno.EEXIST: "something else stands there: move it away",
    errno.ENOTEMPTY: "something else stands there: move it away",
    errno.ENOTDIR: "a file stands where a folder is needed: move it away",
    errno.EISDIR: "a folder stands where a file is needed: move it away",
    errno.ENAMETOOLONG: "give shorter names",
    errno.EMFILE: "raise the limit of open files: ulimit -n 4096",
    errno.EIO: "the disk fails: check it",
}


def hint_of(error: OSError) -> str:
    """Return what to do about an error of the operating system.

    Parameters
    ----------
    error
        As Python raised it.
    """
    return _OS_HINTS.get(error.errno or 0, "check the path and its rights")
