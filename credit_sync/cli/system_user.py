"""Who runs a command, as it goes on record."""

import os
import pwd


def system_user() -> str:
    """The account of the operating system that the process has; LOGNAME and USER say whatever somebody wants them to."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
