# Two commands for a fresh machine: `make run` and `make test`. Plain cargo works after either.

CARGO ?= cargo
# Passed to every build, e.g. --locked.
CARGOFLAGS ?=
# Passed to gantop, e.g. ARGS="mnist-wgan --steps 1000".
ARGS ?=
# Where install puts things: ~/.local, for root /usr/local, where nothing is said. DESTDIR goes before it.
PREFIX ?=

.PHONY: help run test build bench check docs install uninstall wheel test-wheel tarball test-tarball libtorch clean-libtorch

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

install: build ## put program, manual pages and completions below PREFIX; they go on using this folder's libtorch
	@scripts/install --program target/release/gantop $(if $(PREFIX),--prefix $(PREFIX))

uninstall: ## take away what install has put below PREFIX
	@scripts/install --remove $(if $(PREFIX),--prefix $(PREFIX))

wheel: build ## pack program and Python client into a wheel below target/wheel, for pip; needs patchelf
	@scripts/wheel --program target/release/gantop

test-wheel: ## install the wheel into an empty environment, and try it
	@scripts/wheel --test target/wheel/gantop-*.whl

tarball: build ## pack an archive below target/tarball that works wherever it is unpacked; needs patchelf
	@scripts/tarball --program target/release/gantop

test-tarball: ## unpack the archive, and try it
	@scripts/tarball --test target/tarball/gantop-*.tar.gz

libtorch: ## find or get libtorch
	@scripts/libtorch

clean-libtorch: ## remove the libtorch that was found or got
	rm -rf .libtorch .libtorch.*
