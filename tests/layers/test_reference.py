"""`docs/layers.md` is what the declarations say."""

from __future__ import annotations

from pathlib import Path

from netc.compiler.adapters.base import adapter
from netc.compiler.augmentations.base import augmentation
from netc.compiler.followers.base import follower
from netc.compiler.initializers.base import initializer
from netc.compiler.layers.base import layer
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.optimizers.base import optimizer
from netc.compiler.plan.reference import put_settings
from netc.compiler.reference import main, reference
from netc.compiler.schedules.base import schedule
from netc.compiler.stops.base import stop
from netc.compiler.targets.reference import put_into

ROOT = Path(__file__).resolve().parents[2]
KINDS = (layer, loss, metric, optimizer, schedule, stop, follower, adapter, initializer, augmentation)


def test_the_page_is_current(tmp_path, monkeypatch):
    path = tmp_path / "layers.md"
    monkeypatch.setattr("sys.argv", ["reference", str(path)])
    assert main() == 0
    written = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    assert written == path.read_text(encoding="utf-8"), "run `python -m netc.compiler.reference`"


def test_every_declaration_and_argument_is_on_it():
    page = reference()
    for registry in KINDS:
        for word, definition in registry.all().items():
            assert f"### {word}\n" in page
            for spec in definition.arguments.values():
                assert spec.doc in page
                assert spec.doc[0].islower() or spec.doc[0] == "`"
                assert not spec.doc.endswith(".")


def test_lines_fit_and_docstrings_state_shapes_or_formulas():
    for registry in KINDS:
        for word, definition in registry.all().items():
            assert definition.__doc__, word
            assert all(len(line) <= 120 for line in definition.__doc__.splitlines())


def test_the_tables_of_lowerings_are_current():
    written = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")
    assert written == put_into(written), "run `python -m netc.compiler.reference`"


def test_the_table_of_settings_is_current():
    written = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert written == put_settings(written), "run `python -m netc.compiler.reference`"
