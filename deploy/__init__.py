"""How baokao is run: `local` for one machine, `docker` and `k8s` for more."""
