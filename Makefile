# Each target does all of its own set-up: `make test` on a fresh machine is enough.
# Only a Rust toolchain has to be there; `tools/set-up` installs the rest or says what to install.

SHELL := /bin/bash
IN_ENVIRONMENT := set -euo pipefail; source tools/environment;

# What `make run` simulates
CONFIG ?= examples/ring/simulation_config.json
# More options for the program, as in `make run OPTIONS=--profile`
OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check unit mpi-test parallel-hdf5-test bench scaling set-up

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

run: ## Simulate the example network (or CONFIG=path) and draw its spikes
	@tools/set-up build
	@$(IN_ENVIRONMENT) cargo build --release --bin neurodamus --example make_ring --example raster
	@$(IN_ENVIRONMENT) cargo run --quiet --release --example make_ring
	@$(IN_ENVIRONMENT) cargo run --quiet --release --bin neurodamus -- $(CONFIG) $(OPTIONS)
	$(if $(OPTIONS),,@$(IN_ENVIRONMENT) cargo run --quiet --release --example raster -- $(CONFIG))

test: ## Check the style, the documentation and every test
	@tools/set-up reference
	@$(MAKE) --no-print-directory check unit mpi-test

check: ## Check style and documentation only
	@tools/set-up build
	$(IN_ENVIRONMENT) cargo fmt --all --check
	$(IN_ENVIRONMENT) cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(IN_ENVIRONMENT) RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet

# cargo-nextest runs the tests of all crates side by side, but no examples in documentation
unit: ## Run every test, style aside
	@tools/set-up reference
	@$(IN_ENVIRONMENT) if cargo nextest --version >/dev/null 2>&1; then \
		set -x; cargo nextest run --workspace --no-fail-fast; \
	else \
		set -x; cargo test --workspace --all-targets --no-fail-fast; \
	fi
	$(IN_ENVIRONMENT) cargo test --workspace --doc --quiet

# A build of its own: with the feature `mpi` the program needs an MPI library
mpi-test: ## Run the tests of several ranks under mpiexec
	@tools/set-up mpi
	$(IN_ENVIRONMENT) cargo test --workspace --features neurodamus/mpi --test mpi

# Not part of `make test`: it compiles all that uses HDF5 once more, for the one that was built with MPI
parallel-hdf5-test: ## Run the tests of several ranks with reports that all ranks write at once
	@$(IN_ENVIRONMENT) export HDF5_DIR; HDF5_DIR=$$(tools/set-up parallel-hdf5); \
		export LD_LIBRARY_PATH="$$HDF5_DIR/lib:$${HDF5_DIR%/hdf5/*}$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}"; \
		set -x; cargo test --workspace --features neurodamus/parallel-hdf5 --test mpi

bench: ## Measure speed, first of all against NEURON
	@tools/set-up reference
	@$(IN_ENVIRONMENT) cargo build --quiet --release --workspace --bins --example make_network
	@$(IN_ENVIRONMENT) "$$NEURODAMUS_REFERENCE_PYTHON" benches/compare.py "$${CARGO_TARGET_DIR:-target}/release"
	$(IN_ENVIRONMENT) cargo bench --workspace

# The program needs the feature `mpi`, which other measurements do without
scaling: ## Measure how two ranks and two threads share the work
	@tools/set-up mpi
	@$(IN_ENVIRONMENT) cargo build --quiet --release --features neurodamus/mpi --bin neurodamus --example make_network
	@$(IN_ENVIRONMENT) python3 benches/scaling.py "$${CARGO_TARGET_DIR:-target}/release"

set-up: ## Install what building and testing need, and nothing else
	@tools/set-up reference
