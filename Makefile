PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MARKED := -m "not slow"
CASES := 10000
SEED := 2
MINUTES := 10
JOBS := 2
unexport PYTHONDONTWRITEBYTECODE # tests start hundreds of processes, which would compile netc each time

.PHONY: help demo lecture examples install fast test test-all lint types imports pytest coverage mutants fuzz fuzz-graphs golden docs bench bench-all clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/netc: pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.test: $(BIN)/netc
	$(BIN)/python -m pip install --quiet --editable '.[test,plot]'
	@touch $@

$(VENV)/.fast: $(BIN)/netc $(wildcard runtime/fast/src/*) runtime/fast/CMakeLists.txt runtime/fast/pyproject.toml
	@if ! command -v c++ > /dev/null; then echo "no C++ compiler here: netc trains without netc[fast]"; \
	elif $(BIN)/python -m pip install --quiet ./runtime/fast; then touch $@; \
	else echo "netc[fast] could not be built: netc trains without it"; fi

install: $(BIN)/netc $(VENV)/.fast ## a virtual environment in .venv with netc in it, and netc[fast] where there is a C++ compiler

demo: $(BIN)/netc ## train a small network on real digits, in under a minute
	$(BIN)/netc train examples/lecture/digits.net

examples: $(BIN)/netc ## the tasks of the lecture: train each on small data, in under two minutes, and draw its answers in runs/tasks
	$(BIN)/python examples/tasks/run.py

test: lint types imports pytest ## everything that checks the project, but for the tests marked `slow`

test-all: MARKED :=
test-all: export NETC_TESTS := all
test-all: lint types imports pytest ## the same with them

fast: $(VENV)/.fast ## build netc[fast], the optional operators for training on CPUs, in a minute or two

lint: $(VENV)/.test ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test ## mypy, strict
	$(BIN)/mypy

imports: $(VENV)/.test ## the arrows between the rooms
	$(BIN)/lint-imports

pytest: $(VENV)/.test $(VENV)/.fast ## the tests, but for those marked `slow`
	$(BIN)/pytest -n 2 --dist worksteal $(MARKED)

coverage: $(VENV)/.test $(VENV)/.fast ## which lines and branches the tests reach, by room, in twenty minutes; fails where it is less than promised
	$(BIN)/python tests/support/coverage_rooms.py

mutants: $(VENV)/.test ## small mistakes in gradient rules, losses and metrics, each of which a test has to notice, in half an hour
	$(BIN)/python tests/support/mutation.py --jobs 2

fuzz: $(VENV)/.test ## random texts, networks and files of all kinds for MINUTES, in JOBS processes, from case SEED on
	PYTHONPATH=tests/support $(BIN)/python -m fuzzing --minutes $(MINUTES) --jobs $(JOBS) --seed $(SEED)

fuzz-graphs: $(VENV)/.test ## random graphs of all operators, and wrong nodes for those of netc[fast], built with sanitizers; CASES and SEED choose others
	$(BIN)/python tests/support/graph_fuzz.py --cases $(CASES) --seed $(SEED)
	$(BIN)/python tests/support/fast_fuzz.py --sanitize --cases $(CASES) --seed $(SEED)

golden: $(VENV)/.test ## rewrite the golden files
	$(BIN)/pytest tests/golden tests/drawing --update-golden

docs: $(VENV)/.test ## write anew what pages of docs/ and editors' grammars are made of declarations and files
	$(BIN)/python -m netc.compiler.reference
	$(BIN)/python -m netc.compiler.lint.measure
	$(BIN)/python -m netc.compiler.lint.reference > docs/lint.md
	$(BIN)/python -m netc.compiler.zoo.signatures
	$(BIN)/python -m netc.compiler.zoo.reference > docs/zoo.md
	$(BIN)/python -m netc.compiler.language_service.grammars
	$(BIN)/python tests/support/file_map.py

lecture: $(VENV)/.test ## every figure and table of the lecture, in runs/lecture, in three minutes
	$(BIN)/python examples/lecture/page.py

bench: $(VENV)/.test $(VENV)/.fast ## measure the five small networks against PyTorch, in about ten minutes
	$(BIN)/python -m bench --quick --minutes 10

bench-all: $(VENV)/.test $(VENV)/.fast ## measure everything; `python -m bench --all --resume` goes on with a run that was cut off
	$(BIN)/python -m bench --all

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
