# `make demo` and `make test` set up all they need; `make help` lists the rest.
.PHONY: help setup demo test test-slow check rights lint types synth bench bench-serving bench-tritonclient bench-evaluate bench-drift bench-cbpe bench-canary bench-poison bench-retrain bench-streams bench-loop bench-audit clean

BIN := .venv/bin

help:            ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## ?/\1\t/' | expand -t 16

setup:           ## .venv with everything pinned
	@.ci/setup

demo: setup      ## the whole path on real flights, on the local cloud
	@$(BIN)/trimtab demo

test: setup check  ## set up, then the whole gate

check: lint types  ## the whole gate: lint, types, and every test (synth, cdk-nag and cfn-lint among them)
	@rm -rf .build/role-calls
	$(BIN)/pytest -m "not slow" -n 2 --dist loadscope

test-slow: setup ## what takes minutes
	$(BIN)/pytest -m slow -s

rights: setup    ## what roles grant beside what the functions used in the tests before: CI runs it after test-slow
	$(BIN)/python -m tests.rights

lint: setup      ## ruff
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: setup     ## mypy, strict
	$(BIN)/mypy

synth: setup     ## the CloudFormation templates, into cdk.out
	$(BIN)/python app.py

bench: bench-serving bench-tritonclient bench-evaluate bench-drift bench-cbpe bench-canary bench-poison bench-retrain bench-loop bench-streams bench-audit  ## all measurements side by side with peers

bench-serving: setup  ## the serving path, warm and cold, beside its peers
	$(BIN)/python -m bench.serving

bench-tritonclient: setup  ## a stock Triton client against the local cloud, to the bit
	$(BIN)/python -m bench.tritonclient

bench-evaluate: setup  ## a whole evaluation beside Evidently's and NannyML's
	$(BIN)/python -m bench.evaluate

bench-drift: setup  ## how often drift is reported where there is none, and found where there is
	$(BIN)/python -m bench.drift

bench-cbpe: setup  ## performance estimated without labels beside the naive estimate's and NannyML's
	$(BIN)/python -m bench.cbpe

bench-canary: setup  ## how often a canary is judged wrongly, and how soon a worse one is found
	$(BIN)/python -m bench.canary

bench-poison: setup  ## what false labels cost, with and without the defence
	$(BIN)/python -m bench.poison

bench-retrain: setup  ## what a retraining takes beside its fit alone: its halves, and the whole in the local cloud
	$(BIN)/python -m bench.retrain
	$(BIN)/python -m bench.whole_retraining

bench-loop: setup  ## settings of the loop side by side, simulated, on streams and on flights
	$(BIN)/python -m bench.loop_policy

bench-streams: setup  ## the whole loop on drifting streams that it was never tuned to, beside refits on the calendar
	$(BIN)/python -m bench.streams

bench-audit: setup  ## how long a million entries of the audit chain take to verify, and how much memory
	$(BIN)/python -m bench.audit_chain

clean:           ## what was built (not the local cloud's state)
	rm -rf .build cdk.out
