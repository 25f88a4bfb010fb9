"""Closes the file system to this process, but for reading Python's own files (Linux 5.13 and later, Landlock ABI 1).

Source: the kernel's Documentation/userspace-api/landlock.rst. Python has no call for it, so the three system calls are
made by number; these are the same on every architecture.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from typing import Final

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_RULE_PATH_BENEATH: Final = 1
_ALL_ACCESS: Final = (1 << 13) - 1
_EXECUTE: Final = 1 << 0  # A library is mapped as executable.
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3


def close_file_system(libc: ctypes.CDLL, readable: Iterable[str]) -> bool:
    """Refuse every opening of a file from now on, except reading those given, and below folders given.

    Open files stay open.

    Returns whether the kernel did so. New privileges must have been given up before.
    """
    attributes = struct.pack("=Q", _ALL_ACCESS)
    ruleset: int = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow_reading(libc, ruleset, path)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        opened = os.open(path, os.O_PATH)
    except OSError:  # Not every entry of `sys.path` is there.
        return
    try:
        listing = _READ_DIR if stat.S_ISDIR(os.fstat(opened).st_mode) else 0
        rule = struct.pack("=Qi", _EXECUTE | _READ_FILE | listing, opened)
        libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)
