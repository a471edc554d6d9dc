"""`python -m beat` and the command `beat`."""

from beat.cli import main

if __name__ == "__main__":
    main()
