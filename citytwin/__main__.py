"""``python -m citytwin``."""

from citytwin.cli.main import main

if __name__ == "__main__":
    main()
