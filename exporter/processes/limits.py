"""How many series the process metrics can come to: what bounds each of them, added up."""

from dataclasses import dataclass

from exporter.processes.admission import new_names_per_hour
from exporter.processes.settings import ProcessSettings

_FAMILIES_OF_A_GROUP = 3
_FAMILIES_OF_A_PROCESS = 3
_SERIES_OF_A_NEW_PROCESS = 4  # its info once more, should the name of its user become known later
_SERIES_OF_OUR_OWN_GROUPS = 7  # (kernel) and (other) are in every family, (unattributed) in one


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLimits:
    """Of the series with a label `group` or `pid`: the most at once, and the most new ones in any hour.

    A series is new if it was not there in the hour before.
    """

    at_once: int
    new_per_hour: int


def series_limits(settings: ProcessSettings) -> SeriesLimits:
    """Return the limits that hold under *settings*, whatever processes come and go."""
    groups = settings.groups * _FAMILIES_OF_A_GROUP + _SERIES_OF_OUR_OWN_GROUPS
    top = 2 * settings.top * _FAMILIES_OF_A_PROCESS
    new_groups = new_names_per_hour(settings.groups, settings.new_per_hour) * _FAMILIES_OF_A_GROUP
    new_top = settings.new_per_hour * _SERIES_OF_A_NEW_PROCESS
    return SeriesLimits(at_once=groups + top, new_per_hour=new_groups + new_top)
