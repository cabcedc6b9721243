"""The use cases of the identity service, by what they are about."""
