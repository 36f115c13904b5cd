# Installs Remnant from a build for release, into any prefix:
#
#     swift build -c release && make install PREFIX=$$HOME/.local
#
# The prefix can be moved as a whole: the command finds the parts that it needs beside itself.
PREFIX ?= /usr/local
BUILD ?= .build/release

files = bin/remnant lib/remnant/libRemnantRecorder.so libexec/remnant/remnant-demo \
  share/man/man1/remnant.1 share/bash-completion/completions/remnant share/zsh/site-functions/_remnant \
  share/fish/vendor_completions.d/remnant.fish
target = $(DESTDIR)$(PREFIX)

.PHONY: install uninstall manual

install:
	@test -x $(BUILD)/remnant || { echo "there is no $(BUILD)/remnant: swift build -c release" >&2; exit 1; }
	install -D -m 755 $(BUILD)/remnant $(target)/bin/remnant
	install -D -m 644 $(BUILD)/libRemnantRecorder.so $(target)/lib/remnant/libRemnantRecorder.so
	install -D -m 755 $(BUILD)/remnant-demo $(target)/libexec/remnant/remnant-demo
	install -D -m 644 Documentation/remnant.1 $(target)/share/man/man1/remnant.1
	mkdir -p $(target)/share/bash-completion/completions $(target)/share/zsh/site-functions \
	  $(target)/share/fish/vendor_completions.d
	$(BUILD)/remnant --generate-completion-script bash > $(target)/share/bash-completion/completions/remnant
	$(BUILD)/remnant --generate-completion-script zsh > $(target)/share/zsh/site-functions/_remnant
	$(BUILD)/remnant --generate-completion-script fish > $(target)/share/fish/vendor_completions.d/remnant.fish

uninstall:
	rm -f $(addprefix $(target)/,$(files))
	-rmdir $(target)/lib/remnant $(target)/libexec/remnant

# The manual page, from the command's own help.
manual:
	swift package --allow-writing-to-directory Documentation generate-manual --output-directory Documentation
