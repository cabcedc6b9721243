"""Reading one side of an ID card: where it lies, what is printed on it, and how sure that is.

`read_front` and `read_back` are the way in; docs/why/vision.md tells the stages.
"""
