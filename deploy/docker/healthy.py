"""The health check of a container: 0 when the service says on this port that it is ready."""

import sys
import urllib.error
import urllib.request


def main(port: str) -> int:
    """Ask /readyz once."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=4):
            return 0
    except (urllib.error.URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
