#!/usr/bin/env bash
# The path by which older versions were called; the same commands as run.sh at the top of the checkout.
exec "$(dirname -- "${BASH_SOURCE[0]}")/../run.sh" "$@"
