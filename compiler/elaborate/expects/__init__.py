"""`expect`: conditions about a finished net or block, and assumptions about symbolic sizes."""

from netc.compiler.elaborate.expects.counted import CALLS, COUNTS
from netc.compiler.elaborate.expects.waiting import check_block, check_net, run

__all__ = ["CALLS", "COUNTS", "check_block", "check_net", "run"]
