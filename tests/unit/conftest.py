"""Skeleton: the TESTS owner gives this a testcontainers PostgreSQL of our own image."""
