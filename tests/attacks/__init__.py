"""What somebody with bad intentions, or a broken browser, sends to the running product."""
