"""Archive packages: records with their entries, proofs and files in one zip that proves itself, far from this server."""
