# Installs Remnant from a build for release, into any prefix:
#
#     swift build -c release && make install PREFIX=$HOME/.local
#
# The prefix can be moved as a whole: the command finds the parts that it needs beside itself.
PREFIX ?= /usr/local
BUILD ?= .build/release

# The recipes quote it: a prefix may have spaces.
target = "$(DESTDIR)$(PREFIX)"
folders = bin lib/remnant libexec/remnant share/man/man1 share/bash-completion/completions \
  share/zsh/site-functions share/fish/vendor_completions.d

.PHONY: install uninstall manual

install:
	@test -x $(BUILD)/remnant || { echo "there is no $(BUILD)/remnant: swift build -c release" >&2; exit 1; }
	for folder in $(folders); do mkdir -p $(target)/$$folder || exit 1; done
	install -m 755 $(BUILD)/remnant $(target)/bin/remnant
	install -m 644 $(BUILD)/libRemnantRecorder.so $(target)/lib/remnant/libRemnantRecorder.so
	install -m 755 $(BUILD)/remnant-demo $(target)/libexec/remnant/remnant-demo
	install -m 644 Documentation/remnant.1 $(target)/share/man/man1/remnant.1
	$(BUILD)/remnant --generate-completion-script bash > $(target)/share/bash-completion/completions/remnant
	$(BUILD)/remnant --generate-completion-script zsh > $(target)/share/zsh/site-functions/_remnant
	$(BUILD)/remnant --generate-completion-script fish > $(target)/share/fish/vendor_completions.d/remnant.fish

# Folders go with it where nothing else is in them; those that every system has stay.
ifeq ($(filter /usr /usr/local,$(PREFIX)),)
emptied = $(folders)
else
emptied = lib/remnant libexec/remnant
endif

uninstall:
	rm -f $(target)/bin/remnant $(target)/lib/remnant/libRemnantRecorder.so \
	  $(target)/libexec/remnant/remnant-demo $(target)/share/man/man1/remnant.1 \
	  $(target)/share/bash-completion/completions/remnant $(target)/share/zsh/site-functions/_remnant \
	  $(target)/share/fish/vendor_completions.d/remnant.fish
	cd $(target) && for folder in $(emptied); do rmdir -p --ignore-fail-on-non-empty $$folder || exit 1; done

# The manual page: options from the command's own help, and behind them the sections that help doesn't have.
manual:
	swift package --allow-writing-to-directory Documentation generate-manual --output-directory Documentation
	sed -i '/^\.Sh "EXIT STATUS"/,$$d' Documentation/remnant.1
	cat Documentation/remnant.sections.1 >> Documentation/remnant.1
