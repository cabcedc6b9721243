"""Payment owns orders: what an application owes, the provider orders opened for it, and every movement of its money.

Consumes ApplicationSubmitted and ApplicationWithdrawn; emits OrderCreated, OrderPaid, OrderRefunded, OrderClosed and
PaymentExceptionRaised.
"""
