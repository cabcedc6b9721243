"""Sign-up under load against `./baokao up --full`: latency per step, cost, memory; vision idle, saturated, inline."""
