"""The two forms of cron: Kubeflow's has seconds, and Vertex AI's a time zone."""

import zoneinfo

from checkpoint_sweep.common.errors import UserError

_ZONES = ("TZ=", "CRON_TZ=")


class ScheduleError(UserError):
    """A schedule cannot work; the message says what to write instead."""


def check_for_kubeflow(schedule: str) -> None:
    """Checks that a schedule has six fields, or is a name such as `@daily`.

    Raises:
        ScheduleError: it is neither; with five fields, Kubeflow takes the minutes for seconds.
    """
    if not schedule.startswith("@") and len(schedule.split()) != 6:
        raise ScheduleError(
            f"--schedule={schedule!r} does not have six fields: second, minute, hour, day of the "
            "month, month, day of the week, such as '0 30 6 * * *' for 6:30 every day."
        )


def check_for_vertex(schedule: str) -> None:
    """Checks that a schedule has five fields, after a time zone, `TZ=Europe/Berlin`, if any.

    Raises:
        ScheduleError: they are not five, or there is no such time zone.
    """
    first, _, rest = schedule.strip().partition(" ")
    zone = next((first.removeprefix(name) for name in _ZONES if first.startswith(name)), None)
    if len((schedule if zone is None else rest).split()) != 5:
        raise ScheduleError(
            f"--schedule={schedule!r} does not have the five fields that Vertex AI takes: minute, "
            "hour, day of the month, month, day of the week, such as '30 6 * * *' for 6:30 UTC "
            "every day, or 'TZ=Europe/Berlin 30 6 * * *' for 6:30 there."
        )
    if zone is not None and not _is_zone(zone):
        raise ScheduleError(
            f"--schedule={schedule!r} names no time zone: there is no {zone!r}. Write one of the "
            "IANA's, such as TZ=Europe/Berlin, or none for UTC."
        )


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True
