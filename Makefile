# duban - `make help` lists what can be done. One Makefile, no configure; build/<flavour>/ holds everything made.

.DEFAULT_GOAL := help
VERSION  := 0.1.0
FLAVOUR  ?= release
B        := build/$(FLAVOUR)
PREFIX   ?= /usr
SYSCONF  ?= /etc
DESTDIR  ?=
SEEDS    ?= 64
JOBS     ?= $(shell nproc)

PACKAGES := gcc make pkg-config libc6-dev libzmq3-dev liblmdb-dev libmsgpack-dev libev-dev libsodium-dev libfyaml-dev \
            libsystemd-dev libjansson-dev libxxhash-dev libcmark-gfm-dev libcmark-gfm-extensions-dev \
            libical-dev libcurl4-openssl-dev zlib1g-dev libplplot-dev
PACKAGES_CHECK := $(PACKAGES) libcmocka-dev clang clang-format libclang-rt-14-dev python3 python3-zmq python3-msgpack python3-aiosmtpd \
            openssl systemd procps mandoc git

# What the compiler needs; resolved only when something is compiled, so that `make deps` works on a bare machine.
PKGS      = libzmq lmdb msgpack libsodium libfyaml libsystemd jansson libxxhash libcmark-gfm libical libcurl zlib plplot
LIBS      = $(shell pkg-config --libs $(PKGS)) -lcmark-gfm-extensions -lev -lpthread
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual \
            -Wvla -Wimplicit-fallthrough
CPPFLAGS += -I. -D_GNU_SOURCE -DDUBAN_VERSION='"$(VERSION)"' -DDUBAN_PREFIX='"$(PREFIX)"'
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g -fsanitize=thread
CFLAGS_cover   := -O0 -g --coverage
CFLAGS_clang   := -O2 -g
CC_clang := clang
ifneq ($(CC_$(FLAVOUR)),)
CC := $(CC_$(FLAVOUR))
endif
CFLAGS   ?=
ALL_CFLAGS = -std=c11 $(WARN) $(WERROR) $(CFLAGS_$(FLAVOUR)) -fPIC -fvisibility=hidden -MMD -MP $(CFLAGS)
LDFLAGS  += $(CFLAGS_$(FLAVOUR)) -Wl,-z,relro,-z,now

