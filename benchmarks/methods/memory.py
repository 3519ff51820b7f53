"""How much memory this process has had."""

import resource
import sys
from pathlib import Path


def peak_megabytes() -> float:
    """The most memory this process has had resident.

    Linux passes a parent's peak on in ru_maxrss through fork and exec, so the kernel's own mark is read there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text(encoding="ascii").splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def private_megabytes() -> float:
    """The most that this process has had resident, without the pages of files that it maps; 0 where nobody says."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    rows = (line.split() for line in status.read_text(encoding="ascii").splitlines())
    kilobytes = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[2] == "kB"}
    return (kilobytes["VmHWM:"] - kilobytes["RssFile:"]) * 1024 / 1e6
