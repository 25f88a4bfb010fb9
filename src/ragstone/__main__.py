"""`python -m ragstone` is the command line."""

from ragstone.entry.cli.main import run

if __name__ == "__main__":
    run()