# ---- what is compiled: the folders are the architecture ----
SRC_PROTO   := $(wildcard proto/*.c)
SRC_BASE    := $(wildcard base/*.c)
SRC_CONFIG  := $(wildcard config/*.c)
SRC_DAEMON  := $(filter-out daemon/main.c,$(wildcard daemon/*.c))
SRC_WORKERS := $(filter-out workers/main.c,$(wildcard workers/*.c workers/*/*.c))
SRC_CLI     := $(filter-out cli/main.c,$(wildcard cli/*.c cli/*/*.c))
SRC_SUPPORT := $(wildcard tests/support/*.c) $(filter-out tests/sim/sim_%.c,$(wildcard tests/sim/*.c))
SRC_LIB     := $(SRC_BASE) $(SRC_PROTO) $(SRC_CONFIG) $(SRC_DAEMON) $(SRC_WORKERS) $(SRC_CLI)
OBJ_LIB     := $(SRC_LIB:%.c=$(B)/obj/%.o)
OBJ_SUPPORT := $(SRC_SUPPORT:%.c=$(B)/obj/%.o)
# libduban: the client and the floor that it stands on, without daemons' parts
OBJ_CLIENT  := $(patsubst %.c,$(B)/obj/%.o,$(SRC_PROTO) base/arena.c base/civil.c base/digest.c base/error.c base/limits.c base/log.c base/text.c)
BINARIES    := $(B)/bin/duband $(B)/bin/duban-worker $(B)/bin/dubanctl
LIBRARIES   := $(B)/lib/libduban.so.1 $(B)/lib/libduban.a
UNIT        := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ        := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SIMS        := $(patsubst tests/sim/%.c,$(B)/tests/sim/%,$(wildcard tests/sim/sim_*.c))
BENCHES     := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/bench_*.c))
TESTS       := $(UNIT) $(FUZZ) $(SIMS)
# those with threads
TSAN        := log loop client door journal journal_crash courier
.SECONDARY:

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

deps: ## install what is missing from Debian (to build and run)
	@./tests/deps.sh $(PACKAGES)
deps-check:
	@./tests/deps.sh $(PACKAGES_CHECK)

all: $(BINARIES) $(LIBRARIES) ## build duband, duban-worker, dubanctl and libduban
demo: deps ## install what is missing, build, run the main job on real input, show the result
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@B=$(B) ./tests/demo/demo.sh
check: deps-check ## install what is missing, build with gcc and clang, run every test (ASan+UBSan)
	@SEEDS=$(SEEDS) ./tests/check.sh
asan: ## build and run the test programs with ASan and UBSan
	@$(MAKE) --no-print-directory -j$(JOBS) FLAVOUR=asan WERROR=-Werror all tests
	@B=build/asan SEEDS=$(SEEDS) ./tests/run.sh
tsan: ## build the test programs that have threads with ThreadSanitizer, and run them (minutes)
	@$(MAKE) --no-print-directory -j$(JOBS) FLAVOUR=tsan WERROR=-Werror $(TSAN:%=build/tsan/tests/unit/test_%)
	@for t in $(TSAN); do echo "== $$t"; TSAN_OPTIONS="suppressions=tests/tsan.supp exitcode=66" \
	    build/tsan/tests/unit/test_$$t || exit 1; done
tests: $(TESTS) ## build the test programs
sims: $(SIMS)
sim: ## run the simulator: make sim SEEDS=5000
	@$(MAKE) --no-print-directory -j$(JOBS) FLAVOUR=release sims
	@for s in $(SIMS:$(B)/%=build/release/%); do $$s --seeds $(SEEDS) || exit 1; done
bench: $(BENCHES) all ## measure speed as ratios to references in the same run
	@for b in $(BENCHES); do $$b || exit 1; done
fmt: ## format the sources
	clang-format -i $$(git ls-files '*.c' '*.h')
lint: ## formatting, include fences, banned calls
	@./tests/lint.sh
install: all ## install below PREFIX=/usr (and DESTDIR=): programs, library, man pages, units, charters, calendars
	install -d $(addprefix $(DESTDIR),$(PREFIX)/bin $(PREFIX)/sbin $(PREFIX)/lib/duban $(PREFIX)/lib/pkgconfig $(PREFIX)/include \
	    $(PREFIX)/lib/systemd/system $(PREFIX)/lib/systemd/catalog $(PREFIX)/lib/sysusers.d $(PREFIX)/share/duban/charters \
	    $(PREFIX)/share/duban/calendars $(SYSCONF)/duban)
	install $(B)/bin/duband $(DESTDIR)$(PREFIX)/sbin/
	install $(B)/bin/duban-worker $(DESTDIR)$(PREFIX)/lib/duban/
	install $(B)/bin/dubanctl $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(B)/lib/libduban.so.1 $(B)/lib/libduban.a $(DESTDIR)$(PREFIX)/lib/
	ln -sf libduban.so.1 $(DESTDIR)$(PREFIX)/lib/libduban.so
	install -m 644 proto/duban.h $(DESTDIR)$(PREFIX)/include/
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' proto/duban.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/duban.pc
	for page in docs/man/*.[1-8]; do \
	    install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done
	for unit in duban.target duband.service duban-worker@.service; do \
	    sed 's|^ExecStart=/usr/|ExecStart=$(PREFIX)/|' systemd/$$unit > $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit || exit 1; done
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system/duban-worker@notifications.service.d \
	    systemd/duban-worker@notifications.service.d/network.conf
	install -m 644 systemd/duban.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/
	install -m 644 systemd/duban.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/duban.conf
	$(B)/bin/dubanctl completion > $(B)/completion
	install -D -m 644 $(B)/completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/dubanctl
	for doc in README.md README.zh-CN.md HACKING.md NEWS LICENSE NOTICE docs/*.md proto/PROTOCOL.md config/duban.yaml; do \
	    install -D -m 644 $$doc $(DESTDIR)$(PREFIX)/share/doc/duban/$$doc || exit 1; done
	install -m 644 config/charters/*.yaml $(DESTDIR)$(PREFIX)/share/duban/charters/
	install -m 644 config/calendars/*.yaml $(DESTDIR)$(PREFIX)/share/duban/calendars/
	[ -e $(DESTDIR)$(SYSCONF)/duban/duban.yaml ] || install -m 644 config/duban.yaml $(DESTDIR)$(SYSCONF)/duban/
clean: ## remove build/
	rm -rf build

# ---- rules: a short line each; V=1 shows the whole commands ----
ifeq ($(V),)
Q   := @
SAY  = @printf '  %-3s %s\n'
else
SAY  = @:
endif
$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@
# The only object that knows PREFIX is made anew when that changes.
$(B)/obj/config/settings.o: $(B)/prefix
$(B)/prefix: always
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@
$(B)/lib/libparts.a: $(OBJ_LIB)
	@mkdir -p $(@D)
	@rm -f $@
	$(SAY) AR $@
	$(Q)ar rcs $@ $^
$(B)/lib/libduban.a: $(OBJ_CLIENT)
	@mkdir -p $(@D)
	@rm -f $@
	$(SAY) AR $@
	$(Q)ar rcs $@ $^
$(B)/lib/libduban.so.1: $(OBJ_CLIENT)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) -shared -Wl,-soname,libduban.so.1 $(LDFLAGS) $^ -o $@ $$(pkg-config --libs libzmq msgpack libsodium jansson libsystemd libxxhash)
	@ln -sf libduban.so.1 $(B)/lib/libduban.so
$(B)/bin/duband: $(B)/obj/daemon/main.o $(B)/lib/libparts.a
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(LDFLAGS) -pie $^ -o $@ $(LIBS)
$(B)/bin/duban-worker: $(B)/obj/workers/main.o $(B)/lib/libparts.a
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(LDFLAGS) -pie $^ -o $@ $(LIBS)
$(B)/bin/dubanctl: $(B)/obj/cli/main.o $(B)/lib/libparts.a
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(LDFLAGS) -pie $^ -o $@ $(LIBS)
$(B)/tests/%: $(B)/obj/tests/%.o $(OBJ_SUPPORT) $(B)/lib/libparts.a
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(LDFLAGS) -pie $^ -o $@ $(LIBS) -lcmocka

# the other candidate, which only the benchmark uses
$(B)/tests/bench/bench_journal: $(B)/obj/tests/bench/journal_lmdb.o

-include $(shell find build -name '*.d' 2>/dev/null)
.PHONY: always help deps deps-check all demo check asan tsan tests sims sim bench fmt lint install clean
