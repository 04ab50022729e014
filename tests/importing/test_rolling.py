"""Blocks in blocks: what a place leaves to a block's default is an argument like others."""

from __future__ import annotations

from netc.compiler.importing.printing import Code
from netc.compiler.importing.rolling import slots
from netc.compiler.importing.structure import Use
from netc.compiler.importing.unifying import NO_DEFAULT, unified


def test_a_default_is_told_apart_from_what_is_given_elsewhere() -> None:
    parameters = {"filters": NO_DEFAULT, "stride": 1}
    plain = Use("unit", parameters, {"filters": 8}, [], [])
    strided = Use("unit", parameters, {"filters": 8, "stride": 2}, [], [])
    found, codes, given = unified([slots(plain), slots(strided), slots(strided)])
    assert found == {"stride": 2}
    assert codes == {("use", "stride"): Code("stride")}
    assert given == [{"stride": 1}, {}, {}]
