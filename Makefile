# Two commands for a fresh machine: `make run` and `make test`. Plain cargo works after either.

CARGO ?= cargo
# Passed to every build, e.g. --locked.
CARGOFLAGS ?=
# Passed to gantop, e.g. ARGS="mnist-wgan --steps 1000".
ARGS ?=

.PHONY: help run test build bench check docs install libtorch clean-libtorch

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */make \1\t/' | expand -t 22

run: libtorch ## build in release and run gantop with ARGS, by default the default preset
	$(CARGO) run --release $(CARGOFLAGS) -- $(ARGS)

test: libtorch ## run every test
	$(CARGO) test $(CARGOFLAGS)

build: libtorch ## build in release: target/release/gantop
	$(CARGO) build --release $(CARGOFLAGS)

bench: libtorch ## run the benchmarks
	$(CARGO) bench $(CARGOFLAGS)

check: libtorch ## formatting, lints and documentation
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets $(CARGOFLAGS) -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items $(CARGOFLAGS)

docs: ## make the documentation as a book, in target/book; gets mdbook if there is none
	@scripts/book

install: libtorch ## install gantop for this user; it goes on using this folder's libtorch
	$(CARGO) install --path . --locked

libtorch: ## find or get libtorch
	@scripts/libtorch

clean-libtorch: ## remove the libtorch that was found or got
	rm -rf .libtorch .libtorch.*
