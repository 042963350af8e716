"""What one client, one request and all of them together may take. docs/operations.md, "Limits of the server", states each number."""

from collections import Counter

MIB = 1 << 20
PIECE = 1 << 16  # bytes handed on at a time: bodies, files, answers

WORKERS = 8  # threads for pages and API: each has a database connection
FILE_THREADS = 4  # read and write files for slow clients; they never wait for one
WAITING = 256  # whole requests that may wait for a worker; half of the room is for those who hold less than half
HEALTH_THREADS, HEALTH_SECONDS = 2, 5.0

CONNECTIONS = 2048  # all of them; fewer where the system allows fewer open files
HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 20.0  # from the connection, or the answer before, to the last byte of the head
IDLE_SECONDS = 10  # between two requests of one connection
FLUSH_SECONDS = 30.0  # a closed connection whose last bytes nobody takes

KERNEL_BUFFER = 128 * 1024  # the kernel keeps twice that of an answer for a reader that takes none

CHUNKS, CHUNK_BYTES = (
    1000,
    64,
)  # so many chunks may be tiny; the rest of a body has chunks of so many bytes on the whole
BODY_SECONDS = 20.0  # without a byte of the body; and the start that the least rate is counted from
BODY_RATE = 4096  # bytes a second that a body brings at least, on the whole
UNFINISHED, UNFINISHED_EACH = (
    1024,
    192,
)  # bodies that are not whole yet; held, since a refused client comes again at once
ANSWER_SECONDS = 30.0  # for each piece of an answer to be taken
STOP_SECONDS = 10  # for what is under way when the server is told to stop

IN_MEMORY = 1 * MIB  # of one body or answer; what is larger is spooled to the disk, encrypted
MEMORY = 64 * MIB  # of all bodies and answers; beyond it smaller ones are spooled too
SPOOL, SPOOL_EACH = 2048 * MIB, 256 * MIB  # on the disk: in all, and for one address


class Counts:
    """How many things are held: in all, and for each address. Used by the event loop only."""

    def __init__(self, *, most: int, most_each: int) -> None:
        self.most, self.most_each, self.total = most, most_each, 0
        self._each: Counter[str] = Counter()

    def refusal(self, address: str) -> str:
        """Return why one more is too many: "all", "address", or nothing."""
        if self.total >= self.most:
            return "all"
        return "address" if self._each.get(address, 0) >= self.most_each else ""

    def of(self, address: str) -> int:
        """Return how many an address holds."""
        return self._each.get(address, 0)

    def add(self, address: str) -> None:
        """Count one more."""
        self.total += 1
        self._each[address] += 1

    def remove(self, address: str) -> None:
        """Count one less."""
        self.total -= 1
        self._each[address] -= 1
        if not self._each[address]:
            del self._each[address]
