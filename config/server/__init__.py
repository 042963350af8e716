"""The server: connections, who calls, bodies and answers outside the worker threads, health on its own.

A worker thread is taken once the whole request is there, and given back once the whole answer is made, so that a slow client
holds a connection and nothing else ([ADR 0026](../../docs/adr/0026-bodies-outside-the-worker-threads.md)). It knows HTTP and
WSGI; of Anlan it knows the addresses that take files.
"""
