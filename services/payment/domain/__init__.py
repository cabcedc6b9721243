"""The order: order.py says what it is; lifetime, paying and refunding what happens to it; desk what people decide."""
