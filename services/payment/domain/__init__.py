"""The order: order.py says what it is, paying.py and refunding.py what happens to it, desk.py what a person decides."""
