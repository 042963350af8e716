"""Django's PostgreSQL backend that tells the database who is acting, so that row-level security can decide."""
