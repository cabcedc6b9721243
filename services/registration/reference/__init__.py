"""Reference data of registration: regions, schools, the school roll, earlier results, tickets and scores.

Offices import it from tables; applications look it up. Personal parts are sealed, and found by keyed hash.
"""
