# machikura. `make` alone says what there is. Everything is done by cargo and .ci/setup; this only names the steps.
# 街蔵。`make` だけで使い方を表示します。

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-long clients bench bench-peers fuzz openapi deny clean-var

# The external clients that tests call; `make test CLIENTS=` does without them (no network).
CLIENTS := var/clients

help: ## この一覧を表示 / show this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile | expand -t 18

run: ## 必要なものを入れ、ビルドして http://127.0.0.1:8080 で起動（Ctrl-C で停止） / install, build and serve; Ctrl-C stops
	@.ci/setup
	@cargo build --release
	@# cargo becomes the server, so Ctrl-C and `kill` reach it and its exit status is make's. The target folder is cargo's business.
	@exec cargo run --release --quiet -- serve

test: export MACHIKURA_CLIENTS = $(if $(CLIENTS),$(CURDIR)/$(CLIENTS)/bin)
test: ## CI と同じすべての検査 / all checks, as in CI
	.ci/setup test
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	@# The pure half: no web server, no database.
	cargo check --no-default-features --lib
	cargo clippy --no-default-features --lib -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
	$(MAKE) deny
	$(if $(CLIENTS),$(MAKE) clients)
	cargo test

test-long: ## 長くかかる試験 / tests that take long
	cargo test --test http -- --ignored

clients: $(CLIENTS)/installed ## テストが使う外部クライアント（Python） / the external clients that the tests call

$(CLIENTS)/installed: tests/clients/requirements.txt
	python3 -m venv --clear $(CLIENTS)
	$(CLIENTS)/bin/pip install --quiet --disable-pip-version-check --requirement $< || \
	  { echo "外部クライアントを取得できません。ネットワークなしでは \`make test CLIENTS=\` / no network? \`make test CLIENTS=\` does without the clients" >&2; exit 1; }
	touch $@

bench: ## 性能測定。入っているほかのソフトと並べて / benchmarks, beside the peers that are installed
	.ci/setup
	cargo bench

# One environment for each file of versions.
bench-peers: $(patsubst benches/peers/%.txt,var/peers/%/installed,$(wildcard benches/peers/*.txt)) ## `make bench` で並べるほかのソフトを入れる（Python） / install the peers of `make bench`
	@command -v qsvlite >/dev/null || command -v qsv >/dev/null || echo "qsv は別に入れて PATH に置いてください / get qsv separately and put it on the PATH: https://github.com/dathere/qsv"

var/peers/%/installed: benches/peers/%.txt
	@echo "$* ..."
	@python3 -m venv --clear $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $< && touch $@ || \
	  echo "$* を入れられません。これなしで測ります / $* cannot be installed; \`make bench\` does without it" >&2

# How long each target runs, in seconds.
FUZZ_TIME := 60

FUZZ_TARGETS := csv_text workbook cql2_text cql2_json cursor

fuzz: ## でたらめな入力で読み取りを試す（cargo-fuzz と C++ が必要） / random input for what reads strangers' bytes; needs cargo-fuzz and C++
	@command -v cargo-fuzz >/dev/null || { echo "cargo install cargo-fuzz --locked で入れてください / install cargo-fuzz first" >&2; exit 1; }
	@# Seeds of texts: every sample of the project, right and wrong. The other corpora are kept in the project.
	@mkdir -p tests/fuzz/corpus/csv_text
	@for file in datasets/*/*.csv; do cp "$$file" "tests/fuzz/corpus/csv_text/$$(echo "$$file" | tr / _)"; done
	@# Without a sanitizer: nothing of ours is unsafe, and the stable compiler will do.
	@for target in $(FUZZ_TARGETS); do \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none $$target -- \
	    -max_total_time=$(FUZZ_TIME) -max_len=65536 -timeout=25 -rss_limit_mb=4096 -print_final_stats=1 || exit 1; \
	done

openapi: ## openapi/openapi.json を作り直す / regenerate openapi/openapi.json
	@mkdir -p openapi
	cargo run --quiet -- openapi > openapi/openapi.json.new || { rm -f openapi/openapi.json.new; exit 1; }
	@mv openapi/openapi.json.new openapi/openapi.json

deny: ## 依存ライブラリーのライセンスと入手元 / licences and sources of the dependencies
	@if command -v cargo-deny >/dev/null; then cargo deny --log-level error check bans licenses sources; \
	else echo "cargo-deny がないため省略します / skipped, no cargo-deny (cargo install cargo-deny --locked)"; fi

clean-var: ## 手元のデータベースをすべて消す / delete the private database and everything else in var/
	@if [ -e var/postgres/in_use.lock ] && ! flock -n var/postgres/in_use.lock true; then \
	  echo "machikura が動いています。先に停止してください / machikura is running, stop it first" >&2; exit 1; fi
	@# Started by root, the data may be elsewhere: see src/cluster/place.rs.
	@if [ -L var/postgres ]; then rm -rf -- "$$(readlink -f var/postgres)"; fi
	rm -rf var
