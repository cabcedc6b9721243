"""What the demo is filled with: invented people and places, for nothing but looking around and tests."""
