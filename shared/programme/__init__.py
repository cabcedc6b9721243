"""What differs between exams, as data: the typed model, the loader, and pure rules that explain themselves."""
