"""Every event of the platform: one file per publishing service, frozen models, past tense, versioned."""
