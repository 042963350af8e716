"""What happened in each hospital of the demo city, register by register. Plain values; `config.demo.load` writes them."""

from collections.abc import Callable, Iterator

from config.demo.city import Hospital
from config.demo.item import Item
from config.demo.story import disputes, judgements, organisation, production, quality, security, training

Chapter = Callable[[Hospital], Iterator[Item]]

# In the order in which records refer to each other.
CHAPTERS: tuple[Chapter, ...] = (
    organisation.tell,
    training.tell,
    security.tell,
    production.tell,
    quality.tell,
    disputes.tell,
    judgements.tell,
)
