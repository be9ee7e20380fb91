# Lists the recipes.
default:
    @just --list

# What CI runs.
check:
    ./run.sh check

# Every test; arguments go to nextest.
test *arguments:
    ./run.sh test {{arguments}}

# Tries the newest Claude Code, and prints what differs from the pinned one.
claude-bump:
    ./run.sh claude-bump

# Builds docs/ as a book in target/book; needs mdbook.
book:
    mdbook build

# See it work in a scratch repository.
demo:
    ./run.sh demo

# Measures the overhead per iteration.
bench *arguments:
    ./run.sh bench {{arguments}}

# The long form of a test; without a name, lists them.
long *name:
    ./run.sh long {{name}}

# Formats the sources.
fmt:
    cargo fmt --all
