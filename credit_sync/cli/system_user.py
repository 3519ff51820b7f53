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


def origin_of(who: str) -> str:
    """The user of the system, for the audit log, where somebody else is named as who acts; '' where it is he."""
    user = system_user()
    return f"系统用户 {user}" if who not in ("", user) else ""
