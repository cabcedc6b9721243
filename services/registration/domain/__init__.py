"""The application and what may be done with it, and the reference data it is judged by. Pure; time is an argument."""
