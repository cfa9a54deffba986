"""Every collector there is. A new one is a line here; its switch in the settings and its families follow."""

from exporter.collectors.cgroup import CgroupCollector
from exporter.collectors.collector import VERDICTS, CollectorClass, HostCollectorClass
from exporter.collectors.cpu import CpuCollector, CpuPerCoreCollector
from exporter.collectors.groups import GroupsCollector
from exporter.collectors.itself import AccessCollector, CommandsCollector, ExporterCollector
from exporter.collectors.load import LoadCollector
from exporter.collectors.memory import MemoryCollector, VmstatCollector
from exporter.collectors.pressure import PressureCollector
from exporter.collectors.processes import ProcessesCollector
from exporter.collectors.system import SystemCollector
from exporter.collectors.top import TopCollector

HOST_COLLECTORS: tuple[HostCollectorClass, ...] = (
    CpuCollector,
    CpuPerCoreCollector,
    LoadCollector,
    MemoryCollector,
    VmstatCollector,
    PressureCollector,
    SystemCollector,
    CgroupCollector,
)
PROCESS_COLLECTORS: tuple[CollectorClass, ...] = (ProcessesCollector, GroupsCollector, TopCollector)
COLLECTORS: tuple[CollectorClass, ...] = (
    *HOST_COLLECTORS,
    *PROCESS_COLLECTORS,
    AccessCollector,
    CommandsCollector,
    ExporterCollector,
)
OFF_BY_DEFAULT: tuple[CollectorClass, ...] = (CpuPerCoreCollector,)

FAMILIES = (*(family for collector in COLLECTORS for family in collector.families), *VERDICTS)
